"""The pages of people: invitations are made, shown once and revoked, contacts named, one's own sessions ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api.test_gate import FORM, Event, an_event

LINK = re.compile(r"/enter/([\w-]+)")


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def sent(event: Event, who: str, place: str, **form: str) -> Any:
    return event.ask("POST", place, event.sessions[who], data=form, headers=FORM)


def page(event: Event, name: str, place: str) -> str:
    return str(event.ask("GET", f"{place}?lang=es", event.sessions[name]).text)


def test_an_invitation_is_made_shown_once_and_revoked(event: Event) -> None:
    made = sent(event, "Inés", "/invitations?lang=es", team="Chile", uses="2", days="3")
    code = LINK.findall(made.text)[0]
    came = event.client.post(f"/enter/{code}", data={"name": "Eva"}, follow_redirects=False)
    assert came.status_code == 303
    event.client.cookies.clear()

    listed = page(event, "Inés", "/invitations")
    assert "1 de 2" in listed
    assert code not in listed
    place = re.findall(r'action="(invitations/\w+/revoke)', listed)[0]
    assert sent(event, "Ana", f"/{place}").status_code == 404
    assert sent(event, "Inés", f"/{place}").status_code == 200

    assert event.client.get(f"/enter/{code}").status_code == 403
    assert "1 de 2" not in page(event, "Inés", "/invitations")


def test_a_contact_is_named_on_the_page_and_invites_to_the_own_team(event: Event) -> None:
    assert event.ask("GET", "/invitations", event.sessions["Ana"]).status_code == 403
    assert "invitations" not in page(event, "Ana", "/team")
    who = event.ask("GET", "/api/me", event.sessions["Ana"]).json()["id"]

    assert sent(event, "Inés", f"/people/{who}/contact", contact="yes").status_code == 200

    assert "contacto del equipo" in page(event, "Inés", "/people")
    assert "invitations" in page(event, "Ana", "/team")
    form = {"uses": "5", "days": "5"}
    assert sent(event, "Ana", "/invitations", team="Chile", **form).status_code == 200
    assert sent(event, "Ana", "/invitations", team="Perú", **form).status_code == 403
    assert sent(event, "Inés", f"/people/{who}/contact").status_code == 200
    assert event.ask("GET", "/invitations", event.sessions["Ana"]).status_code == 403


def test_ones_own_sessions_are_listed_and_ended(event: Event) -> None:
    shown = page(event, "Ana", "/me")
    assert "esta misma" in shown
    place = re.findall(r'action="(me/sessions/\w+/end)', shown)[0]
    assert sent(event, "Pia", f"/{place}").status_code == 404

    assert sent(event, "Ana", f"/{place}").status_code == 401  # the page that it leads to

    assert event.ask("GET", "/api/me", event.sessions["Ana"]).status_code == 401
    assert event.ask("GET", "/api/me", event.sessions["Pia"]).status_code == 200


def test_a_name_that_looks_like_another_is_refused_with_the_reason(event: Event) -> None:
    refused = sent(event, "Inés", "/people?lang=es", name="Аna", role="monitor")  # Cyrillic А
    assert refused.status_code == 400
    assert "se parece a Ana" in refused.text


@pytest.mark.parametrize(
    "form", [{"uses": "x", "days": "1"}, {"uses": "1"}, {"uses": "0", "days": "1"}]
)
def test_numbers_that_cannot_be_are_refused(event: Event, form: dict[str, str]) -> None:
    assert sent(event, "Inés", "/invitations", team="Chile", **form).status_code == 400


def test_without_people_nobody_needs_any(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        for place in ("/me", "/invitations", "/people"):
            assert event.ask("GET", place).status_code == 200


def test_somebody_is_removed_after_a_question_and_their_session_ends(event: Event) -> None:
    who = event.ask("GET", "/api/me", event.sessions["Ana"]).json()["id"]
    listed = page(event, "Inés", "/people")
    assert f'action="people/{who}/remove"' in listed
    assert 'aria-label="Quitar: Ana"' in listed
    place = f"/people/{who}/remove"
    asked = page(event, "Inés", place)
    assert "¿Quitar a Ana?" in asked
    assert f'<form method="post" action="../../people/{who}/remove?lang=es">' in asked
    assert "No hay nadie más" not in asked
    # a question alone removes nobody
    assert event.ask("GET", "/api/me", event.sessions["Ana"]).status_code == 200

    gone = event.ask(
        "POST", f"{place}?lang=es", event.sessions["Inés"], data={}, headers=FORM,
        follow_redirects=False,
    )  # fmt: skip

    assert (gone.status_code, gone.headers["location"]) == (303, "../../people?lang=es")
    assert "Quitar: Ana" not in page(event, "Inés", "/people")
    assert event.ask("GET", "/api/me", event.sessions["Ana"]).status_code == 401
    assert sent(event, "Inés", place).status_code == 404


def test_who_may_not_manage_people_neither_asks_nor_removes(event: Event) -> None:
    who = event.ask("GET", "/api/me", event.sessions["Pia"]).json()["id"]
    for name in ("Ana", "Mario", "Pia"):
        place = f"/people/{who}/remove"
        assert event.ask("GET", place, event.sessions[name]).status_code == 403
        assert sent(event, name, place).status_code == 403
    assert event.client.post(f"/people/{who}/remove", data={}).status_code == 401


def test_the_only_facilitator_stays_and_the_last_person_is_told_what_it_means(
    event: Event,
) -> None:
    ids = {
        one["name"]: one["id"]
        for one in event.ask("GET", "/api/people", event.sessions["Inés"]).json()
    }
    place = f"/people/{ids['Inés']}/remove"
    refused = sent(event, "Inés", f"{place}?lang=es")
    assert refused.status_code == 400
    assert "Inés" in refused.text
    for name in ("Ana", "Pia", "Mario"):
        assert sent(event, "Inés", f"/people/{ids[name]}/remove").status_code == 200
    assert "No hay nadie más" in page(event, "Inés", place)
    assert sent(event, "Inés", place).status_code == 200
    assert event.client.get("/api/people").json() == []


def test_a_second_device_enters_as_the_same_person_once(event: Event) -> None:
    page = event.ask("POST", "/me/device?lang=es", event.sessions["Ana"], headers=FORM).text
    link = re.search(r"/enter/[^<\s]+", page)
    assert link
    assert "<svg" in page[page.index('class="qr"') :]
    inside = event.ask("POST", f"{link[0]}?lang=es", headers=FORM)
    assert inside.status_code == 200, inside.text
    session = event.client.cookies["connectathon_session"]
    event.client.cookies.clear()
    me, first = (
        event.ask("GET", "/api/me", one).json() for one in (session, event.sessions["Ana"])
    )
    assert (me["name"], me["team"]) == (first["name"], first["team"]) == ("Ana", "Chile")
    assert event.ask("POST", link[0], headers=FORM).status_code in (403, 404)
    assert event.ask("POST", "/me/device", headers=FORM).status_code == 401


def test_who_has_lost_their_link_gets_another_on_the_page(event: Event) -> None:
    ines = event.sessions["Inés"]
    listed = event.ask("GET", "/people?lang=es", ines).text
    id = re.search(r'name="again" value="([^"]+)" aria-label="Enlace nuevo: Ana"', listed)
    assert id
    made = event.ask("POST", "/people?lang=es", ines, headers=FORM, content=f"again={id[1]}").text
    link = re.search(r"/enter/[^<\s]+", made)
    assert link
    assert event.ask("POST", link[0], headers=FORM).status_code == 200
    event.client.cookies.clear()
    refused = event.ask(
        "POST", "/people", event.sessions["Ana"], headers=FORM, content=f"again={id[1]}"
    )
    assert refused.status_code == 403
