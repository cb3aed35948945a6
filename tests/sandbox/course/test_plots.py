"""A plot says in text, picture and alternative the same numbers, and nothing where there are none."""

import pytest

from sandbox.course import ____, plot
from sandbox.course.blank import Blank
from sandbox.fhir.json import parse_json

VALUES = {"2023-11-14": 8.1, "2024-05-16": 7.2}


def test_text_picture_and_alternative_hold_every_number() -> None:
    drawn = plot(VALUES, "HbA1c (%)")
    for shown in (repr(drawn), drawn._repr_html_()):
        assert all(f"{label}" in shown and f"{value:g}" in shown for label, value in VALUES.items())
    assert 'aria-label="HbA1c (%): 2023-11-14: 8.1; 2024-05-16: 7.2"' in drawn._repr_html_()


def test_bars_are_as_long_as_their_numbers() -> None:
    long, short = repr(plot({"a": 40, "b": 10}, "n")).splitlines()[1:]
    assert (long.count("█"), short.count("█")) == (40, 10)


def test_numbers_as_the_server_wrote_them_are_drawn() -> None:
    assert "62.40" not in repr(plot(parse_json(b'{"kg": 62.40}'), "n"))
    assert "62.4" in repr(plot(parse_json(b'{"kg": 62.40}'), "n"))


def test_what_somebody_wrote_stays_text() -> None:
    assert "<b>" not in plot({"<b>": 1}, "<b>")._repr_html_()


@pytest.mark.parametrize("values", [____, {}, None, [1, 2]])
def test_nothing_is_drawn_where_there_are_no_numbers_yet(values: object) -> None:
    assert isinstance(plot(values, "n"), Blank)


def test_nothing_but_noughts_is_drawn_without_a_fault() -> None:
    assert "0" in repr(plot({"a": 0}, "n"))
