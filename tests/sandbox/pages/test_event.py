"""The page of an event: in the reader's language, in the event's hours and the reader's, and who may let it run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.event.event_file import shipped_event, shipped_events
from sandbox.event.plan import words_in
from sandbox.i18n import LANGUAGES, as_language
from sandbox.pages.home import bench_name
from sandbox.pages.times import long_date
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import Event, an_event


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def plain(page: str) -> str:
    """The words that a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page).replace("&#39;", "'"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", sorted(shipped_events()))
def test_all_that_is_planned_stands_on_the_page(served: TestClient, id: str, language: str) -> None:
    page = served.get(f"/event/{id}?lang={language}")
    assert page.status_code == 200
    text = plain(page.text)
    plan = shipped_event(id)
    for track in plan.tracks:
        assert words_in(track.title, language) in text
        assert words_in(track.guidance, language).split("\n")[0] in text
    for test in plan.tests:
        assert f"{test.id} · {words_in(test.title, language)}" in text
        assert words_in(test.summary, language) in text
        for role in test.roles:
            assert words_in(role.title, language) in text
            # what the bench asks is told by the number that people say, or by the track's name
            for bench in () if test.waits else role.bench:
                assert bench_name(bench, as_language(language)) in text
                assert bench not in text
        for point in test.checklist:
            assert words_in(point, language).replace('"', "&#34;") in text
        if test.waits:
            assert words_in(test.waits, language) in text


def test_before_an_event_runs_all_are_listed(served: TestClient) -> None:
    listed = served.get("/event?lang=es")
    assert "Ahora no hay ningún evento en curso" in listed.text
    for id in shipped_events():
        assert f'href="event/{id}?lang=es"' in listed.text
    told = served.post("/event/lacpass-2026/now?lang=es", data={})
    assert told.status_code == 200
    assert "<h1>Conectatón LACPASS 2026</h1>" in served.get("/event?lang=es").text
    assert 'href="event/lacpass-2023?lang=es"' in served.get("/event?lang=es").text


def test_the_agenda_is_in_the_time_of_the_event_and_of_the_reader(served: TestClient) -> None:
    here = plain(served.get("/event/lacpass-2026?lang=es").text)
    assert "lunes, 27 de julio de 2026" in here
    assert "09:00–09:45" in here
    assert "tu hora" not in here
    assert "Las horas son las de Panamá." in here
    there = plain(served.get("/event/lacpass-2026?lang=es&zone=America/Santiago").text)
    assert "09:00–09:45 (tu hora: 10:00)" in there
    far = plain(served.get("/event/lacpass-2026?lang=es&zone=Asia/Taipei").text)
    # in Taipei the afternoon in Panama is the next day
    assert "13:00–17:00 (tu hora: 28 jul 02:00)" in far
    wrong = served.get("/event/lacpass-2026?lang=es&zone=America/Macondo")
    assert wrong.status_code == 400
    assert "America/Macondo" in wrong.text


def test_a_reader_chooses_a_zone_once_for_all_pages(served: TestClient) -> None:
    served.post("/event/lacpass-2026/now?lang=es", data={})
    wrong = served.post("/time-zone?lang=pt", data={"zone": "America/Macondo"})
    assert wrong.status_code == 400
    assert "America/Macondo" in wrong.text
    kept = served.post("/time-zone?lang=pt", data={"zone": "Asia/Taipei"})
    assert "Os horários são de Panamá. Ao lado, os de Taipei, Taiwan." in plain(kept.text)
    agenda = plain(served.get("/event?lang=pt").text)
    assert "13:00–17:00 (seu horário: 28 de jul. 02:00)" in agenda
    served.post("/time-zone", data={"zone": ""})
    assert "seu horário:" not in plain(served.get("/event?lang=pt").text)


def test_an_event_that_is_not_there_says_which_are(served: TestClient) -> None:
    page = served.get("/event/lacpass-1999?lang=pt")
    assert page.status_code == 404
    assert "lacpass-2023" in page.text


def test_participants_read_and_a_facilitator_lets_it_run(event: Event) -> None:
    for who, status in (("Ana", 403), ("Inés", 303)):
        event.client.cookies.clear()
        secret = event.sessions[who]
        reply = event.client.post(
            "/event/lacpass-2026/now",
            data={},
            headers={"X-Connectathon-Session": secret},
            follow_redirects=False,
        )
        assert reply.status_code == status
    page = event.ask("GET", "/event?lang=en", event.sessions["Ana"])
    assert "LACPASS Connectathon 2026" in page.text
    assert "For facilitators" not in page.text
    assert "For facilitators" in event.ask("GET", "/event?lang=en", event.sessions["Inés"]).text


def test_a_day_in_a_language_that_nobody_knows_is_iso() -> None:
    assert long_date(date(2026, 7, 27), "pt") == "segunda-feira, 27 de julho de 2026"
    assert long_date(date(2026, 7, 27), "xx") == "2026-07-27"
