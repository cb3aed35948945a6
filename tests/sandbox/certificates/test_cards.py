"""Health cards: each fault is told where it is, in what is written, signed and published; odd texts break nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.certificates.shc import verify_card
from sandbox.certificates.shc_forms import is_card, texts_of
from sandbox.certificates.steps import SHC, Certificate
from sandbox.fhir.json import write_json
from tests.sandbox.certificates.making import NOW, card

ISSUER = "https://health.example/issuer"
KIND = "https://smarthealth.cards#"


def a_payload(**changes: Any) -> dict[str, Any]:
    """The payload of a right card."""
    patient = {"resourceType": "Patient", "name": [{"family": "Fuenzalida"}]}
    vaccine = {
        "resourceType": "Immunization",
        "status": "completed",
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": "2026-03-14",
        "vaccineCode": {"coding": [{"system": "urn:x", "code": "1"}]},
    }
    entries = [
        {"fullUrl": f"resource:{n}", "resource": one} for n, one in enumerate((patient, vaccine))
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    held = {
        "iss": ISSUER, "nbf": NOW.timestamp() - 60,
        "vc": {"type": [f"{KIND}health-card", f"{KIND}immunization"], "credentialSubject": subject, "rid": "abc"},
    }  # fmt: skip
    return held | changes


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    payload = json.loads(json.dumps(a_payload()))
    change(payload)
    return dict(payload)


def judged(payload: dict[str, Any], **more: Any) -> Certificate:
    text, key = card(write_json(payload))
    change = more.pop("change", None)
    if change:
        change(key)
    return verify_card(text, {str(payload["iss"]): [key]}, at=more.pop("at", NOW), **more)


def faults(found: Certificate) -> list[tuple[str, str]]:
    return [(one.name, told.key.partition(".")[2]) for one in found.steps for told in one.findings]


def test_a_right_card_has_every_step_right() -> None:
    found = judged(a_payload())
    assert [one.name for one in found.steps] == list(SHC)
    assert {one.status for one in found.steps} == {"ok"}
    assert (found.verdict, found.form) == ("valid", "shc")


def subject(payload: dict[str, Any]) -> Any:
    return payload["vc"]["credentialSubject"]


WRONG: list[tuple[Callable[[dict[str, Any]], Any], str, str]] = [
    (lambda one: one.pop("nbf"), "claims", "no_nbf"),
    (lambda one: one.update(iss=f"{ISSUER}/"), "claims", "bad_issuer"),
    (lambda one: one.update(iss="http://health.example"), "claims", "bad_issuer"),
    (lambda one: one.update(iss=f"{ISSUER}?x=1"), "claims", "bad_issuer"),
    (lambda one: one.update(iss="https://a:b@health.example"), "claims", "bad_issuer"),
    (lambda one: one.update(exp=1), "claims", "ends_before"),
    (lambda one: one.update(exp="2027-01-01"), "claims", "time_no_number"),
    (lambda one: one.update(exp=None), "claims", "time_no_number"),
    (lambda one: one.update(exp=NOW.timestamp() - 1), "validity", "expired"),
    (lambda one: one["vc"].update(type=[]), "schema", "no_card_type"),
    (lambda one: one["vc"].update(type=[f"{KIND}health-card"]), "schema", "no_kind"),
    (lambda one: one["vc"].update(rid="x" * 25), "schema", "bad_rid"),
    (lambda one: one["vc"].update(rid="a b"), "schema", "bad_rid"),
    (lambda one: subject(one).pop("fhirVersion"), "schema", "no_fhir_version"),
    (lambda one: subject(one).pop("fhirBundle"), "schema", "no_bundle"),
    (lambda one: subject(one)["fhirBundle"].update(type="document"), "schema", "bundle_type"),
    (lambda one: subject(one)["fhirBundle"]["entry"].append({"fullUrl": "resource:2"}), "schema", "no_bundle"),
    (lambda one: subject(one)["fhirBundle"]["entry"].append(subject(one)["fhirBundle"]["entry"][0]), "schema", "several_patients"),
    (lambda one: subject(one)["fhirBundle"]["entry"][0].update(fullUrl="urn:uuid:1"), "schema", "long_reference"),
    (lambda one: subject(one)["fhirBundle"]["entry"][0]["resource"].update(id="1"), "schema", "costs_room"),
    (lambda one: subject(one)["fhirBundle"]["entry"][0]["resource"].update(meta={"profile": []}), "schema", "costs_room"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "step", "reason"), WRONG)
def test_each_fault_is_told_at_its_step(
    change: Callable[[dict[str, Any]], Any], step: str, reason: str
) -> None:
    assert (step, reason) in faults(judged(changed(change)))


def test_what_is_told_of_security_costs_no_room() -> None:
    meta = {"meta": {"security": [{"code": "IAL1.4"}]}}
    found = judged(
        changed(lambda one: subject(one)["fhirBundle"]["entry"][0]["resource"].update(meta))
    )
    assert faults(found) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda key: key.update(d="x"), "private_key"), (lambda key: key.update(use="enc"), "bad_jwk"),
        (lambda key: key.update(x5c=["bm8="]), "other_x5c"),
    ],
)  # fmt: skip
def test_a_key_that_is_published_wrongly_is_told(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    found = judged(a_payload(), change=change)
    assert faults(found) == [("trust", reason)]
    assert found.verdict == "not_valid"


def test_what_was_taken_back_and_what_is_not_yet() -> None:
    assert faults(judged(a_payload(), revoked=frozenset({"abc"}))) == [("revocation", "revoked")]
    assert faults(judged(a_payload(), at=NOW - timedelta(hours=1))) == [("validity", "not_yet")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("shc:/", "no_digits"), ("shc:/5", "no_digits"), ("shc:/99", "no_digits"), ("shc:/5x", "no_digits"),
        ("shc:/1/2/5676", "chunked"), ("shc:/0000", "no_jws"), ("a.b.c", "no_jws"), ("x" * 600_000, "too_long"),
        ('{"verifiableCredential": []}', "no_jws"), ("{", "no_jws"), ("[" * 10_000 + "." + "a.b", "no_jws"),
    ],
)  # fmt: skip
def test_what_is_no_card_is_told(text: str, reason: str) -> None:
    found = verify_card(texts_of(text)[0], {}, at=NOW)
    assert faults(found)[-1][1] == reason
    assert found.verdict == "unreadable"


def test_a_card_without_the_name_of_its_key_is_told() -> None:
    text, key = card(write_json(a_payload()), header={"zip": "DEF", "alg": "ES256"})
    assert faults(verify_card(text, {ISSUER: [key]}, at=NOW)) == [("kid", "no_shc_kid")]


@given(st.binary(max_size=400), st.booleans())
def test_odd_payloads_break_nothing(payload: bytes, is_digits: bool) -> None:
    text, key = card(payload)
    text = "shc:/" + "".join(f"{ord(letter) - 45:02}" for letter in text) if is_digits else text
    assert is_card(text)
    assert verify_card(text, {ISSUER: [key]}, at=NOW).verdict == "unreadable"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8,
)  # fmt: skip
PLACES = (("iss",), ("nbf",), ("exp",), ("vc",), ("vc", "type"), ("vc", "rid"), ("vc", "credentialSubject", "fhirBundle"),
          ("vc", "credentialSubject", "fhirBundle", "entry"))  # fmt: skip


@given(st.sampled_from(PLACES), JSON)
def test_odd_values_anywhere_break_nothing(place: tuple[str, ...], value: Any) -> None:
    payload: Any = json.loads(json.dumps(a_payload()))
    held = payload
    for name in place[:-1]:
        held = held[name]
    held[place[-1]] = value
    text, key = card(json.dumps(payload).encode())
    assert verify_card(text, {ISSUER: [key]}, at=NOW).steps


def test_a_card_is_judged_by_the_rules_of_cards() -> None:
    late = judged(a_payload(exp=NOW.timestamp() - 1, nbf=1), revoked=frozenset({"abc"}))
    clauses = {note.clause for step in late.steps for note in step.findings}
    assert clauses == {"SMART Health Cards 1.4 payload", "SMART Health Cards 1.4 revocation"}
