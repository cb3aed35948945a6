"""Small documents that were judged wrongly once: one of each kind, with the verdict that is right by its clause."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_resources
from sandbox.fhir.json import parse_json
from sandbox.validation import Knowledge
from sandbox.validation.validate import validate_source
from tests.conftest import CASES

pytestmark = pytest.mark.needs("cases")
JUDGE = CASES / "judge"


@dataclass(frozen=True, slots=True)
class Case:
    """The worst that is said of a file: `error`, `warning` or nothing; `key` and `where` of the finding that says it."""

    worst: str
    key: str = ""
    where: str = ""
    profile: str = ""


# Accepted since the sentence of dom-3 ("referred to from elsewhere in the resource") takes in the narrative, and
# narrative.html lets an image come from a contained Binary; its expression cannot look into XHTML.
NARRATIVE_REFERS = Case("")
TABLE = {
    "base64-split-group": Case("error", "primitive_format", "Patient.photo[0].data"),
    "contained-no-id": Case("error", "no_contained_id", "Patient.contained[0]"),
    "control-character-escaped": Case("warning", "string_control", "Patient.name[0].family"),
    "dom3-html": NARRATIVE_REFERS,
    "ext-no-value": Case("error", "extension_empty", "Patient.extension[0]"),
    "ext-relative-url": Case("error", "extension_url", "Patient.extension[0].url"),
    "instant-leap-second": Case(""),
    "language-underscore": Case("error", "not_in_value_set", "Patient.language"),
    "narrative-foo-entity": Case("error", "narrative_entity", "Patient.text.div"),
    "narrative-javascript-link": Case("error", "narrative_active", "Patient.text.div"),
    "narrative-nbsp": Case("error", "narrative_entity", "Patient.text.div"),
    "narrative-no-namespace-child": Case("error", "narrative_namespace", "Patient.text.div"),
    "narrativelink-dangling": Case(
        "error", "narrative_pointer", "Bundle.entry[1].resource.extension[0]"
    ),
    "primitive-sibling-array": Case("error", "no_array", "Patient.birthDate"),
    "reference-type-lies": Case("error", "reference_type", "Patient.managingOrganization.type"),
    "searchset-relative-uuid": Case("warning", "adrift", "Bundle.entry[0].fullUrl"),
    "string-only-space": Case("warning", "string_blank", "Patient.name[0].family"),
    "versioned-ref": Case(""),
    "fixed-slice-good": Case("", profile="profile-fix-slice"),
    "nested-shortcut-good": Case("", profile="profile-nested"),
    "resolve-contained-good": Case("", profile="profile-r-resolve"),
    "simplequantity-comparator": Case("error", "prohibited", "Observation.value.low"),
}


def worst_of(name: str, case: Case) -> tuple[str, list[tuple[str, str, str]]]:
    """Returns the highest severity that is more than a remark, and all findings that have it."""
    knowledge = None
    profiles = []
    if case.profile:
        profile = parse_json((JUDGE / f"{case.profile}.json").read_bytes())
        knowledge = Knowledge(Definitions([*core_resources(), *compile_package([profile])]))
        profiles = [profile["url"]]
    findings = validate_source(
        (JUDGE / f"{name}.json").read_bytes(), profiles=profiles, knowledge=knowledge
    )
    said = [(one.severity, one.key.removeprefix("validation."), one.where) for one in findings]
    for severity in ("fatal", "error", "warning"):
        worst = [one for one in said if one[0] == severity]
        if worst:
            return severity, worst
    return "", []


@pytest.mark.parametrize("name", TABLE)
def test_a_case_has_the_right_verdict_for_the_right_reason(name: str) -> None:
    case = TABLE[name]
    severity, said = worst_of(name, case)
    assert severity == case.worst, said
    if case.key:
        assert (severity, case.key, case.where) in said


def test_every_case_is_in_the_table() -> None:
    names = {file.stem for file in JUDGE.glob("*.json") if not file.stem.startswith("profile-")}
    assert names == set(TABLE)
