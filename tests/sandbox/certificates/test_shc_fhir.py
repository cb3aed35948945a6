"""The FHIR inside a card is judged by R4; what R4 allows, and what a card leaves out, is no fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.certificates.shc import verify_card
from sandbox.certificates.steps import Certificate
from tests.conftest import CASES
from tests.sandbox.certificates.test_cards import a_payload, judged, subject


def card_with(change: Callable[[dict[str, Any]], Any]) -> Certificate:
    """A card whose Immunization was changed."""
    payload = json.loads(json.dumps(a_payload()))
    change(subject(payload)["fhirBundle"]["entry"][1]["resource"])
    return judged(payload)


def errors(found: Certificate) -> set[str]:
    return {one.key for one in found.step("schema").findings if one.severity == "error"}


def test_a_right_card_has_no_fault() -> None:
    assert judged(a_payload()).verdict == "valid"
    found = card_with(lambda one: one.update(doseQuantity={"value": 0.5}, lotNumber="A1"))
    assert (found.verdict, found.step("schema").findings) == ("valid", ())


WRONG: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda one: one.update(status="finished"), "validation.not_in_value_set"),
    (lambda one: one.pop("status"), "validation.missing"),
    (lambda one: one.pop("occurrenceDateTime"), "validation.missing"),
    (lambda one: one.pop("patient"), "validation.missing"),
    (lambda one: one.update(occurrenceString="once"), "validation.two_choices"),
    (lambda one: one.update(lotNumber=""), "validation.primitive_empty"),
    (lambda one: one.update(patient={"reference": "resource:9"}), "certificates.dangling"),
    (lambda one: one.update(patient={"reference": "Patient/1"}), "certificates.dangling"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key"), WRONG)
def test_each_fault_of_the_fhir_is_an_error(
    change: Callable[[dict[str, Any]], Any], key: str
) -> None:
    found = card_with(change)
    assert found.verdict == "not_conformant"
    # two of a choice are also too many of one element
    assert errors(found) - {"validation.too_many"} == {key}


def test_another_version_is_said_not_to_be_judged() -> None:
    payload = json.loads(json.dumps(a_payload()))
    subject(payload)["fhirVersion"] = "5.0.0"
    subject(payload)["fhirBundle"]["entry"][1]["resource"]["status"] = "finished"
    found = judged(payload)
    assert [one.key for one in found.step("schema").findings] == ["certificates.fhir_not_judged"]
    assert (found.step("schema").status, found.verdict) == ("warn", "deviates")


MEANT: list[tuple[Callable[[dict[str, Any]], Any], str, str]] = [
    (lambda one: one.update(occurrenceDateTime="2031-01-01"), "validity", "future_date"),
    (lambda one: one.update(status="not-done"), "validity", "not_done"),
    (lambda one: one.update(patient={"reference": "https://a.example/Patient/1"}), "schema", "far_reference"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "step", "key"), MEANT)
def test_what_cannot_be_is_a_deviation(
    change: Callable[[dict[str, Any]], Any], step: Any, key: str
) -> None:
    found = card_with(change)
    assert found.verdict == "deviates"
    assert [one.key for one in found.step(step).findings] == [f"certificates.{key}"]


def test_an_event_before_the_birth_is_told() -> None:
    payload = json.loads(json.dumps(a_payload()))
    person, dose = (entry["resource"] for entry in subject(payload)["fhirBundle"]["entry"])
    person["birthDate"] = dose["occurrenceDateTime"][:10]
    assert judged(payload).verdict == "valid"
    person["birthDate"] = "2026-06-01"
    assert [one.key for one in judged(payload).step("validity").findings] == [
        "certificates.before_birth"
    ]


@pytest.mark.needs("cases")
def test_the_case_has_its_three_errors() -> None:
    folder = CASES / "certificates" / "shc-bad-fhir"
    issuer = json.loads((folder / "issuers" / "ministry.json").read_text(encoding="utf-8"))
    found = verify_card((folder / "card.txt").read_text("utf-8"), {issuer["iss"]: issuer["keys"]})
    assert errors(found) == {
        "validation.not_in_value_set",
        "validation.missing",
        "certificates.dangling",
    }
    assert found.step("signature").status == "ok"
    assert found.verdict == "not_conformant"
