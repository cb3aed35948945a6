"""Days, moments and zones in the words of each language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sandbox.calendars import day_in, moment_in, zone_in

DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("language", "with_year", "without"),
    [
        ("en", "Nov 30, 2026", "Nov 30"),
        ("es", "30 nov 2026", "30 nov"),
        ("pt", "30 de nov. de 2026", "30 de nov."),
        ("xx", "2026-11-30", "11-30"),
    ],
)
def test_a_day_is_said_in_the_language_of_the_reader(
    language: str, with_year: str, without: str
) -> None:
    assert day_in(language, DAY) == with_year
    assert day_in(language, DAY, has_year=False) == without
    assert moment_in(language, datetime(2026, 11, 30, 15, 46, tzinfo=UTC)) == f"{with_year}, 15:46"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Panama", "Panamá"),
        ("America/Sao_Paulo", "São Paulo, Brasil"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, Argentina"),
        ("America/Buenos_Aires", "Buenos Aires, Argentina"),
        ("UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_said_by_its_place(zone: str, words: str) -> None:
    assert zone_in("es", zone) == words


def test_a_zone_keeps_its_name_in_a_language_that_is_not_known() -> None:
    assert zone_in("xx", "America/Panama") == "America/Panama"
