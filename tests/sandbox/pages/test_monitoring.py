"""Monitors take from their queue, and facilitators assign them and say that it is late, by forms alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.pages.times import age
from tests.sandbox.api.test_gate import FORM, Event, an_event

PLAN = "lacpass-2023"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        yield event


def waiting(event: Event) -> str:
    """An instance of Chile and Peru that waits for a monitor."""
    for who, name, actor in (
        ("Ana", "visor-cl", "document-consumer"),
        ("Pia", "nodo-pe", "document-responder"),
    ):
        system = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
        body = {**system, "country": name[-2:].upper()}
        assert event.ask("POST", "/api/systems", event.sessions[who], json=body).status_code == 201
    body = {"event": PLAN, "test": "1.10", "system": "visor-cl"}
    begun = event.ask("POST", "/api/instances", event.sessions["Ana"], json=body).json()
    place = f"/api/instances/{begun['id']}"
    role = begun["open_roles"][0]
    partner = {"role": role, "system": "nodo-pe"}
    event.ask("POST", f"{place}/partners", event.sessions["Ana"], json=partner)
    event.ask("POST", f"{place}/accept", event.sessions["Pia"], json={"role": role})
    sent = event.ask("POST", f"{place}/submit", event.sessions["Ana"], json={})
    assert sent.json()["state"] == "to_verify", sent.text
    return str(begun["id"])


def test_a_monitor_takes_the_next_by_a_button(event: Event) -> None:
    id = waiting(event)
    mario = event.sessions["Mario"]
    page = event.ask("GET", "/instances/queue?lang=es", mario)
    assert "En espera: 1" in page.text
    assert "visor-cl ↔ nodo-pe" in page.text
    empty = event.ask("GET", "/instances/queue?lang=es&country=BR", mario)
    assert "En espera: 0" in empty.text
    form = {"headers": FORM, "content": "country=PE"}
    taken = event.ask("POST", "/instances/queue?lang=es", mario, **form)
    assert taken.url.path == f"/instances/{id}"
    assert "la revisa Mario" in taken.text
    again = event.ask("POST", "/instances/queue?lang=es", mario, **form)
    assert again.status_code == 404
    assert event.ask("GET", "/instances/queue", event.sessions["Ana"]).status_code == 403


def test_a_facilitator_assigns_and_sees_what_nobody_is_assigned_to(event: Event) -> None:
    id = waiting(event)
    ines = event.sessions["Inés"]
    place = f"/event/{PLAN}/monitors?lang=es"
    before = event.ask("GET", place, ines).text
    # one that waits alone is a click away, and not behind a queue of one
    assert f'href="../../instances/{id}?lang=es">1.10' in before
    assert "En espera y sin nadie asignado" in before
    assert "1.10 ·" in before
    form = {"headers": FORM, "content": "name=Mario&tracks=1&countries=cl"}
    page = event.ask("POST", place, ines, **form)
    assert page.status_code == 200
    assert "Todo lo que está en espera tiene a alguien asignado." in page.text
    (mario,) = event.ask("GET", f"/api/plans/{PLAN}/monitors", ines).json()["monitors"][:1]
    assert (mario["tracks"], mario["countries"], mario["waiting"]) == (["1"], ["CL"], 1)
    nobody = {"headers": FORM, "content": "name=Nobody&tracks=1"}
    assert event.ask("POST", place, ines, **nobody).status_code == 404
    for who in ("Ana", "Mario"):
        assert event.ask("GET", place, event.sessions[who]).status_code == 403
        assert event.ask("POST", place, event.sessions[who], **form).status_code == 403


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "only facilitators start"),
        ("es", "solo quienes facilitan inician"),
        ("pt", "só quem facilita inicia"),
    ],
)
def test_late_is_said_to_whoever_would_start(event: Event, language: str, words: str) -> None:
    waiting(event)
    late = f"/event/{PLAN}/late?lang=es"
    on = {"headers": FORM, "content": "is_late=yes"}
    assert event.ask("POST", late, event.sessions["Ana"], **on).status_code == 403
    assert event.ask("POST", late, event.sessions["Inés"], **on).status_code == 200
    body = {"event": PLAN, "test": "1.10", "system": "visor-cl"}
    spoken = {"Accept-Language": language}
    refused = event.ask("POST", "/api/instances", event.sessions["Ana"], json=body, headers=spoken)
    assert refused.status_code == 412
    assert words in refused.json()["text"]
    assert words in event.ask("GET", f"/event?lang={language}", event.sessions["Ana"]).text
    off = {"headers": FORM, "content": "is_late="}
    event.ask("POST", late, event.sessions["Inés"], **off)
    begun = event.ask("POST", "/api/instances", event.sessions["Ana"], json=body)
    assert begun.status_code == 201


def test_how_long_something_waits_is_said_in_words() -> None:
    hours = int(timedelta(hours=3).total_seconds() * 1000)
    assert (age(hours, "es"), age(hours, "pt"), age(0, "en")) == ("3 horas", "3 horas", "0 seconds")
