from typing import Any

from sandbox.findings import Finding
from sandbox.sentences import text_of
from sandbox.validation.causes import fold_by_cause


def a_finding(key: str, where: str, *, found: str = "", expected: str = "", **params: Any) -> Finding:
    return Finding(
        f"validation.{key}", "error", f"validation.{key}", params=params, where=where, found=found, expected=expected
    )


def a_namesake(number: int, *, base: str = "urn:uuid:") -> Finding:
    return a_finding("namesake", f"Bundle.entry[{number}]", found=f"Patient/p{number}", expected=f"{base}{number}")


def test_references_in_another_style_than_the_full_urls_are_one_finding_that_counts_them() -> None:
    [finding] = fold_by_cause([a_namesake(1), a_namesake(2), a_namesake(3)])
    assert finding.where == "Bundle.entry[1]"
    assert finding.also == ("Bundle.entry[2]", "Bundle.entry[3]")
    assert text_of(finding, "es").startswith("3 referencias se escriben")
    assert "Patient/p1" in text_of(finding, "es")


def test_references_to_full_urls_of_another_style_have_another_cause() -> None:
    assert len(fold_by_cause([a_namesake(1), a_namesake(2, base="https://other.example/fhir/Patient/p")])) == 2


def test_a_single_reference_is_said_in_the_singular() -> None:
    [finding] = fold_by_cause([a_namesake(1)])
    assert text_of(finding, "pt").startswith("1 referência está escrita")


def test_what_is_not_at_hand_is_said_once_for_each_thing() -> None:
    findings = [a_finding("unknown_profile", f"Patient.extension[{n}]", name="https://a.example") for n in range(3)]
    other = a_finding("unknown_profile", "Patient.extension[3]", name="https://b.example")
    assert [finding.count for finding in fold_by_cause([*findings, other])] == [3, 1]


def test_faults_with_causes_of_their_own_stay_apart() -> None:
    assert len(fold_by_cause([a_finding("missing", "Patient", name="name"), a_finding("missing", "Patient.name")])) == 2
