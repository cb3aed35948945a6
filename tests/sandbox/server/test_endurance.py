"""A little of `make endurance` at each run: killed servers lose nothing, crowds lose no update."""

import pytest

from tests.bench.endurance import crowd, kill

pytestmark = pytest.mark.daily("long", share=0.25)


@pytest.mark.slow
def test_a_server_killed_while_writing_loses_nothing_and_shows_no_half() -> None:
    figure, holds = kill(3)
    assert holds, figure


@pytest.mark.slow
def test_many_clients_lose_no_update_and_meet_no_fault() -> None:
    figure, holds = crowd(8, 1.5)
    assert holds, figure


@pytest.mark.slow
def test_the_crowd_would_tell_a_lost_update() -> None:
    figure, holds = crowd(8, 1.5, guarded=False)
    assert not holds, figure
