"""Where an instance under way is held up is told by its newest runs, its partners and its monitor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.event.standing import held_up
from sandbox.store.attempts import Attempted
from sandbox.store.instances import InstanceRow, PartRow
from tests.sandbox.event.test_instances import EVENT

PARTS = (
    PartRow("source", "source-cl", "chile", "CL", "accepted"),
    PartRow("recipient", "recipient-pe", "peru", "PE", "accepted"),
)
ROW = InstanceRow("i", "rehearsal", "1.3", "1", "started", 1, 2, 0, "", 0, PARTS)
TRY = Attempted("i", "1.3", "recipient", "fhir.basics", "r", "recipient-pe", 1, "done", "pass")


def told(row: InstanceRow, *tries: tuple[str, str], ruled: tuple[str, ...] = ()) -> str | None:
    """Where a row is held up, by the verdicts and states of its runs, the newest first."""
    attempts = [replace(TRY, verdict=verdict, state=state) for verdict, state in tries]
    return held_up(EVENT, [row], attempts, ruled).get(row.id)


@pytest.mark.parametrize(
    ("tries", "standing"),
    [
        ([], None),
        ([("pass", "done")], "ready"),
        ([("warn", "done"), ("fail", "done")], "ready"),
        ([("review", "done")], "ready"),
        ([("fail", "done"), ("pass", "done")], "failing"),
        ([("inconclusive", "done"), ("fail", "done")], "failing"),
        ([("", "cancelled"), ("fail", "done")], "failing"),
        ([("", "waiting"), ("fail", "done")], "waiting"),
        ([("", "running")], "waiting"),
        ([("skip", "done")], None),
    ],
)
def test_the_newest_run_says_how_it_stands(
    tries: list[tuple[str, str]], standing: str | None
) -> None:
    assert told(ROW, *tries) == standing


def test_what_lacks_a_partner_waits_for_one_and_is_not_ready() -> None:
    asked = replace(ROW, parts=(replace(PARTS[0], standing="invited"), PARTS[1]))
    assert told(asked, ("pass", "done")) == "alone"
    assert told(asked, ("fail", "done")) == "failing"


def test_what_was_sent_back_says_so_before_all_else() -> None:
    assert told(replace(ROW, waiting=5), ("fail", "done")) == "returned"


def test_nothing_is_told_of_what_is_not_under_way_or_was_ruled_otherwise() -> None:
    for state in ("paused", "to_verify", "verified", "failed"):
        assert told(replace(ROW, state=state, waiting=5), ("fail", "done")) is None
    assert told(ROW, ("fail", "done"), ruled=("i",)) is None
    assert told(replace(ROW, test="9.9", parts=()), ("pass", "done")) is None
