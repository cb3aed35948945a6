"""The pages of the desk: a learner hands in and reads; who runs the event asks, marks and releases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api.test_desk import graded
from tests.sandbox.api.test_gate import Event, an_event
from tests.sandbox.desk.made import LESSON, a_notebook


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def sent(event: Event, path: str, name: str, **form: Any) -> Any:
    return event.ask(
        "POST", f"{path}?lang=es", event.sessions[name], follow_redirects=False, **form
    )


def upload(event: Event, name: str, content: bytes, **data: str) -> Any:
    files = {"file": ("tarea.ipynb", content, "application/json")}
    return sent(event, "/desk/hand-ins", name, files=files, data=data)


def text_of(event: Event, path: str, name: str, lang: str = "es") -> str:
    page = event.ask("GET", f"{path}?lang={lang}", event.sessions[name])
    assert page.status_code == 200, page.text
    return " ".join(re.sub(r"<[^>]+>", " ", str(page.text)).split())


def test_a_learner_uploads_and_sees_that_it_waits(event: Event) -> None:
    reply = upload(event, "Ana", a_notebook())
    assert reply.status_code == 303
    place = reply.headers["location"].removeprefix("..").partition("?")[0]
    assert "Está en espera de calificación" in text_of(event, place, "Ana")
    desk = text_of(event, "/desk", "Ana")
    assert "tarea.ipynb" in desk
    assert "Nueva tarea" not in desk
    assert "tarea.ipynb" not in text_of(event, "/desk", "Pia")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_what_cannot_be_graded_is_said_at_once(event: Event, content: bytes) -> None:
    reply = upload(event, "Ana", content)
    assert reply.status_code == 400
    assert "tarea.ipynb" in reply.text or "No elegiste" in reply.text


def test_a_form_without_a_file_is_refused(event: Event) -> None:
    assert sent(event, "/desk/hand-ins", "Ana", data={"team": ""}).status_code == 400


def test_who_runs_the_event_asks_for_a_lesson(event: Event) -> None:
    form = {"lesson": LESSON, "due": "2026-12-01T18:00", "late": "percent", "percent": "10"}
    form |= {"opens": "", "weight": "2"}
    assert sent(event, "/desk/assignments", "Ana", data=form).status_code == 403
    assert sent(event, "/desk/assignments", "Inés", data=form).status_code == 303
    desk = text_of(event, "/desk", "Ana")
    assert "1 dic 2026, 18:00" in desk
    assert "10 % menos por cada día de atraso" in desk
    bad = sent(event, "/desk/assignments", "Inés", data={**form, "due": "mañana"})
    assert bad.status_code == 400


@pytest.mark.slow
def test_results_are_marked_released_and_read(event: Event, tmp_path: Path) -> None:
    id = graded(event, tmp_path, "Ana", ex_0_1="<b>5</b>", ex_0_3="1")
    place = f"/desk/hand-ins/{id}"
    assert "Verás el resultado" in text_of(event, place, "Ana")
    form = {"exercise": "0.2", "points": "0,5", "comment": "Casi <i>bien</i>"}
    assert sent(event, f"{place}/marks", "Ana", data=form).status_code == 403
    assert sent(event, f"{place}/marks", "Inés", data=form).status_code == 303
    assert sent(event, f"{place}/marks", "Inés", data={**form, "points": "x"}).status_code == 400
    assert sent(event, f"/desk/{LESSON}/release", "Ana", data={"go": "1"}).status_code == 403
    assert sent(event, f"/desk/{LESSON}/release", "Inés", data={"go": "1"}).status_code == 303
    page = event.ask("GET", f"{place}?lang=es", event.sessions["Ana"]).text
    assert "<b>5" not in page
    assert "<i>bien" not in page
    assert 'href="../../lessons/00?lang=es#ex-0-2"' in page
    told = text_of(event, place, "Ana")
    assert "1.5 de 3 puntos" in told
    assert "Casi" in told
    assert "Guardar" not in told
    assert "1.5 / 3" in text_of(event, "/desk", "Ana")
    assert "50.0 %" in text_of(event, "/desk", "Ana")
    over_all = text_of(event, f"/desk/{LESSON}", "Mario", "pt")
    assert "Onde as pessoas erram" in over_all
    assert "Publicar" not in over_all
    assert "5" not in text_of(event, "/desk", "Pia")
    assert "Chile" not in text_of(event, f"/desk/{LESSON}", "Pia")
    notebook = event.ask("GET", f"{place}/notebook?lang=pt", event.sessions["Ana"])
    assert "Ainda não" in notebook.text
    assert "Chile" in event.ask("GET", "/desk/gradebook.csv", event.sessions["Mario"]).text


def test_who_has_passed_gets_a_certificate_once_results_are_released(
    event: Event, tmp_path: Path
) -> None:
    def certificate(name: str, place: str = "/desk/certificates.pdf") -> Any:
        return event.ask("GET", f"{place}?lang=es", event.sessions[name])

    graded(event, tmp_path, "Ana", ex_0_1="4.0.1")  # 1 point of 3
    assert certificate("Inés").status_code == 404
    assert "Ningún equipo que puedas ver" in certificate("Inés").text
    asked = {"lesson": LESSON, "pass_percent": "30"}
    assert sent(event, "/desk/assignments", "Inés", data=asked).status_code == 303
    assert certificate("Inés").content.startswith(b"%PDF-")
    assert certificate("Ana").status_code == 404  # before the results are released
    assert sent(event, f"/desk/{LESSON}/release", "Inés", data={"go": "1"}).status_code == 303
    assert "Certificados del curso en PDF (1)" in text_of(event, "/desk", "Ana")
    assert "30 %" in text_of(event, "/desk", "Ana")
    for place in ("/desk/certificates.pdf", "/api/course-certificates.pdf"):
        assert certificate("Ana", place).headers["content-type"] == "application/pdf"
        assert certificate("Pia", place).status_code == 404


def test_on_a_laptop_the_desk_is_open(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        assert "Nueva tarea" in event.ask("GET", "/desk?lang=es").text
