"""`$lastn`: the newest of each code (FHIR R4 operation-observation-lastn.html)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.server.operations import lastn
from tests.builders import a_patient, an_observation, ids_of, issue_of, post
from tests.sandbox.server.test_search_more import keep

LOINC = "http://loinc.org"
VITAL = {"coding": [{"code": "vital-signs"}]}
WEIGHT, PULSE = f"{LOINC}|29463-7", f"{LOINC}|8867-4"


def a_measurement(id: str, *codes: str, text: str = "", **elements: Any) -> dict[str, Any]:
    codings = [dict(zip(("system", "code"), code.split("|"), strict=True)) for code in codes]
    code = ({"coding": codings} if codings else {}) | ({"text": text} if text else {})
    subject = {"reference": "Patient/p"}
    return an_observation(id=id, code=code, subject=subject, category=[VITAL], **elements)


def at(day: str) -> dict[str, str]:
    return {"effectiveDateTime": day}


def last(client: TestClient, query: str = "category=vital-signs") -> list[str]:
    return ids_of(client.get(f"/fhir/Observation/$lastn?patient=p&{query}"))


@pytest.fixture
def measured(empty: TestClient) -> TestClient:
    keep(empty, a_patient(id="p"), a_patient(id="q"))
    keep(
        empty,
        a_measurement("w1", WEIGHT, **at("2026-01-01")),
        a_measurement("w3", WEIGHT, **at("2026-03-01")),
        a_measurement("w2", WEIGHT, **at("2026-02-01")),
        a_measurement("p1", PULSE, **at("2026-02-15")),
        a_measurement("of-another", WEIGHT, **at("2026-05-01"))
        | {"subject": {"reference": "Patient/q"}},
    )
    return empty


def test_the_newest_of_each_code_comes_newest_first(measured: TestClient) -> None:
    assert last(measured) == ["w3", "p1"]


def test_max_is_counted_in_each_group(measured: TestClient) -> None:
    assert last(measured, "category=vital-signs&max=2") == ["w3", "p1", "w2"]
    assert last(measured, "category=vital-signs&max=9") == ["w3", "p1", "w2", "w1"]


def test_other_parameters_choose_among_what_is_grouped(measured: TestClient) -> None:
    assert last(measured, f"code={WEIGHT}") == ["w3"]
    assert last(measured, f"code={WEIGHT}&date=lt2026-03") == ["w2"]


def test_nothing_to_be_found_is_an_empty_searchset(measured: TestClient) -> None:
    reply = measured.get("/fhir/Observation/$lastn?patient=nobody&category=vital-signs")
    assert reply.status_code == 200
    assert (reply.json()["total"], "entry" in reply.json()) == (0, False)


def test_those_of_one_time_are_all_given(measured: TestClient) -> None:
    keep(measured, a_measurement("w3-too", WEIGHT, **at("2026-03-01")))
    assert sorted(last(measured, f"code={WEIGHT}")) == ["w3", "w3-too"]
    assert sorted(last(measured, f"code={WEIGHT}&max=2")) == ["w3", "w3-too"]


def test_translations_connect_codes_from_one_to_the_next(measured: TestClient) -> None:
    keep(
        measured,
        a_measurement("local", "urn:local|wt", **at("2026-01-15")),
        a_measurement("both", "urn:local|wt", WEIGHT, **at("2026-04-01")),
        a_measurement("third", "urn:local|wt", "urn:third|w", **at("2026-01-16")),
    )
    assert last(measured) == ["both", "p1"]


def test_the_same_code_of_another_system_is_another_code(measured: TestClient) -> None:
    keep(measured, a_measurement("else", "urn:other|29463-7", **at("2025-01-01")))
    assert last(measured) == ["w3", "p1", "else"]


def test_a_code_of_text_alone_is_grouped_by_its_text(measured: TestClient) -> None:
    keep(
        measured,
        a_measurement("t1", text="grip", **at("2025-01-01")),
        a_measurement("t2", text="grip", **at("2025-02-01")),
        a_measurement("t3", text="gait", **at("2025-01-01")),
        a_measurement("w0", WEIGHT, text="grip", **at("2025-03-01")),
    )
    assert last(measured) == ["w3", "p1", "t2", "t3"]


@pytest.mark.parametrize(
    "effective",
    [
        {"effectiveInstant": "2026-06-01T00:00:00Z"},
        {"effectivePeriod": {"start": "2025-01-01", "end": "2026-06-01"}},
        {"effectivePeriod": {"start": "2026-06-01"}},
        {"effectiveTiming": {"event": ["2025-01-01", "2026-06-01"]}},
    ],
)
def test_each_kind_of_time_counts(measured: TestClient, effective: dict[str, Any]) -> None:
    keep(measured, a_measurement("newest", WEIGHT, **effective))
    assert last(measured, f"code={WEIGHT}") == ["newest"]


def test_without_a_time_an_observation_is_the_oldest(measured: TestClient) -> None:
    keep(measured, a_measurement("some-time", WEIGHT))
    assert last(measured, f"code={WEIGHT}&max=9") == ["w3", "w2", "w1", "some-time"]


@pytest.mark.parametrize("name", ["category", "code", "combo-code", "code-value-concept"])
def test_a_subject_and_a_category_or_code_are_needed(measured: TestClient, name: str) -> None:
    value = "a$b" if name.startswith("code-value") else "vital-signs"
    told = measured.get(f"/fhir/Observation/$lastn?{name}={value}")
    assert (told.status_code, issue_of(told)["expression"]) == (400, ["patient|subject"])
    for subject in ("patient=p", "subject=Patient/p", "subject:Patient=p", "patient._id=p"):
        reply = measured.get(f"/fhir/Observation/$lastn?{name}={value}&{subject}")
        assert reply.status_code == 200, reply.text


def test_a_subject_alone_is_not_enough(measured: TestClient) -> None:
    told = measured.get("/fhir/Observation/$lastn?patient=p&status=final")
    assert (told.status_code, issue_of(told)["expression"]) == (400, ["category|code"])


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5"])
def test_max_is_a_positive_number(measured: TestClient, number: str) -> None:
    told = measured.get(f"/fhir/Observation/$lastn?patient=p&code={WEIGHT}&max={number}")
    assert (told.status_code, issue_of(told)["expression"]) == (400, ["max"])


def test_parameters_are_taken_from_a_body_as_well(measured: TestClient) -> None:
    given = [
        {"name": "max", "valuePositiveInt": 2},
        {"name": "patient", "valueString": "p"},
        {"name": "code", "valueString": WEIGHT},
    ]
    body = {"resourceType": "Parameters", "parameter": given}
    assert ids_of(post(measured, "/Observation/$lastn", body)) == ["w3", "w2"]
    given[1] = {"name": "patient", "valueReference": {"reference": "Patient/p"}}
    told = post(measured, "/Observation/$lastn", body)
    assert (told.status_code, issue_of(told)["expression"]) == (400, ["patient"])


def test_what_is_too_much_to_compare_is_refused_and_never_cut(
    measured: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lastn, "MOST", 3)
    assert last(measured, f"code={WEIGHT}") == ["w3"]
    reply = measured.get("/fhir/Observation/$lastn?patient=p&category=vital-signs")
    assert reply.status_code == 413
