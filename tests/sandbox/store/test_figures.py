"""Of each kind of job those are counted that nobody is at, and since when the oldest of them waits."""

from __future__ import annotations

from sandbox.store.database import Database
from sandbox.store.desk import DeskStore, HandInRow
from sandbox.store.figures import Waiting, figures_of
from sandbox.store.notices import NoticeRow, NoticeStore
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_jobs import database
from tests.sandbox.store.test_run_rows import Rows, add

__all__ = ["database"]


def test_what_waits_is_counted_by_kind_with_the_oldest(database: Database) -> None:
    rows = Rows(database, RunStore(database))
    desk, notices = DeskStore(database), NoticeStore(database)
    assert {*figures_of(database).waiting.values()} == {Waiting(0, 0)}
    for number in (1, 2):
        add(rows, f"r{number}", at=300 + number, system=f"s{number}")
        desk.add(HandInRow(f"h{number}", "lesson-01", "Peru", 100 * number, "queued", {}, {}))
        # the second to one subscriber waits for the first, and is counted all the same
        notices.add(NoticeRow(f"n{number}", "ours", 200 + number, "run.ended", "{}"))
    desk.take(now=400, seconds=600, most=3, given_up={})
    assert figures_of(database).waiting == {
        "run": Waiting(2, 301),
        "grading": Waiting(1, 200),
        "notice": Waiting(2, 201),
    }
