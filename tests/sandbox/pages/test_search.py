"""One box finds what somebody may see, and nothing else; ids first, without accents and case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.i18n import LANGUAGES, say
from sandbox.pages.navigation import PLACES
from tests.builders import a_patient
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.pages.test_monitoring import waiting

PLAN = "lacpass-2023"
HEADING = re.compile(r'<h2 id="([a-z_]+)">')
HIT = re.compile(r'<li><span><a href="([^"]+)">([^<]+)</a>')


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        yield event


def hits(event: Event, query: str, who: str = "Ana") -> list[tuple[str, str]]:
    secret = event.sessions[who] if who else ""
    page = event.ask("GET", f"/search?lang=es&q={query}", secret)
    assert page.status_code == 200, page.text
    return HIT.findall(page.text)


def kinds(event: Event, query: str, who: str = "Ana") -> list[str]:
    page = event.ask("GET", f"/search?lang=es&q={query}", event.sessions[who] if who else "")
    main = page.text[page.text.index('<main id="main"') :]
    return HEADING.findall(main)


def test_a_test_is_found_by_its_number_first(event: Event) -> None:
    for query in ("RCP-23", "rcp-23"):
        place, words = hits(event, query)[0]
        assert words.startswith("RCP-23 · ")
        assert event.ask("GET", f"/{place.replace('&amp;', '&')}", event.sessions["Ana"]).is_success
    assert hits(event, "1.10")[0][0] == f"event/{PLAN}?lang=es#test-1.10"


def test_systems_teams_samples_and_patients_are_found_without_accents(event: Event) -> None:
    waiting(event)
    patient = a_patient(name=[{"family": "Núñez", "given": ["Iñigo"]}])
    made = event.ask("POST", "/fhir/Patient", event.sessions["Ana"], json=patient)
    assert made.status_code == 201
    ana = event.sessions["Ana"]
    event.ask("POST", "/api/samples?title=Vacunación", ana, content=b'{"resourceType": "Patient"}')
    assert kinds(event, "peru")[0] == "team"
    assert ("team/systems/visor-cl?lang=es", "visor-cl") in hits(event, "VISOR-CL")
    assert hits(event, "visor-cl", "Pia")[0][0].startswith("instances?event=")
    assert [kind for kind in kinds(event, "nunez inigo") if kind == "patient"] == ["patient"]
    id = made.json()["id"]
    assert (f"ips/patient/{id}?lang=es", "Iñigo Núñez") in hits(event, "nunez inigo")
    assert hits(event, "vacunacion", "Pia")[0][0].startswith("gallery/")


def test_an_instance_is_found_by_its_id_by_those_who_may_see_it(event: Event) -> None:
    id = waiting(event)
    for who in ("Ana", "Pia", "Mario"):
        assert hits(event, id, who)[0][0] == f"instances/{id}?lang=es", who
    run = event.ask(
        "POST", "/api/runs", event.sessions["Ana"],
        json={"track": "mhd.source", "system": "sandbox"},
    ).json()["id"]  # fmt: skip
    assert hits(event, run, "Ana")[0][0] == f"runs/{run}?lang=es"
    assert hits(event, run, "Pia") == []  # another team's


def test_a_visitor_finds_lessons_and_pages_and_nothing_of_the_event(event: Event) -> None:
    waiting(event)
    assert kinds(event, "visor-cl", "") == []
    assert kinds(event, "RCP-23", "") == []
    assert "page" in kinds(event, "validar fhir", "") or "page" in kinds(event, "documento", "")
    assert "page" not in kinds(event, "auditoria", "")  # it is for facilitators
    assert hits(event, "auditoria", "Inés")[0][0] == "audit?lang=es"


def test_what_is_empty_says_what_can_be_searched(event: Event) -> None:
    for query in ("", "zzzzzz"):
        page = event.ask("GET", f"/search?lang=es&q={query}", event.sessions["Ana"]).text
        assert "Puedes buscar pruebas por número" in page
    assert "nada que corresponda a «zzzzzz»" in page


@pytest.mark.parametrize("query", ['<script>"', "a|b,c$d\\", "%00", "ñ" * 500, "\u202e"])
def test_what_is_odd_is_only_text(event: Event, query: str) -> None:
    page = event.ask("GET", f"/search?q={query}", event.sessions["Ana"])
    assert page.status_code == 200
    assert "<script>" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_what_it_is_for(language: str) -> None:
    words = [say(f"floor.about.{place.name}", language) for place in PLACES]
    assert len(set(words)) == len(words)
    assert not any(word.startswith("floor.") for word in words)


def test_the_box_is_on_every_page_and_keeps_what_was_typed_in_another_language(
    event: Event,
) -> None:
    for path in ("/", "/team", "/readiness", f"/event/{PLAN}"):
        page = event.ask("GET", path, event.sessions["Ana"])
        assert 'type="search"' in page.text, path
        assert "form-action 'self'" in page.headers["Content-Security-Policy"], path
    page = event.ask("GET", "/search?lang=es&q=RCP 23", event.sessions["Ana"]).text
    assert 'href="?lang=pt&amp;q=RCP%2023"' in page


def test_how_tos_and_profiles_are_found_by_whoever_comes(event: Event) -> None:
    for who in ("", "Ana"):
        place, words = hits(event, "entender una falla", who)[0]
        assert (place, words) == ("help/read-a-failure?lang=es", "Entender una falla")
        assert "how_to" in kinds(event, "junit", who)  # by what the page says
        assert hits(event, "LACPatient", who)[0][0] == "guides/LACPatient/0.2.0?lang=es"
        assert event.ask("GET", f"/{place}").status_code == 200
