"""Who is let in comes to what they had asked for by a link, else to what their role does first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api.test_gate import FORM, Event, an_event

PLAN = "lacpass-2023"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def way_in(event: Event, name: str, role: str, team: str = "") -> str:
    person = {"name": name, "role": role, "team": team}
    added = event.ask("POST", "/api/people", event.sessions["Inés"], json=person)
    return str(added.json()["enter"])


def entered(event: Event, way: str) -> Any:
    return event.client.post(f"{way}?lang=es", headers=FORM, content="", follow_redirects=False)


def led_to(reply: Any) -> str:
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"]).partition("?")[0].lstrip("./")


ROLES = [("facilitator", "", "event"), ("monitor", "", "queue"), ("participant", "Chile", "team")]


@pytest.mark.parametrize(("role", "team", "page"), ROLES)
def test_each_role_begins_at_its_own_page(event: Event, role: str, team: str, page: str) -> None:
    assert led_to(entered(event, way_in(event, "Nova", role, team))) == page
    event.client.cookies.clear()
    event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
    assert led_to(entered(event, way_in(event, "Nuevo", role, team))) == ""


def test_a_link_leads_there_once_behind_the_way_in(event: Event) -> None:
    asked = event.client.get("/instances/queue?lang=es", headers={"Sec-Fetch-Site": "cross-site"})
    assert asked.status_code == 401
    assert led_to(entered(event, way_in(event, "Max", "monitor"))) == "instances/queue"
    event.client.cookies.delete("connectathon_session")
    assert led_to(entered(event, way_in(event, "Mia", "monitor"))) == "queue"


@pytest.mark.parametrize("header", ["sec-fetch-site", "referer"])
def test_who_looks_around_has_asked_for_nothing(event: Event, header: str) -> None:
    here = str(event.client.base_url).rstrip("/")
    headers = {header: "same-origin" if header == "sec-fetch-site" else f"{here}/event"}
    assert event.client.get("/team?lang=es", headers=headers).status_code == 401
    assert led_to(entered(event, way_in(event, "Max", "monitor"))) == "queue"


@pytest.mark.parametrize("value", ["//evil.test", "https://evil.test", "../x", "a/../../x", "a?b"])
def test_a_cookie_leads_nowhere_else(event: Event, value: str) -> None:
    event.client.cookies.set("connectathon_wanted", value)
    assert led_to(entered(event, way_in(event, "Max", "monitor"))) == "queue"
