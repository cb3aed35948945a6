"""What is drawn for a day: the same for the same word, and all of it in the course of days."""

from __future__ import annotations

import pytest

from sandbox.i18n import LANGUAGES
from tests import drawing

THINGS = [f"thing-{number}" for number in range(97)]
DAYS = [f"2026-12-{day:02}" for day in range(1, 32)]


def test_a_word_draws_the_same_again_and_in_order() -> None:
    part = drawing.drawn(THINGS, 32, by=DAYS[0])
    assert part == drawing.drawn(THINGS, 32, by=DAYS[0])
    assert len(set(part)) == 32
    assert part == sorted(part, key=THINGS.index)
    assert part != drawing.drawn(THINGS, 32, by=DAYS[1])
    assert drawing.drawn(THINGS, 1000, by=DAYS[0]) == THINGS


def test_in_a_month_everything_is_drawn() -> None:
    assert {thing for day in DAYS for thing in drawing.drawn(THINGS, 32, by=day)} == set(THINGS)
    languages = {thing for day in DAYS for thing in drawing.drawn(LANGUAGES, 1, by=day)}
    assert languages == set(LANGUAGES)


def test_a_share_does_not_depend_on_what_else_there_is() -> None:
    part = [thing for thing in THINGS if drawing.is_drawn(thing, share=0.25, by=DAYS[0])]
    assert 10 < len(part) < 40
    assert all(drawing.is_drawn(thing, share=0.25, by=DAYS[0]) for thing in part)
    assert part != [thing for thing in THINGS if drawing.is_drawn(thing, share=0.25, by=DAYS[1])]


def test_a_failure_says_how_to_draw_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(drawing.VARIABLE, "2026-12-24")
    drawing.word.cache_clear()
    try:
        assert drawing.word() == "2026-12-24"
        assert "CONNECTATHON_DRAW=2026-12-24" in drawing.repeat()
    finally:
        monkeypatch.undo()
        drawing.word.cache_clear()
