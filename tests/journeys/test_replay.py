"""An event plays by itself: its report is counted from evidence, and a right server changes its totals."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server
from sandbox.errors import PreconditionFailed
from sandbox.replay import play, shipped_script
from sandbox.replay.script import Script
from tests.recount import recount

pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.xdist_group("replay"),
]  # it is played once
COUNTED = ("registered", "active", "systems", "count", "by_state", "verified_by_track", "by_country")  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A replay that was played, and the folder that holds it."""

    folder: Path
    script: Script
    report: dict[str, Any]
    again: str
    """What a second replay at the same server is told."""

    @property
    def database(self) -> Path:
        return self.folder / "sandbox.db"


def played(folder: Path, script: Script) -> Kept:
    server = start_server({"CONNECTATHON_DATA": str(folder)})
    try:
        outcome = play(script, server.connection.url, tell=lambda *_: None)
        with pytest.raises(PreconditionFailed) as caught:
            play(script, server.connection.url, tell=lambda *_: None)
        return Kept(folder, script, dict(outcome.report), caught.value.key)
    finally:
        server.stop()


def report_of(kept: Kept) -> dict[str, Any]:
    """Asks a server over the same folder for the report, as a person who has a link."""
    from sandbox.clock import utc_now
    from sandbox.event.people import People
    from sandbox.store.partitions import Partitions
    from sandbox.store.runs import RunStore

    with closing(Partitions(kept.folder)) as partitions:
        people = People(RunStore(partitions.main), clock=utc_now)
        session = people.enter(people.link("Inés (simulada)"))
    server = start_server({"CONNECTATHON_DATA": str(kept.folder)})
    try:
        answer = httpx.get(
            f"{server.connection.url}/api/plans/{kept.script.id}/report",
            headers={"Authorization": f"Bearer {session}"},
        )
        return dict(answer.raise_for_status().json())
    finally:
        server.stop()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return played(tmp_path_factory.mktemp("replay"), shipped_script("lacpass-2023").small())


def without_zeros(counts: dict[str, Any]) -> dict[str, Any]:
    return {name: count for name, count in counts.items() if count}


def same(report: dict[str, Any], counted: dict[str, Any]) -> None:
    for name in COUNTED:
        told = report[name]
        assert (without_zeros(told) if isinstance(told, dict) else told) == counted[name], name
    assert without_zeros(report["by_test"]) == counted["by_test"]


def test_broken_systems_fail_by_what_the_bench_has_found(small: Kept) -> None:
    by_test = small.report["by_test"]
    # the Source of team B sends a wrong hash, the server of team C changes documents
    assert by_test["1.4"]["failed"] == 1
    assert by_test["1.8"]["failed"] == 2
    assert by_test["1.10"]["failed"] == 2
    assert by_test["1.2"] == {"verified": 3}
    # each ministry's component on LACChain is right
    assert by_test["2b.4"] == {"verified": 6}
    assert small.report["registered"] == 4
    assert small.report["active"] == 3


def test_the_report_is_what_another_program_counts_in_the_logs(small: Kept) -> None:
    counted = recount(small.database, small.script.id)
    same(small.report, counted)
    assert counted["verified_without_a_run_that_passed"] == []


def test_an_instance_less_is_one_less_in_report_and_recount(small: Kept, tmp_path: Path) -> None:
    # the others count what was played, in whatever order they run
    fewer = replace(small, folder=shutil.copytree(small.folder, tmp_path / "fewer"))
    before = recount(small.database, small.script.id)
    with closing(sqlite3.connect(fewer.database)) as connection, connection:
        (id,) = connection.execute("SELECT id FROM instance WHERE state = 'verified'").fetchone()
        connection.execute("DELETE FROM event WHERE run = ?", [f"@instance:{id}"])
        connection.execute("DELETE FROM instance_part WHERE instance = ?", [id])
        connection.execute("DELETE FROM instance WHERE id = ?", [id])
    after = recount(fewer.database, fewer.script.id)
    assert after["count"] == before["count"] - 1
    assert after["by_state"]["verified"] == before["by_state"]["verified"] - 1
    same(report_of(fewer), after)


def test_a_right_server_in_the_place_of_a_broken_one_changes_the_totals(
    small: Kept, tmp_path: Path
) -> None:
    teams = {**small.script.teams, "c": replace(small.script.teams["c"], server="")}
    mended = played(tmp_path / "mended", replace(small.script, teams=teams))
    assert mended.report["count"] == small.report["count"]
    assert mended.report["by_test"]["1.10"] == {"verified": 6}
    failed = small.report["by_state"]["failed"] - mended.report["by_state"]["failed"]
    assert failed == mended.report["by_state"]["verified"] - small.report["by_state"]["verified"]
    assert failed > 0


def test_a_sandbox_that_knows_people_is_left_alone(small: Kept) -> None:
    assert small.again == "replay.not_empty"
