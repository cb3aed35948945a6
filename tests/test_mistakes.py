"""Each of the twenty mistakes with wallets is made by a twin that tests tell from a right system, and each test tells one."""

from __future__ import annotations

import pytest

from sandbox.testbench.tracks import TRACKS
from tests import mistakes


def test_the_table_is_as_its_twins() -> None:
    assert mistakes.PAGE.read_text(encoding="utf-8") == mistakes.page()


def test_each_of_twenty_mistakes_has_a_twin_that_does_not_pass() -> None:
    rows = mistakes.mistakes()
    assert len(rows) == 20
    for row in rows:
        told = [
            mistakes.told_of(track, twin)[0]
            for track, twins in row["twins"].items()
            for twin in twins
        ]
        assert set(told) & {"fail", "warn"}, row["text"]


@pytest.mark.parametrize("track", mistakes.EXPECTATIONS)
def test_each_test_of_a_track_has_a_twin_that_does_not_pass_it(track: str) -> None:
    caught = {
        number
        for row in mistakes.expected(track).values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    assert {test.number for test in TRACKS[track].tests} <= caught
