"""A team makes, sees and ends its tokens on a page; the secret stands there once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.event.tokens import PREFIX
from tests.sandbox.api.test_gate import FORM, PATIENT, Event, an_event

SECRET = re.compile(rf"{PREFIX}[\w-]+")


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def made(event: Event, name: str, **fields: str) -> Any:
    form = {"name": "the hospital", "scope": "write", **fields}
    return event.ask("POST", "/team/tokens", event.sessions[name], data=form, headers=FORM)


def test_a_token_is_made_shown_once_and_works(event: Event) -> None:
    page = made(event, "Ana")
    assert page.status_code == 200
    secret = SECRET.findall(page.text)[0]
    assert event.ask("POST", "/t/chile/fhir/Patient", secret, json=PATIENT).status_code == 201
    again = event.ask("GET", "/team/tokens?lang=es", event.sessions["Ana"])
    assert "the hospital" in again.text
    assert "leer y escribir" in again.text
    assert SECRET.findall(again.text) == []
    assert again.headers["cache-control"] == "no-store"


def test_a_token_is_ended_on_the_page(event: Event) -> None:
    secret = SECRET.findall(made(event, "Ana").text)[0]
    page = event.ask("GET", "/team/tokens", event.sessions["Ana"]).text
    place = re.findall(r'action="\.\./(team/tokens/\w+/revoke)', page)[0]
    for name, status in (("Pia", 403), ("Ana", 200)):
        reply = event.ask("POST", f"/{place}", event.sessions[name], headers=FORM)
        assert reply.status_code == status
    assert event.ask("GET", "/t/chile/fhir/Patient", secret).status_code == 401


def test_nobody_makes_or_sees_a_token_of_another_team(event: Event) -> None:
    assert made(event, "Pia", team="Chile").status_code == 403
    assert made(event, "Inés", team="Chile").status_code == 200
    assert "the hospital" not in event.ask("GET", "/team/tokens", event.sessions["Pia"]).text
    assert "the hospital" in event.ask("GET", "/team/tokens", event.sessions["Inés"]).text


def test_without_people_the_page_says_that_none_is_needed(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        page = event.ask("GET", "/team/tokens?lang=en")
        assert "no token is needed" in page.text
        assert "<form" not in page.text.partition("<main")[2].partition("</main")[0]
