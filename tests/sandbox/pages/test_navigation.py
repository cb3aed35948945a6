"""The one navigation: every page has it, marks where one is, and shows nobody what they may not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from sandbox.event.identity import ANYONE, Person, TeamId
from sandbox.i18n import LANGUAGES, say
from sandbox.pages.navigation import PLACES, places_for
from tests.sandbox.api.test_gate import FORM, Event, an_event

PLAN = "lacpass-2023"
CURRENT = re.compile(r'href="[^"]*" aria-current="page">([^<]+)<')


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Event]:
    """An event that tests look at from one person; another one leaves it."""
    with an_event(tmp_path_factory.mktemp("event")) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        yield event


@pytest.mark.parametrize("place", PLACES, ids=[place.name for place in PLACES])
def test_each_place_is_a_page_that_marks_itself(event: Event, place: object) -> None:
    from sandbox.pages.navigation import Place

    assert isinstance(place, Place)
    page = event.ask("GET", f"/{place.path}?lang=es", event.sessions["Inés"])
    assert page.status_code == 200, page.text
    assert CURRENT.findall(page.text) == [say(f"floor.nav.{place.name}", "es")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_has_a_word_of_its_own(language: str) -> None:
    words = [say(f"floor.nav.{place.name}", language) for place in PLACES]
    assert len(set(words)) == len(words)


def test_the_main_places_are_the_same_for_everybody() -> None:
    contact = Person("Ana", "participant", "Chile", team_id=TeamId("t"), is_contact=True)
    monitor = Person("Mario", "monitor")
    main = {place.name for place in places_for(None)["main"]}
    for person in (contact, monitor, ANYONE):
        assert {place.name for place in places_for(person)["main"]} == main
    assert places_for(None)["staff"] == []
    assert [place.name for place in places_for(contact)["staff"]] == ["invitations"]
    assert [place.name for place in places_for(monitor)["staff"]] == ["queue", "run_queue"]
    assert len(places_for(ANYONE)["staff"]) == 9


@pytest.mark.parametrize("page", ["/", "/team", "/instances/queue", f"/event/{PLAN}/not-met"])
def test_from_every_depth_the_links_lead_to_their_places(event: Event, page: str) -> None:
    text = event.ask("GET", f"{page}?lang=es", event.sessions["Inés"]).text
    bar = text.partition('class="bar"')[2].partition("</nav>")[0]
    led = [urlsplit(urljoin(page, link)).path for link in re.findall(r'href="([^"]+)"', bar)]
    assert led == [f"/{place.path}" for place in PLACES]
    who = text.partition('class="who"')[2].partition("</form>")[0]
    (me,) = re.findall(r'href="([^"]+)"', who)
    assert urlsplit(urljoin(page, me)).path == "/me"


def test_who_leaves_comes_to_the_first_page(event: Event) -> None:
    left = event.ask("POST", "/leave?lang=es", event.sessions["Ana"], headers=FORM)
    assert (left.status_code, left.url.path) == (200, "/")


def test_who_is_not_known_reads_how_to_come_in(event: Event) -> None:
    refused = event.ask("GET", "/team?lang=es")
    assert refused.status_code == 401
    # the shipped event is over: its door is no link
    assert 'href="register' not in refused.text
    assert 'href="./event?lang=es"' in refused.text


def test_visitors_have_results_once_they_are_published(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ines = event.sessions["Inés"]
        event.ask("POST", f"/event/{PLAN}/now", ines, headers=FORM)
        pages = ("/", "/event", "/help", "/lessons", "/readiness", "/time-zone", "/guides", "/search?q=resultados")  # fmt: skip
        word = f">{say('floor.nav.matrix', 'es')}</a>"

        def shown(session: str = "") -> dict[str, bool]:
            texts = {}
            for place in pages:
                joint = "&" if "?" in place else "?"
                texts[place] = event.ask("GET", f"{place}{joint}lang=es", session).text
            return {place: word in text for place, text in texts.items()}

        def decided(decision: str) -> None:
            done = event.ask("POST", f"/event/{PLAN}/results/{decision}", ines, headers=FORM)
            assert done.status_code == 200, done.text

        assert not any(shown().values())
        assert all(shown(ines).values())
        decided("confirm")
        assert not any(shown().values())
        decided("publish")
        assert all(shown().values()), shown()
        page = event.ask("GET", "/?lang=es").text
        led = [urlsplit(urljoin("/", link)).path for link in re.findall(r'href="([^"]+)"', page)]
        assert f"/results/{PLAN}" in led
        assert "/matrix" not in led
        assert event.ask("GET", f"/results/{PLAN}?lang=es").status_code == 200
        assert all(shown(ines).values())
        decided("withdraw")
        assert not any(shown().values())
