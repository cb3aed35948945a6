"""Our MHD constraints against IHE's published snapshots, element by element; each difference has its reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_definitions, core_resources
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import parse_json
from sandbox.validation import Knowledge, knowledge_at_hand, validate
from sandbox.validation.rules import Rule, build_rules
from tests import corpora
from tests.conftest import VECTORS

PUBLISHED = VECTORS / "mhd-4.2.3" / "conformance"
FILES = (
    sorted(PUBLISHED.glob("StructureDefinition-*.json"))
    if VECTORS.is_dir()
    else [Path("absent.json")]
)
PROFILES = [file for file in FILES if "Audit" not in file.name]
EXAMPLES = list(corpora.mhd_examples(VECTORS)) if VECTORS.is_dir() else [("absent", b"{}", "")]
pytestmark = pytest.mark.needs("vectors")

# BALP's audit messages are judged when their own profiles are: none of them is written down here.
NOT_OURS = "the audit profiles build on IHE BALP, which is not at hand"


def facts(rule: Rule) -> dict[str, Any]:
    """Returns what an element asks for, by its id: numbers, fixed and pattern values, bindings, types and invariants."""
    own: dict[str, Any] = {
        "min": rule.min or None, "max": rule.max, "fixed": rule.fixed, "pattern": rule.pattern,
        "binding": rule.binding if rule.binding and rule.binding[0] == "required" else None,
        "profiles": tuple(sorted({url for one in rule.types for url in one.profiles})),
        "targets": tuple(sorted({url for one in rule.types for url in one.targets})),
        "aggregation": tuple(sorted({word for one in rule.types for word in one.aggregation})),
        "slicing": (sorted((d.type, d.path) for d in rule.slicing.discriminators), rule.slicing.rules) if rule.slicing else None,
        "keys": tuple(sorted(one.key for one in rule.constraints if one.key.startswith("mhd-"))),
    }  # fmt: skip
    found = {rule.id: {name: value for name, value in own.items() if value not in (None, ())}}
    for child in (*rule.children.values(), *rule.slices.values()):
        found |= facts(child)
    return found


def ours(url: str) -> dict[str, Any]:
    knowledge = knowledge_at_hand()
    profile = knowledge.profile(url)
    assert profile is not None, url
    return facts(profile)


def published(structure: dict[str, Any]) -> dict[str, Any]:
    """The snapshot says everything; what R4's own definition says as well is no constraint of the profile."""
    snapshot = {**structure, "differential": {"element": structure["snapshot"]["element"]}}
    (compiled,) = compile_package([snapshot])
    return facts(build_rules(compiled, TypeCatalogue(core_definitions())))


@pytest.mark.parametrize(
    "file", PROFILES, ids=lambda file: file.stem.removeprefix("StructureDefinition-")
)
def test_every_element_that_we_constrain_says_what_the_snapshot_says(file: Path) -> None:
    structure = json.loads(file.read_text(encoding="utf-8"))
    theirs = published(structure)
    for id, wanted in ours(structure["url"]).items():
        assert id in theirs, id
        for name, value in wanted.items():
            found = theirs[id].get(name)
            if name == "slicing":
                assert found == value, (id, found, value)
            else:
                assert found == value or (
                    name == "max" and found is None and value is not None and value > 1
                ), (
                    id,
                    name,
                    found,
                    value,
                )


@pytest.mark.parametrize(
    "file", PROFILES, ids=lambda file: file.stem.removeprefix("StructureDefinition-")
)
def test_nothing_that_the_differential_asks_for_is_left_out(file: Path) -> None:
    structure = json.loads(file.read_text(encoding="utf-8"))
    (compiled,) = compile_package([structure])
    own = ours(structure["url"])
    for id, wanted in facts(build_rules(compiled, TypeCatalogue(core_definitions()))).items():
        if wanted:
            assert id in own, id
            for name, value in wanted.items():
                assert own[id].get(name) == value, (id, name, own[id].get(name), value)


@pytest.mark.parametrize(
    ("name", "content", "profile"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES]
)
def test_a_published_example_has_no_error(name: str, content: bytes, profile: str) -> None:
    findings = validate(parse_json(content), profiles=[profile])
    assert [(one.key, one.where) for one in findings if one.severity == "error"] == []


@pytest.mark.parametrize(
    "file", sorted(PUBLISHED.glob("ValueSet-*.json")), ids=lambda file: file.stem
)
def test_the_value_sets_hold_the_same_codes(file: Path) -> None:
    published = json.loads(file.read_text(encoding="utf-8"))
    known = knowledge_at_hand().definitions.value_set(published["url"])
    assert known is not None
    theirs = [
        (one["system"], {c["code"] for c in one["concept"]})
        for one in published["compose"]["include"]
    ]
    assert [
        (one["system"], {row[0] for row in one["concept"]}) for one in known["include"]
    ] == theirs


def test_the_official_package_may_stand_beside_ours() -> None:
    resources = [json.loads(file.read_text(encoding="utf-8")) for file in FILES]
    both = Knowledge(Definitions([*core_resources(), *compile_package(resources)]))
    _, content, profile = next(row for row in EXAMPLES if "ProvideDocumentBundleSimple" in row[0])
    assert [
        one
        for one in validate(parse_json(content), profiles=[profile], knowledge=both)
        if one.severity == "error"
    ] == []
