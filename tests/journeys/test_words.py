"""What people read on the pages of an event that is being lived, in Spanish and Portuguese: no names that programs have for
things, no English of ours, and no date but by the one door that knows the event's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest

from sandbox.i18n import ENGLISH, LANGUAGES, rooms
from sandbox.testbench.tracks import actors
from tests.journeys.lived import Lived, lived
from tests.journeys.test_axe import FILE, SEEN_BY, paths

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
SHOWN_AS_IT_IS = re.compile(
    r"<(script|style|template|svg|code|pre|textarea|datalist|option|details|cite|em)\b.*?</\1>"
    r"|<head>.*?</head>|<blockquote>.*?</blockquote>",
    re.DOTALL,
)
"""What is no text, what a program reads, what is unfolded by who asks for it, the place of a clause, others' words, and what a lesson
calls by its English name, in italics."""
HANGING = re.compile(r"</(?:p|li|h\d|t[rdh]|dt|dd|div|section|option|label|button|summary)>|<br>")
ID = re.compile(r"(?<![\w./@:#-])[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+(?![\w/@(.]\w)")
FAULT = re.compile(r"\b[A-Z]\w+(?:Error|Exception|Timeout|Warning)\b")
ACTORS = re.compile(
    r"\b("
    + "|".join(sorted(actor.replace("-", " ") for actor in actors() if "-" in actor))
    + r")s?\b",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"\([^()]*\)")
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
NO_DAY = re.compile(
    r"<(time|pre|code|textarea|script|style|svg|datalist|option|h1|dd|td|th)\b[^>]*>.*?</\1>|<[^>]*>",
    re.DOTALL,
)
PLACE = re.compile(r'<div class="fault"><code>([^<]*)</code>')
OWN_DAYS = (FILE, "/gallery/", "/ips/patient/", "/wallet")
PUBLIC_NAMES = re.compile(
    r"\b(racsel\.org|meta\.profile|attachment\.url|[\w.-]+\.(?:html|json|ipynb|md|tgz|txt|http))$"
)
"""Hosts, files and elements of FHIR that sentences name as their readers know them."""


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """Each page that somebody of each kind is shown, by who sees it where and in which language."""
    with lived() as running:
        return dict(pages(running))


def text_of(page: str) -> str:
    """What of a page a person reads at once, a line a block."""
    plain = HANGING.sub("\n", SHOWN_AS_IT_IS.sub(" ", page))
    return unescape(re.sub(r"<[^>]*>", "", plain))


def pages(event: Lived) -> Iterator[tuple[str, str]]:
    for who, places in {"facilitator": [*paths(), "overruling"], **SEEN_BY}.items():
        with event.asked(who) as client:
            client.cookies.update(event.cookies if who == "facilitator" else {})
            for path in places:
                place = event.places.get(path, path)
                for language in TRANSLATED:
                    sign = "&" if "?" in place else "?"
                    yield (
                        f"{who or 'visitor'} {place} {language}",
                        client.get(f"{place}{sign}lang={language}").text,
                    )


def ids_in(page: str) -> list[str]:
    # an element that a finding stands at is named again by its sentence
    named = {*PLACE.findall(page)}
    found = ID.findall(text_of(page))
    return [id for id in found if id not in named and not PUBLIC_NAMES.search(id)]


def faults_in(page: str) -> list[str]:
    return FAULT.findall(text_of(page))


def english_roles_in(page: str) -> list[str]:
    # the name that a standard gives an actor stands in brackets behind ours
    return [found[0] for found in ACTORS.finditer(BRACKETS.sub(" ", text_of(page)))]


def keys_in(page: str) -> list[str]:
    return [id for id in ID.findall(text_of(page)) if id.partition(".")[0] in rooms()]


@pytest.mark.parametrize("look", [ids_in, faults_in, english_roles_in, keys_in])
def test_no_page_shows_what_only_programs_call_things(
    shown: dict[str, str], look: Callable[[str], list[str]]
) -> None:
    found = {where: sorted(set(look(page))) for where, page in shown.items()}
    assert {where: names for where, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("page", "look", "found"),
    [
        ("<p>La pista mhd.source falla</p>", ids_in, ["mhd.source"]),
        ("<p>La pista <code>mhd.source</code> falla. Mira https://a.org/b.c.</p>", ids_in, []),
        (
            '<div class="fault"><code>name.use</code><b>name.use no es x.y</b></div>',
            ids_in,
            ["x.y"],
        ),
        ("<p>ConnectError: todo mal</p>", faults_in, ["ConnectError"]),
        (
            "<th>Document Source</th><td>Fuente (Document Source)</td>",
            english_roles_in,
            ["Document Source"],
        ),
        ("<p>pages.runs.none</p>", keys_in, ["pages.runs.none"]),
    ],
)
def test_what_is_looked_for_is_found(
    page: str, look: Callable[[str], list[str]], found: list[str]
) -> None:
    assert look(page) == found


def test_a_day_is_told_by_the_door_that_knows_the_zone(shown: dict[str, str]) -> None:
    """What a document says of its own days is its own, and a table of days has them as heads."""
    bare = {
        where: DAY.findall(NO_DAY.sub(" ", page))
        for where, page in shown.items()
        if not any(place in where for place in OWN_DAYS)
    }
    assert {where: days for where, days in bare.items() if days} == {}
