"""Each constraint that MHD and IPS put on their published examples is broken once, and the judge finds it."""

import pytest

from sandbox.fhir.json import parse_json
from sandbox.validation import knowledge_at_hand, validate
from tests import corpora
from tests.conftest import VECTORS
from tests.rule_mutants import Mutant, mutants

# Of the IPS package a part is enough here; `make scoreboard` takes all of it.
SOME = (
    "Bundle-bundle-minimal.json",
    "Patient-eumfh-39-07.json",
    "Composition-composition-minimal.json",
    "Observation-hemoglobin.json",
)


def missed(content: bytes, profile: str) -> tuple[int, list[Mutant]]:
    """Returns how many mutants there are, and those that raise no error."""
    resource = parse_json(content)
    found = mutants(resource, profile, knowledge_at_hand())
    lost = []
    for mutant in found:
        if not any(
            one.severity in ("error", "fatal")
            for one in validate(mutant.resource, profiles=[profile])
        ):
            lost.append(mutant)
    return len(found), lost


@pytest.mark.slow
@pytest.mark.needs("vectors")
def test_every_mutant_of_the_mhd_examples_is_found() -> None:
    total = 0
    for name, content, profile in corpora.mhd_examples(VECTORS):
        count, lost = missed(content, profile)
        total += count
        assert [mutant.name for mutant in lost] == [], name
    assert total > 1000


@pytest.mark.slow
@pytest.mark.needs("packages")
def test_every_mutant_of_some_ips_examples_is_found() -> None:
    for name, content, profile in corpora.ips_examples():
        if name in SOME:
            count, lost = missed(content, profile)
            assert count > 10
            assert [mutant.name for mutant in lost] == [], name


@pytest.mark.needs("packages")
def test_the_examples_of_the_ips_package_have_no_error() -> None:
    names = []
    for name, content, profile in corpora.ips_examples():
        findings = validate(parse_json(content), profiles=[profile])
        assert [
            (one.key, one.where) for one in findings if one.severity in ("error", "fatal")
        ] == [], name
        names.append(name)
    assert sum(name.startswith("Bundle") for name in names) == 5
