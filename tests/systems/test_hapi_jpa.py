"""The table of verdicts that were argued for HAPI's JPA server; `make systems` holds the servers against it."""

from __future__ import annotations

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.systems.agreement import argued

ROWS = argued()


@pytest.mark.parametrize("track", ROWS)
def test_every_test_of_a_track_has_a_row_with_its_argument(track: str) -> None:
    assert set(ROWS[track]) == {test.number for test in TRACKS[track].tests}
    assert all(len(why) > 20 for _, why in ROWS[track].values())


def test_a_third_of_the_rows_or_more_are_of_what_is_not_right() -> None:
    verdicts = [verdict for rows in ROWS.values() for verdict, _ in rows.values()]
    assert sum(verdict != "pass" for verdict in verdicts) * 3 >= len(verdicts)
