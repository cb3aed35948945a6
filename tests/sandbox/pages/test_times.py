"""Moments on pages: the event's time, and the reader's beside or on hover."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import LANGUAGES, say
from sandbox.pages.home import render
from sandbox.pages.times import Moment, Times, long_dates, plain_day
from tests.conftest import a_sandbox

NOON = datetime(2026, 7, 27, 17, 0, tzinfo=UTC)
HERE = Times("America/Panama")


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        milliseconds_of(NOON),
        "2026-07-27T17:00:00Z",
        "2026-07-27T14:00:00-03:00",
        "2026-07-27 12:00",
    ],
)
def test_however_a_moment_is_written_it_is_shown_in_the_time_of_the_event(moment: Moment) -> None:
    assert HERE.shown(moment, language="es") == (
        '<time datetime="2026-07-27T17:00:00Z" title="27 jul 2026, 17:00 UTC" data-own>'
        "27 jul 2026, 12:00</time>"
    )


def test_a_day_is_that_of_the_event() -> None:
    late = "2026-07-28T03:00:00Z"
    assert ">27 jul 2026</time>" in HERE.shown(late, "day", language="es")
    assert ">27 jul 2026, 22:00:00</time>" in HERE.shown(late, "second", language="es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_chosen_a_zone_reads_their_own_time_beside(language: str) -> None:
    shown = Times("America/Panama", own="America/Sao_Paulo").shown(NOON, language=language)
    here = {"en": "Jul 27, 2026", "es": "27 jul 2026", "pt": "27 de jul. de 2026"}[language]
    city = "Sao Paulo, Brazil" if language == "en" else "São Paulo, Brasil"
    assert f'title="{here}, 14:00 {city}">{here}, 12:00</time>' in shown
    assert f"({say('times.own', language, when='14:00')})" in shown


def test_nothing_stands_beside_where_both_clocks_show_the_same() -> None:
    assert "note" not in Times("America/Panama", own="America/Bogota").shown(NOON, language="es")


def test_the_offset_is_that_of_its_day() -> None:
    """Chile has another offset in July than in January."""
    chile = Times("America/Santiago")
    assert ">27 jul 2026, 13:00</time>" in chile.shown(NOON, language="es")
    assert ">27 ene 2026, 14:00</time>" in chile.shown("2026-01-27T17:00:00Z", language="es")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("2026-07-27T12:00", "2026-07-27T12:00:00-05:00"), ("soon", "soon"), ("", "")],
)
def test_what_is_typed_without_offset_is_meant_in_the_time_of_the_event(
    typed: str, meant: str
) -> None:
    assert HERE.entered(typed) == meant


def test_a_moment_within_a_sentence_stays_html_and_all_else_in_it_is_text() -> None:
    sample = {"gone": NOON, "kind": "document", "team": "<i>", "country": "", "when": NOON}
    page = render("sample_gone.html", "es", times=HERE, sample=sample, root="")
    assert "12:00</time>" in page
    assert "&lt;time" not in page
    assert "<i>" not in page


def test_how_long_ago_has_its_moment_on_hover() -> None:
    at = 1_785_000_000_000
    later = at + 3 * 3_600_000
    times = Times("America/Sao_Paulo", "America/Bogota")
    said = str(times.since(at, now=later, language="pt"))
    assert ">há 3 horas</time>" in said
    assert 'datetime="2026-07-25T17:20:00Z"' in said
    assert (
        'title="25 de jul. de 2026, 14:20 São Paulo, Brasil · 25 de jul. de 2026, 12:20 Bogotá, Colômbia"'
        in said
    )
    assert ">3 horas</time>" in str(times.since(at, now=later, language="es", is_span=True))
    # the reader's own clock does not overwrite the event's
    assert "data-own" not in str(Times("UTC").since(at, now=later, language="es"))
    assert str(times.since(0, now=later, language="es")) == "–"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "del 30 de noviembre al 2 de diciembre de 2026"),
        ("pt", "de 30 de novembro a 2 de dezembro de 2026"),
        ("en", "November 30 to December 2, 2026"),
        ("xx", "2026-11-30 – 2026-12-02"),
    ],
)
def test_the_days_of_an_event_are_told_with_their_year_once(language: str, said: str) -> None:
    assert long_dates(date(2026, 11, 30), date(2026, 12, 2), language) == said


def test_days_of_one_day_or_of_two_years_are_told_whole() -> None:
    assert long_dates(date(2026, 7, 27), date(2026, 7, 27), "es") == "lunes, 27 de julio de 2026"
    assert long_dates(date(2026, 12, 31), date(2027, 1, 2), "es").count(" de 202") == 2


def test_a_day_of_a_calendar_is_the_same_in_every_zone() -> None:
    assert plain_day("2026-12-02", "pt") == '<time datetime="2026-12-02">2 de dez. de 2026</time>'
    assert "<i>" not in plain_day("<i>", "es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_name_zones_in_words_and_offer_them_in_a_list(tmp_path: Path, language: str) -> None:
    with a_sandbox(tmp_path) as client:
        page = client.get(f"/time-zone?lang={language}").text
        country = "Brazil · Sao Paulo" if language == "en" else "Brasil · São Paulo"
        assert f'<option value="America/Sao_Paulo">{country}</option>' in page
        # one that CLDR has under another name, chosen before, stays chosen
        client.cookies.set("zone", "America/Buenos_Aires")
        chosen = client.get(f"/time-zone?lang={language}").text
        assert re.search(r'<option value="America/Buenos_Aires" selected>[^<]*Buenos Aires', chosen)
        assert "America/" not in re.sub("<[^>]+>", "", chosen)
