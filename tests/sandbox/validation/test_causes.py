import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from sandbox.findings import Finding, Reason, read_finding
from sandbox.sentences import text_of
from sandbox.validation.causes import fold_by_cause


def a_finding(
    key: str, where: str, *, found: str = "", expected: str = "", **params: Any
) -> Finding:
    return Finding(
        f"validation.{key}",
        "error",
        f"validation.{key}",
        params=params,
        where=where,
        found=found,
        expected=expected,
    )


def a_namesake(number: int, *, base: str = "urn:uuid:") -> Finding:
    return a_finding(
        "namesake",
        f"Bundle.entry[{number}]",
        found=f"Patient/p{number}",
        expected=f"{base}{number}",
    )


def test_references_in_another_style_than_the_full_urls_are_one_finding_that_counts_them() -> None:
    [finding] = fold_by_cause([a_namesake(1), a_namesake(2), a_namesake(3)])
    assert finding.where == "Bundle.entry[1]"
    assert [(spot.where, spot.found) for spot in finding.also] == [
        ("Bundle.entry[2]", "Patient/p2"),
        ("Bundle.entry[3]", "Patient/p3"),
    ]
    assert text_of(finding, "es").startswith("3 referencias se escriben")
    assert "Patient/p1" in text_of(finding, "es")


def test_references_to_full_urls_of_another_style_have_another_cause() -> None:
    assert (
        len(
            fold_by_cause(
                [a_namesake(1), a_namesake(2, base="https://other.example/fhir/Patient/p")]
            )
        )
        == 2
    )


def test_a_single_reference_is_said_in_the_singular() -> None:
    [finding] = fold_by_cause([a_namesake(1)])
    assert text_of(finding, "pt").startswith("1 referência está escrita")


def test_what_is_not_at_hand_is_said_once_for_each_thing() -> None:
    findings = [
        a_finding("unknown_profile", f"Patient.extension[{n}]", name="https://a.example")
        for n in range(3)
    ]
    other = a_finding("unknown_profile", "Patient.extension[3]", name="https://b.example")
    assert [finding.count for finding in fold_by_cause([*findings, other])] == [3, 1]


def test_faults_with_causes_of_their_own_stay_apart() -> None:
    assert (
        len(
            fold_by_cause(
                [a_finding("missing", "Patient", name="name"), a_finding("missing", "Patient.name")]
            )
        )
        == 2
    )


def in_other_words(key: str, first: dict[str, Any], second: dict[str, Any]) -> list[Finding]:
    return fold_by_cause(
        [a_finding(key, "Bundle.entry[0]", **first), a_finding(key, "Bundle.entry[1]", **second)]
    )


VALUE_SET = "https://example.org/ValueSet/a"


@pytest.mark.parametrize(
    ("key", "first", "alike", "independent"),
    [
        ("missing", {"name": "status"}, {"name": "status"}, {"name": "code"}),
        ("full_url_id", {"found": "https://a.example/Patient/1"}, {"found": "https://a.example/Patient/2"}, {"found": "https://b.example/Patient/1"}),
        ("dangling", {"found": "Patient/1"}, {"found": "Patient/2"}, {"found": "urn:uuid:1"}),
        ("primitive_format", {"found": "2024-01-01 10:00", "expected": "dateTime"}, {"found": "2023-12-31 23:59", "expected": "dateTime"}, {"found": "yesterday", "expected": "dateTime"}),
        ("reference_format", {"found": "Patient/Patient/1a"}, {"found": "Patient/Patient/2b"}, {"found": "a b"}),
        ("identifier_system", {"found": "R4/OBI/a"}, {"found": "R4/OBI/b"}, {"found": "passport"}),
        ("not_in_value_set", {"found": "https://a.example|1", "value_set": VALUE_SET}, {"found": "https://a.example|2", "value_set": VALUE_SET}, {"found": "https://b.example|2", "value_set": VALUE_SET}),
        ("not_in_value_set", {"found": "low", "value_set": VALUE_SET}, {"found": "low", "value_set": VALUE_SET}, {"found": "high", "value_set": VALUE_SET}),
        ("narrative_attribute", {"found": "idref", "name": "idref", "number": 1}, {"found": "idref", "name": "idref", "number": 7}, {"found": "onclick", "name": "onclick", "number": 1}),
        ("target_profile", {"found": "Patient", "expected": "A", "target": "x"}, {"found": "Patient", "expected": "A", "target": "y"}, {"found": "Patient", "expected": "B", "target": "x"}),
    ],
)  # fmt: skip
def test_one_cause_is_one_finding_and_another_cause_another_one(
    key: str, first: dict[str, Any], alike: dict[str, Any], independent: dict[str, Any]
) -> None:
    assert [finding.count for finding in in_other_words(key, first, alike)] == [2]
    assert [finding.count for finding in in_other_words(key, first, independent)] == [1, 1]


def test_no_value_is_lost_where_more_are_folded_than_the_sentence_shows() -> None:
    [finding] = fold_by_cause(
        [a_finding("unknown_unit", f"Observation[{n}]", found=f"u{n}") for n in range(9)]
    )
    assert finding.values["found"] == "u0, u1, u2, u3, u4, …"
    assert [one.found for one in finding.each()] == [f"u{n}" for n in range(9)]
    assert [spot.found for spot in finding.also] == [f"u{n}" for n in range(1, 9)]


def test_the_same_fault_by_another_clause_is_a_fault_of_its_own() -> None:
    findings = [
        replace(a_finding("missing", "Patient", name="name"), clause=clause)
        for clause in ("a", "b")
    ]
    assert len(fold_by_cause(findings)) == 2


def test_a_finding_reads_back_as_it_was_written() -> None:
    [finding] = fold_by_cause([a_namesake(1), a_namesake(2)])
    finding = replace(finding, because=Reason("code", "8867-4"))
    assert read_finding(json.loads(json.dumps(asdict(finding)))) == finding
