"""An event is lost with its machine, and comes back on an empty one by the script of `deploy/`, with a run that goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import postgres
from tests.bench.cluster import Cluster, partners, until
from tests.bench.event_restored import restored

WEB = ("serve", "--graders", "0")
AGREED = 600.0
"""Seconds in which an event is to be back."""
pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("postgres"),
]


def test_an_event_comes_back_on_an_empty_machine_and_goes_on(
    tmp_path: Path, postgres_database: str
) -> None:
    copy = tmp_path / "copy"
    with partners() as teams:
        lost = Cluster(tmp_path / "lost", postgres_database)
        lost.start("web", *WEB)
        lost.register("web", ["done", "halfway"], teams.base)
        done = lost.begin("web", "done")
        until(lambda: lost.is_over([done]))
        before = lost.client.get(f"{lost.addresses['web']}/api/runs/{done}/events").json()
        teams.takes = 60.0
        halfway = lost.begin("web", "halfway")
        until(lambda: "halfway" in teams.asked)
        backup = lost.run("data", "backup", str(copy))
        assert backup.returncode == 0, backup.stderr
        lost.close()  # with all that came behind the copy
        teams.takes = 0.0
        with postgres.running() as empty:
            url = empty.replace("/postgres?", "/event?")  # which is not there yet
            begin = time.monotonic()
            script = restored(copy, url, tmp_path / "there")
            assert script.returncode == 0, script.stderr
            assert halfway in script.stdout
            again = Cluster(tmp_path / "there", url)
            # a lease of the lost machine, which runs out by itself after half a minute
            again.change("UPDATE run_row SET leased_until = 1 WHERE leased_until > 0")
            again.start("web", *WEB)
            assert time.monotonic() - begin < AGREED
            after = again.client.get(f"{again.addresses['web']}/api/runs/{done}/events").json()
            assert after == before
            until(lambda: again.is_over([done, halfway]))
            assert again.faults([done, halfway]) == {
                "lost": 0,
                "ended twice": 0,
                "mixed attempts": 0,
            }
            again.close()
            # nothing is put over an event that is there
            twice = restored(copy, url, tmp_path / "another")
            assert twice.returncode != 0
