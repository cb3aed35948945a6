"""Facilitators edit the plan by forms, and two of them do not overwrite each other, on pages or over the API."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sandbox.event.event_file import shipped_event
from tests.sandbox.api.test_gate import FORM, Event, an_event

PLAN = "lacpass-2026"
EDIT = f"/event/{PLAN}/edit?lang=es"
NUMBER = next(test.id for test in shipped_event(PLAN).tests if test.checklist and test.is_required)
TEST = f"/event/{PLAN}/edit/{NUMBER}?lang=es"
FIELD = re.compile(r'<input name="([^"]+)"(?: type="([^"]+)")?[^>]*?value="([^"]*)"([^>]*)>')


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def fields(page: str) -> dict[str, str]:
    """What a browser sends of a form that nobody has touched."""
    found = {"tag": re.search(r'name="tag" value="([^"]+)"', page)[1]}  # type: ignore[index]
    for name, _, value, more in FIELD.findall(page):
        found[name] = html.unescape(value)
        assert "checkbox" not in more
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', page):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    for name, value in re.findall(
        r'<input type="checkbox" name="([^"]+)" value="([^"]*)" checked', page
    ):
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def saved(event: Event, path: str, form: dict[str, str], who: str = "Inés") -> tuple[int, str]:
    content = urlencode(form)
    reply = event.ask("POST", path, event.sessions[who], headers=FORM, content=content)
    return reply.status_code, reply.text


def form_at(event: Event, path: str) -> dict[str, str]:
    return fields(event.ask("GET", path, event.sessions["Inés"]).text)


def file_of(event: Event) -> str:
    return str(event.ask("GET", f"/api/plans/{PLAN}/file", event.sessions["Inés"]).text)


@pytest.mark.parametrize("path", [EDIT, TEST])
def test_a_form_that_nobody_touched_changes_nothing(event: Event, path: str) -> None:
    before = file_of(event)
    status, text = saved(event, path, form_at(event, path))
    assert status == 200, text
    assert tomllib.loads(file_of(event)) == tomllib.loads(before)


def test_a_title_and_an_optional_test_are_saved(event: Event) -> None:
    form = form_at(event, EDIT)
    assert saved(event, EDIT, form | {"title.es": "Conectatón de prueba"})[0] == 200
    form = form_at(event, TEST)
    del form["is_required"]
    assert saved(event, TEST, form | {"checklist.es": form["checklist.es"] + "!"})[0] == 200
    plan = event.ask(
        "GET", f"/api/plans/{PLAN}", event.sessions["Ana"], headers={"Accept-Language": "es"}
    ).json()
    assert plan["title"] == "Conectatón de prueba"
    test = next(test for test in plan["tests"] if test["id"] == NUMBER)
    assert not test["is_required"]
    assert test["checklist"][-1].endswith("!")


def test_of_two_who_edit_at_once_the_second_is_told(event: Event) -> None:
    first, second = form_at(event, EDIT), form_at(event, EDIT)
    assert saved(event, EDIT, first | {"title.es": "De la primera"})[0] == 200
    status, page = saved(event, EDIT, second | {"title.es": "De la segunda"})
    assert status == 412
    assert "Otra persona acaba de cambiar el evento" in page
    assert "De la primera" in file_of(event)
    # both stand beside each other, and who saves again has seen both
    assert fields(page)["title.es"] == "De la segunda"
    assert "Guardado ahora: <strong>De la primera</strong>" in page
    assert saved(event, EDIT, fields(page))[0] == 200
    assert "De la segunda" in file_of(event)
    # looked at again, it is saved
    assert saved(event, EDIT, form_at(event, EDIT) | {"title.es": "De la segunda"})[0] == 200
    assert saved(event, EDIT, {**second, "tag": ""})[0] == 400


def test_what_is_wrong_is_told_place_by_place_and_nothing_is_saved(event: Event) -> None:
    before = file_of(event)
    form = form_at(event, TEST)
    status, page = saved(event, TEST, form | {"title.pt": "", "meetings": "7"})
    assert status == 400
    assert "A una frase le falta el idioma" in page
    assert f"tests[{NUMBER}].title" in page
    assert file_of(event) == before


@pytest.mark.parametrize("who", ["Ana", "Mario"])
def test_nobody_else_edits(event: Event, who: str) -> None:
    form = form_at(event, EDIT)
    assert event.ask("GET", EDIT, event.sessions[who]).status_code == 403
    assert saved(event, EDIT, form, who)[0] == 403


def test_over_the_api_if_match_keeps_two_editors_apart(event: Event) -> None:
    ines = event.sessions["Inés"]
    place = f"/api/plans/{PLAN}"
    told = event.ask("GET", place, ines)
    etag = told.headers["ETag"]
    assert event.ask("GET", f"{place}/file", ines).headers["ETag"] == etag
    table = json.loads(json.dumps(tomllib.loads(file_of(event)), default=str))

    def put(days: int, match: str | None) -> int:
        headers = {"If-Match": match} if match is not None else {}
        body = {**table, "retention_days": days}
        return int(event.ask("PUT", place, ines, json=body, headers=headers).status_code)

    assert put(10, '"other"') == 412
    assert put(10, f"W/{etag}") == 412  # compared strongly
    assert put(10, etag) == 200
    assert put(11, etag) == 412
    now = event.ask("GET", place, ines).headers["ETag"]
    assert now != etag
    assert put(11, f'"other", {now}') == 200
    assert put(12, "*") == 200
    assert put(13, None) == 200


def test_with_the_first_day_the_agenda_moves_and_what_was_put_elsewhere_stays(event: Event) -> None:
    form = form_at(event, EDIT)
    starts = [name for name in form if name.endswith(".start") and form[name]]
    before = {name: form[name] for name in starts}
    form |= {"first": "2026-08-03", "last": "2026-08-06", "registration_until": "2026-08-01"}
    form[starts[0]] = "2026-08-04T07:30"
    status, text = saved(event, EDIT, form)
    assert status == 200, text
    plan = tomllib.loads(file_of(event))
    assert (str(plan["first"]), str(plan["last"])) == ("2026-08-03", "2026-08-06")
    found = {f"{item['start']:%Y-%m-%dT%H:%M}" for item in plan["agenda"]}
    assert "2026-08-04T07:30" in found
    moved = {f"2026-08-{int(start[8:10]) + 7 - 31:02}{start[10:]}" for start in before.values()}
    assert moved >= found - {"2026-08-04T07:30"}
