"""The budget of one document, and the regular expressions of invariants that are matched within theirs."""

from collections.abc import Iterator

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.fhir.patterns import compile_pattern
from sandbox.fhirpath import Node
from sandbox.fhirpath.parsing import Syntax, parse_fhirpath
from sandbox.validation import validate
from sandbox.validation.context import Place, Validation
from sandbox.validation.profiles import judge_profile
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

HOSTILE = "name.all(%resource.name.all($this.given.exists() and %resource.name.count() > $this.given.count()))"
LIMIT = 20_000
PATIENT = {
    "resourceType": "Patient",
    "birthDate": "1958-13-01",
    "name": [{"given": ["Rosa"]}] * 120,
}
COSTLY = a_profile(
    {
        "path": "Patient",
        "constraint": [{"key": "x-1", "severity": "error", "human": "x", "expression": HOSTILE}],
    }
)


def keys(*profiles: str) -> list[str]:
    findings = validate(PATIENT, profiles=profiles, knowledge=knowledge_of(COSTLY))
    return [finding.key.removeprefix("validation.") for finding in findings]


def test_a_document_over_its_budget_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.validation.context.DOCUMENT_STEPS", LIMIT)
    assert keys(COSTLY["url"]) == ["primitive_format", "not_finished"]


def test_the_same_document_ends_within_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys(COSTLY["url"]) == ["primitive_format"]
    monkeypatch.setattr("sandbox.validation.context.DOCUMENT_STEPS", LIMIT)
    assert keys() == ["primitive_format"]


@pytest.mark.parametrize(("names", "said"), [(15_000, []), (25_000, ["not_finished"])])
def test_each_value_of_a_list_takes_one_step(
    names: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.validation.context.DOCUMENT_STEPS", LIMIT)
    findings = validate({"resourceType": "Patient", "name": [{"given": ["Rosa"] * names}]})
    assert [finding.key.removeprefix("validation.") for finding in findings] == said


@pytest.mark.parametrize(("properties", "is_finished"), [(300, True), (600, False)])
def test_each_property_of_an_object_takes_a_step_known_or_not(
    properties: int, *, is_finished: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one that is not known the nearest name is sought, which is dear."""
    monkeypatch.setattr("sandbox.validation.context.DOCUMENT_STEPS", 500)
    odd = {f"field{number}": "x" for number in range(properties)}
    said = {finding.key for finding in validate({"resourceType": "Patient", **odd})}
    assert ("validation.not_finished" in said) is not is_finished


def test_a_profile_takes_a_step_for_each_value_and_one_for_each_part_that_it_asks_of() -> None:
    profile = a_profile(
        {"path": "Patient.name.use", "min": 1}, {"path": "Patient.name.family", "min": 1}
    )
    names = [{"use": "usual", "family": "Rojas"}] * 3
    root = Node({"resourceType": "Patient", "name": names}, "Patient")
    validation = Validation(knowledge_of(profile), root)
    judge_profile(validation, Place(root, "Patient", root), profile["url"])
    assert validation.findings == {}
    of_patient, of_a_name = 1 + 1, 1 + 2
    assert validation.budget.limit - validation.budget.left == of_patient + 3 * of_a_name
    # what was in order is so when it is asked again, as each reference to it asks
    judge_profile(validation, Place(root, "Patient", root), profile["url"])
    assert validation.budget.limit - validation.budget.left == of_patient + 3 * of_a_name


def test_of_a_target_it_is_asked_once_whether_it_meets_a_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many ways lead to it: here twice as many at each step, 131,072 at the last."""
    urls = [f"http://example.org/{id}" for id in ("one", "two")]
    kind = {"code": "Reference", "targetProfile": urls}
    profiles = [
        {
            **a_profile(
                {"path": "Patient.name", "min": 1}, {"path": "Patient.link.other", "type": [kind]}
            ),
            "id": url[-3:],
            "url": url,
        }
        for url in urls
    ]
    entries = []
    for number in range(18):
        link = {"other": {"reference": f"Patient/{number + 1}"}, "type": "seealso"}
        patient = {
            "resourceType": "Patient",
            "id": str(number),
            "name": [{"text": "x"}],
            "link": [link],
        }
        entries.append({"fullUrl": f"http://example.org/Patient/{number}", "resource": patient})
    del entries[-1]["resource"]["name"], entries[-1]["resource"]["link"]
    entries[-1]["resource"]["active"] = True
    entries[0]["resource"]["meta"] = {"profile": urls[:1]}
    monkeypatch.setattr("sandbox.validation.context.DOCUMENT_STEPS", LIMIT)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    found = validate(bundle, knowledge=knowledge_of(*profiles))
    assert errors(found) == [("target_profile", "Bundle.entry[0].resource.link[0].other")]
    assert "validation.not_finished" not in [one.key for one in found]


def patterns_in(tree: Syntax) -> Iterator[str]:
    """Yields the regular expressions that an expression names."""
    is_match = tree.kind == "function" and tree.value in (
        "matches",
        "matchesFull",
        "replaceMatches",
    )
    if is_match and tree.parts[0].kind == "string":
        yield tree.parts[0].value
    for part in tree.parts:
        yield from patterns_in(part)


def test_every_pattern_of_an_invariant_takes_linear_time() -> None:
    structures = core_definitions().structures()
    constraints = [
        constraint
        for structure in structures
        for element in structure["element"]
        for constraint in element.get("constraint", ())
    ]
    patterns = {
        pattern for one in constraints for pattern in patterns_in(parse_fhirpath(one["expression"]))
    }
    assert len(patterns) > 5
    for pattern in patterns:
        compile_pattern(pattern)
