"""HAPI's JPA server gets the verdicts that were argued for it, in the version of 2023 and of today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.conftest import HAPI_JPA
from tests.systems.agreement import argued, disagreements, hapi_jpa

ROWS = argued()


@pytest.fixture(scope="session", params=HAPI_JPA)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """One server at a time, started once a session."""
    with hapi_jpa(request.param) as address:
        yield address


@pytest.mark.slow
@pytest.mark.needs("hapi-jpa")
@pytest.mark.xdist_group("hapi-jpa")
@pytest.mark.parametrize("track", ROWS)
def test_verdicts_are_those_that_were_argued(track: str, server: str, tmp_path: Path) -> None:
    assert disagreements(track, server, tmp_path) == []


@pytest.mark.parametrize("track", ROWS)
def test_every_test_of_a_track_has_a_row_with_its_argument(track: str) -> None:
    assert set(ROWS[track]) == {test.number for test in TRACKS[track].tests}
    assert all(len(why) > 20 for _, why in ROWS[track].values())


def test_a_third_of_the_rows_or_more_are_of_what_is_not_right() -> None:
    verdicts = [verdict for rows in ROWS.values() for verdict, _ in rows.values()]
    assert sum(verdict != "pass" for verdict in verdicts) * 3 >= len(verdicts)
