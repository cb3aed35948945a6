"""Institutions register on a page, facilitators let them in or say why not, and nobody reads what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.pages.test_editing import fields

PLAN = "lacpass-2023"
ASKED = {
    "name": "Instituto de Salud", "country": "ar", "contact": "Rosa Pérez", "people": "3",
    "tracks": "1", "systems": "un repositorio", "rules": "yes",
}  # fmt: skip


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        ines = event.sessions["Inés"]
        # the shipped plan is of an event that is over
        following = {"id": "next", "template": PLAN, "first": "2026-07-27", "days": 3}
        assert event.ask("POST", "/api/plans", ines, json=following).status_code == 201
        event.ask("POST", "/event/next/now", ines, headers=FORM)
        yield event


def sent(event: Event, **words: str) -> Any:
    content = urlencode({**ASKED, **words})
    return event.ask("POST", "/register?lang=es", headers=FORM, content=content)


def posted(event: Event, path: str, who: str = "", **form: str) -> Any:
    session = event.sessions[who] if who else ""
    return event.ask("POST", path, session, headers=FORM, content=urlencode(form))


def id_in(page: str) -> str:
    found = re.search(r"registrations/([^/]+)/approve", page)
    assert found, page
    return found[1]


def test_an_institution_is_let_in_and_invites_its_colleagues(event: Event) -> None:
    told = sent(event)
    assert "En espera de respuesta" in told.text
    assert 'data-every="15"' in told.text  # it tells by itself once somebody has answered
    ines = event.sessions["Inés"]
    waiting = event.ask("GET", "/registrations?lang=es", ines)
    assert "Instituto de Salud (Argentina)" in waiting.text
    words = {"name": "Instituto de Salud", "country": "AR", "contact": "Rosa Pérez"}
    id = id_in(waiting.text)
    approved = posted(event, f"/registrations/{id}/approve?lang=es", "Inés", id=id, **words)
    assert re.search(r"/enter/\S+</code>", approved.text)
    place = told.url.path
    assert "¡Inscripción aprobada!" in event.ask("GET", f"{place}?lang=es").text
    inside = posted(event, f"{place}/enter?lang=es")
    assert inside.url.path == "/"
    assert "Ya estás dentro." in inside.text
    session = event.client.cookies["connectathon_session"]
    event.client.cookies.clear()
    me = event.ask("GET", "/api/me", session).json()
    assert (me["team"], me["country"], me["is_contact"]) == ("Instituto de Salud", "AR", True)
    # the track that was chosen stands open where its team registers a system
    team = event.ask("GET", "/team?lang=es", session).text
    folds = re.findall(
        r'<details class="fold"( open)?><summary>([^<]+)</summary><div class="choices">', team
    )
    assert [title for is_open, title in folds if is_open] == [folds[0][1]]
    assert len(folds) > 2
    # it lets in once
    assert posted(event, f"{place}/enter").status_code == 404


def test_what_was_written_is_gone_once_it_is_decided(event: Event) -> None:
    told = sent(event)
    ines = event.sessions["Inés"]
    id = id_in(event.ask("GET", "/registrations", ines).text)
    refused = posted(
        event, f"/registrations/{id}/refuse?lang=es", "Inés", id=id, reason="Ya no hay lugar"
    )
    assert "No aceptada" in refused.text
    assert "Rosa" not in refused.text
    assert "Instituto" not in refused.text
    page = event.ask("GET", f"{told.url.path}?lang=es").text
    assert "Ya no hay lugar" in page
    assert "Rosa" not in page
    assert posted(event, f"/registrations/{id}/refuse", "Inés", reason="x").status_code == 404


def test_who_registers_takes_it_back(event: Event) -> None:
    told = sent(event)
    back = posted(event, f"{told.url.path}/withdraw?lang=es")
    assert "su contenido se borró" in back.text
    assert "Rosa" not in event.ask("GET", "/registrations", event.sessions["Inés"]).text
    assert posted(event, f"{told.url.path}/withdraw").status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [({"name": ""}, "Falta el nombre"), ({"country": "Chile"}, "dos letras"), ({"contact": " "}, "Falta"),
     ({"tracks": ""}, "Falta"), ({"tracks": "9"}, "Falta"), ({"people": "0"}, "cantidad de personas"),
     ({"people": "100"}, "cantidad de personas"), ({"rules": ""}, "aceptar las reglas"),
     ({"name": "n" * 61}, "60"), ({"systems": "s" * 1001}, "1000")],
)  # fmt: skip
def test_what_was_typed_survives_a_refusal(event: Event, words: dict[str, str], said: str) -> None:
    refused = sent(event, **words)
    assert refused.status_code == 400
    assert said in re.findall(r'role="alert".*?</section>', refused.text, re.DOTALL)[0]
    typed = {
        "name": "Instituto de Salud",
        "contact": "Rosa Pérez",
        "systems": "un repositorio",
    } | words
    for name in ("name", "contact"):
        assert f'name="{name}"' in refused.text
        assert f'value="{typed[name]}"' in refused.text
    assert typed["systems"] in refused.text
    assert "En espera: 0" in event.ask("GET", "/registrations?lang=es", event.sessions["Inés"]).text


def test_two_of_one_name_do_not_wait_at_once(event: Event) -> None:
    sent(event)
    again = sent(event, name="INSTITUTO de Salud")
    assert again.status_code == 400
    assert "ya se inscribió" in again.text


def test_institutions_that_register_at_once_all_wait(event: Event) -> None:
    names = ["Caja de Salud", "Hospital Norte", "Ministerio", "Red Andina", "Universidad", "Zona"]
    with ThreadPoolExecutor(len(names)) as threads:
        waiting = [threads.submit(sent, event, name=name) for name in names]
        assert all("En espera de respuesta" in each.result().text for each in waiting)
    page = event.ask("GET", "/registrations?lang=es", event.sessions["Inés"]).text
    assert [name for name in names if f"{name} (Argentina)" in page] == names


def test_a_name_that_is_taken_is_put_right_by_the_facilitator(event: Event) -> None:
    sent(event, contact="Ana")
    id = id_in(event.ask("GET", "/registrations", event.sessions["Inés"]).text)
    words = {"id": id, "name": "Instituto", "country": "AR", "contact": "Ana"}
    taken = posted(event, f"/registrations/{id}/approve?lang=es", "Inés", **words)
    assert taken.status_code == 400
    assert 'value="Instituto"' in taken.text
    right = posted(event, f"/registrations/{id}/approve", "Inés", **{**words, "contact": "Ana Luz"})
    assert right.status_code == 200


@pytest.mark.parametrize("who", ["", "Ana", "Mario"])
def test_only_facilitators_read_and_decide(event: Event, who: str) -> None:
    sent(event)
    id = id_in(event.ask("GET", "/registrations", event.sessions["Inés"]).text)
    expected = 403 if who else 401
    session = event.sessions[who] if who else ""
    assert event.ask("GET", "/registrations", session).status_code == expected
    for act in ("approve", "refuse"):
        words = {"name": "X", "country": "AR", "contact": "Y", "reason": "z"}
        refused = posted(event, f"/registrations/{id}/{act}", who, **words)
        assert refused.status_code == expected
        assert "Rosa" not in refused.text
    assert event.ask("GET", "/register/unknown").status_code == 404


def test_while_nobody_facilitates_nobody_registers(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        client.post(f"/event/{PLAN}/now", headers=FORM)
        assert "no recibe inscripciones" in client.get("/register?lang=es").text
        refused = client.post("/register", headers=FORM, content=urlencode(ASKED))
        assert refused.status_code == 412


def test_after_the_last_day_nobody_registers(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        assert sent(event).status_code == 412


def test_a_country_is_chosen_by_its_name_and_kept_when_something_else_is_amiss(
    event: Event,
) -> None:
    page = event.ask("GET", "/register?lang=pt").text
    assert '<option value="BO">Bolívia</option>' in page
    assert page.index(">Áustria<") < page.index(">Bélgica<") < page.index(">Zimbábue<")
    again = sent(event, rules="")
    assert again.status_code == 400
    assert '<option value="AR" selected>Argentina</option>' in again.text


def shifted(event: Event, *, first: str, until: str) -> None:
    """The event that runs is on other days, with another end of registration."""
    ines = event.sessions["Inés"]
    following = {"id": "other", "template": PLAN, "first": first, "days": 3}
    assert event.ask("POST", "/api/plans", ines, json=following).status_code == 201
    event.ask("POST", "/event/other/now", ines, headers=FORM)
    page = event.ask("GET", "/event/other/edit", ines).text
    form = {**fields(page), "registration_until": until}
    saved = event.ask("POST", "/event/other/edit", ines, headers=FORM, content=urlencode(form))
    assert saved.status_code == 200, saved.text


@pytest.mark.parametrize(
    ("first", "until", "told", "alerted"),
    [
        ("2027-05-03", "2020-01-02", "La inscripción cerró el jueves, 2 de enero de 2020.", "La inscripción cerró"),
        ("2020-05-04", "2020-05-01", "El evento terminó el miércoles, 6 de mayo de 2020.", "Según su plan, el evento terminó"),
    ],
)  # fmt: skip
def test_a_door_that_is_closed_says_since_when_and_is_no_link(
    event: Event, first: str, until: str, told: str, alerted: str
) -> None:
    shifted(event, first=first, until=until)
    for path in ("/", "/register", "/event"):
        page = event.ask("GET", f"{path}?lang=es").text
        main = page[page.index("<main") :]
        assert 'href="register' not in main, path
        assert "Inscribe a tu institución" not in main
        assert told in main or path == "/event", path
    ines = event.sessions["Inés"]
    own = event.ask("GET", "/event?lang=es", ines).text
    assert told in own
    assert "Abierta hasta" not in own
    assert alerted in event.ask("GET", "/?lang=es", ines).text


def test_a_door_that_is_open_is_a_link_wherever_one_is_not_let_in(event: Event) -> None:
    for path in ("/", "/team"):
        assert 'href="register?lang=es"' in event.ask("GET", f"{path}?lang=es").text
    assert "Hace falta un enlace para entrar" in event.ask("GET", "/team?lang=es").text


@pytest.mark.parametrize("is_own_first", [True, False])
def test_an_approval_is_one_way_in(event: Event, is_own_first: bool) -> None:
    told = sent(event)
    ines = event.sessions["Inés"]
    id = id_in(event.ask("GET", "/registrations?lang=es", ines).text)
    words = {"name": "Instituto de Salud", "country": "AR", "contact": "Rosa Pérez"}
    approved = posted(event, f"/registrations/{id}/approve?lang=es", "Inés", id=id, **words).text
    link = re.search(r"/enter/[^<\s]+", approved)
    assert link
    ways = [f"{told.url.path}/enter", link[0]]
    first, second = ways if is_own_first else reversed(ways)
    assert posted(event, first).status_code == 200
    event.client.cookies.clear()
    assert posted(event, second).status_code in (403, 404)
    assert "connectathon_session" not in event.client.cookies
