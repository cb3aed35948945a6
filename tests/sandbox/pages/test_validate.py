"""The page where a document is judged: what it shows, what it proposes, what it keeps, and that nothing is markup."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.api.kept import KeptJudgements
from sandbox.api.proposing import propose_profile
from sandbox.api.validations import ValidationRequest
from sandbox.errors import NotFound
from sandbox.store.judgements import JudgementStore
from sandbox.store.partitions import Partitions
from tests.builders import a_patient
from tests.conftest import TickingClock, a_sandbox

WRONG = a_patient(gender="F", name=[{"use": "x"}, {"use": "x"}])
HOSTILE = a_patient(
    gender="<script>alert(1)</script>", birthDate="</textarea><img src=x onerror=alert(1)>"
)


def pasted(
    client: TestClient, document: Any = WRONG, place: str = "/validate?lang=es", **fields: str
) -> Any:
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    return client.post(place, data={"document": text, **fields}, follow_redirects=False)


def test_findings_stand_beside_their_lines_and_equal_ones_are_said_once(empty: TestClient) -> None:
    page = pasted(empty).text
    assert "no está en el conjunto de valores" in page
    assert "lo mismo en 1 lugar más:" in page
    assert "explicado más arriba" in page
    for anchor in re.findall(r'href="#(d1n\d+)"', page):
        assert f'id="{anchor}"' in page


def test_the_page_is_never_stored_and_runs_no_script_of_others(empty: TestClient) -> None:
    reply = pasted(empty)
    assert reply.headers["cache-control"] == "no-store"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert " style=" not in reply.text


def test_nothing_of_a_document_is_markup(empty: TestClient) -> None:
    page = pasted(empty, HOSTILE).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "text", ["", "{", "<a", "null", "[1]", '"\\ud800"', "<Patient xmlns='http://hl7.org/fhir'/>"]
)
def test_whatever_is_pasted_is_answered_with_a_page(empty: TestClient, text: str) -> None:
    assert pasted(empty, text).status_code == 200


def test_too_large_and_unknown_are_refused_in_words(empty: TestClient) -> None:
    assert pasted(empty, '"' + "a" * (5 * 1024 * 1024) + '"').status_code == 413
    reply = pasted(empty, profile="nothing")
    assert (reply.status_code, "no se conoce aquí" in reply.text) == (400, True)


def test_the_page_names_what_the_document_was_judged_by(empty: TestClient) -> None:
    composition = {
        "resourceType": "Composition",
        "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
    }
    summary = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": composition}]}
    assert "los perfiles que declara y ips." in pasted(empty, summary).text
    by_hand = pasted(empty, summary, profile="mhd-minimal", ruleset="2025").text
    assert "los perfiles que declara y mhd-minimal. Reglas del evento de 2025." in by_hand
    assert "<option selected>mhd-minimal" in by_hand


def bundle(type: str, *resources: Any, **more: Any) -> Any:
    return {
        "resourceType": "Bundle",
        "type": type,
        "entry": [{"resource": one} for one in resources],
        **more,
    }


def composed(code: str) -> Any:
    return {
        "resourceType": "Composition",
        "type": {"coding": [{"system": "http://loinc.org", "code": code}]},
    }


@pytest.mark.parametrize(
    ("document", "profile"),
    [
        (bundle("document", composed("60591-5")), "ips"),
        (bundle("document", composed("82593-5")), "ddcc"),
        (bundle("document", composed("11502-2")), ""),
        (
            bundle("transaction", {"resourceType": "List"}, {"resourceType": "DocumentReference"}),
            "mhd-minimal",
        ),
        (bundle("transaction", {"resourceType": "Patient"}), ""),
        (
            bundle(
                "document",
                composed("60591-5"),
                meta={"profile": ["http://racsel.org/StructureDefinition/LACBundleIPS"]},
            ),
            "lac-2026",
        ),
        ({"resourceType": "QuestionnaireResponse"}, ""),
        ([1], ""),
        ({"resourceType": "Bundle", "type": 1, "entry": [1, {"resource": 2}], "meta": 3}, ""),
    ],
)
def test_the_profile_is_proposed_by_what_the_document_is(document: Any, profile: str) -> None:
    assert propose_profile(document) == profile


def test_what_is_kept_has_a_link_of_its_own_and_is_deleted_by_it(empty: TestClient) -> None:
    secret = a_patient(gender="F", note={"passcode": "4711-secret"})
    answer = pasted(empty, secret, "/validate/keep?lang=es")
    assert (answer.status_code, answer.headers["referrer-policy"]) == (303, "no-referrer")
    place = "/validate/" + answer.headers["location"].partition("validate/")[2]
    assert len(place.rpartition("/")[2].partition("?")[0]) >= 40
    page = empty.get(place)
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == (
        "no-referrer",
        "no-store",
    )
    assert "no está en el conjunto de valores" in page.text
    assert "4711-secret" not in page.text
    assert empty.post(place.replace("?", "/delete?")).status_code == 200
    assert empty.get(place).status_code == 404
    assert "No hay ningún documento guardado" in empty.get(place).text


def test_where_people_are_known_only_they_judge_and_a_link_is_open_to_who_has_it(
    empty: TestClient,
) -> None:
    place = (
        "/validate/"
        + pasted(empty, WRONG, "/validate/keep").headers["location"].partition("validate/")[2]
    )
    empty.post("/api/people", json={"name": "Inés", "role": "facilitator"})
    assert empty.get("/validate").status_code == 401
    assert pasted(empty).status_code == 401
    assert empty.get(place).status_code == 200


def test_a_program_deletes_what_is_kept(empty: TestClient) -> None:
    place = (
        "/validate/"
        + pasted(empty, WRONG, "/validate/keep").headers["location"].partition("validate/")[2]
    )
    assert empty.delete(place).status_code == 204
    assert empty.delete(place).status_code == 404


def test_nothing_is_kept_by_judging_alone(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        pasted(client, a_patient(gender="needle-in-a-haystack"))
    for file in (tmp_path / "sandbox").rglob("*"):
        assert not file.is_file() or b"needle-in-a-haystack" not in file.read_bytes()


def kept_with(clock: TickingClock, partitions: Partitions) -> tuple[KeptJudgements, str]:
    judgements = KeptJudgements(JudgementStore(partitions.main), clock, days=30)
    return judgements, judgements.keep(b"{}", [], ValidationRequest())


@pytest.mark.parametrize(
    "on_postgres", [False, pytest.param(True, marks=pytest.mark.needs("postgres"))]
)
def test_after_its_days_a_judgement_is_over_and_swept_away(
    tmp_path: Path, request: pytest.FixtureRequest, *, on_postgres: bool
) -> None:
    url = request.getfixturevalue("postgres_database") if on_postgres else ""
    clock, partitions = TickingClock(), Partitions(tmp_path, url=url, seconds=10)
    try:
        judgements, id = kept_with(clock, partitions)
        assert judgements.sweep() == 0
        clock.now += timedelta(days=29, hours=23)
        assert judgements.read(id).document == b"{}"
        clock.now += timedelta(hours=2)
        with pytest.raises(NotFound):
            judgements.read(id)
        assert judgements.sweep() == 1
    finally:
        partitions.close()
