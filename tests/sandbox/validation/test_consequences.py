from dataclasses import replace
from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.validation import validate
from sandbox.validation.consequences import without_consequences
from tests.sandbox.validation.profiles import errors


def a_finding(key: str, where: str, **params: Any) -> Finding:
    return Finding(f"validation.{key}", "error", f"validation.{key}", params=params, where=where)


def kept(*findings: Finding) -> list[str]:
    return [
        str(one.params.get("name") or one.key.rpartition(".")[2])
        for one in without_consequences(findings)
    ]


def test_a_target_that_misses_its_profile_is_explained_by_its_own_findings() -> None:
    missed = a_finding(
        "target_profile", "Bundle.entry[0].resource.subject", target="Bundle.entry[1].resource"
    )
    own = a_finding("missing", "Bundle.entry[1].resource", name="birthDate")
    assert kept(missed, own) == ["birthDate"]
    assert kept(missed) == ["target_profile"]


def test_an_invariant_that_waits_for_a_missing_element_is_left_out() -> None:
    missing = a_finding("missing", "Composition.section[0]", name="text")
    same = a_finding(
        "invariant",
        "Composition.section[0]",
        name="cmp-1",
        expression="text.exists() or entry.exists()",
    )
    other = a_finding(
        "invariant", "Composition.section[0]", name="x-1", expression="context.exists()"
    )
    elsewhere = a_finding(
        "invariant", "Composition.section[1]", name="cmp-1", expression="text.exists()"
    )
    assert kept(missing, same) == ["text"]
    assert kept(missing, other) == ["text", "x-1"]
    assert kept(missing, elsewhere) == ["text", "cmp-1"]


def test_a_composition_out_of_place_is_said_once() -> None:
    first = a_finding("invariant", "Bundle", name="bdl-11", expression="")
    second = a_finding("invariant", "Bundle", name="bdl-ips-1", expression="")
    assert kept(first, second) == ["bdl-11"]
    assert kept(second) == ["bdl-ips-1"]


@pytest.mark.parametrize(
    ("follows", "better"),
    [
        ("dangling", "reference_format"), ("target_profile", "wrong_target"), ("full_url", "primitive_empty"),
        ("full_url", "primitive_format"), ("adrift", "full_url"),
    ],
)  # fmt: skip
def test_what_another_finding_at_the_same_place_says_better_is_left_out(
    follows: str, better: str
) -> None:
    assert kept(
        a_finding(follows, "Bundle.entry[1].a"), a_finding(better, "Bundle.entry[1].a")
    ) == [better]
    assert kept(
        a_finding(follows, "Bundle.entry[1].a"), a_finding(better, "Bundle.entry[2].a")
    ) == [follows, better]


def test_a_part_of_a_missing_element_is_not_asked_for_once_more() -> None:
    missing = a_finding("missing", "Bundle", name="identifier")
    part = a_finding("invariant", "Bundle", name="bdl-9", expression="identifier.system.exists()")
    value = a_finding("invariant", "Bundle", name="bdl-10", expression="timestamp.hasValue()")
    assert kept(missing, part) == ["identifier"]
    assert kept(missing, value) == ["identifier", "bdl-10"]
    assert kept(a_finding("missing", "Bundle", name="timestamp"), value) == ["timestamp"]


VALUE_SET = "http://hl7.org/fhir/ValueSet/condition-clinical"


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (VALUE_SET, "active", ["system_of_value_set"]),
        (VALUE_SET, "busy", ["not_in_value_set", "system_of_value_set"]),
        ("https://example.org/own", "active", ["not_in_value_set"]),
    ],
)
def test_a_code_is_blamed_only_where_its_system_is_not_all_that_is_wrong(
    system: str, code: str, expected: list[str]
) -> None:
    condition = {
        "resourceType": "Condition", "subject": {"display": "x"}, "code": {"text": "x"},
        "clinicalStatus": {"coding": [{"system": system, "code": code}]},
    }  # fmt: skip
    findings = validate(condition)
    assert sorted({key for key, _ in errors(findings)}) == expected


def test_an_error_does_not_follow_from_a_warning() -> None:
    wrong = a_finding("not_in_value_set", "Patient.gender", misnamed="x")
    misspelt = replace(
        a_finding("system_misspelt", "Patient.gender.coding[0]", name="x"), severity="warning"
    )
    assert kept(wrong, misspelt) == ["not_in_value_set", "x"]
    assert kept(wrong, replace(misspelt, severity="error")) == ["x"]
