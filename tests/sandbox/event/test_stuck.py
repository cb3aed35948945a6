"""Who is stuck: what failed, is not answered, goes on no more, or was never begun; and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.event.failing import HOUR, Failing
from sandbox.event.results import cells
from sandbox.event.stuck import Stuck, stuck
from sandbox.store.instances import InstanceRow, PartRow
from tests.sandbox.event.test_instances import EVENT
from tests.sandbox.event.test_unmet import ABROAD, SOURCE, played

NOW = 100 * HOUR
TRIED = Failing("i", "1.3", "source", "mhd.source", "chile-source", "r", 1, 1, 5, 5)
BOTH = (SOURCE, ABROAD)


def waits(*rows: InstanceRow, now: int = NOW) -> list[Stuck]:
    return stuck(EVENT, rows, BOTH, cells(rows).values(), now=now)


def row(state: str, *, changed: int = 0, standing: str = "accepted", id: str = "i") -> InstanceRow:
    return replace(played(state, standing=standing), id=id, changed=changed)


def test_a_failed_test_is_told_until_another_instance_brings_it_further() -> None:
    told = waits(row("failed", changed=5))
    assert [(found.cause, found.systems, found.instance) for found in told] == [
        ("failed", ("chile-source",), "i"),
        ("failed", ("peru-recipient",), "i"),
    ]
    assert told[0].since == 5
    for better in ("verified", "partially"):
        assert waits(row("failed"), row(better, changed=NOW, id="k")) == []


def test_what_does_not_pass_comes_first_by_how_often_and_is_told_once() -> None:
    often = replace(TRIED, instance="k", tries=4, since=9)
    now = NOW + 3 * HOUR
    told = stuck(
        EVENT, [row("started"), row("started", id="k"), row("failed", id="z")], BOTH, (), [TRIED, often], now=now
    )  # fmt: skip
    assert [(found.cause, found.instance) for found in told] == [("failing", "k"), ("failing", "i")]
    assert (told[0].systems, told[0].teams, told[0].failing) == (
        ("chile-source",),
        ("chile",),
        often,
    )
    assert (told[0].test, told[0].since) == ("1.3", 9)


def test_the_newest_failure_is_the_one_to_read() -> None:
    told = waits(row("failed", changed=5), row("failed", changed=9, id="newer"))
    assert {found.instance for found in told} == {"newer"}


@pytest.mark.parametrize(("age", "is_told"), [(HOUR - 1, False), (HOUR, True)])
def test_an_invitation_that_nobody_answers_is_told_with_who_does_not(
    age: int, is_told: bool
) -> None:
    told = [
        found
        for found in waits(row("started", changed=NOW - age, standing="invited"))
        if found.cause != "idle"
    ]
    assert bool(told) is is_told
    for found in told:
        assert (found.cause, found.systems, found.teams) == (
            "unanswered", ("peru-recipient",), ("peru",),
        )  # fmt: skip


@pytest.mark.parametrize("state", ["started", "paused"])
def test_what_goes_on_no_more_is_told_after_two_hours(state: str) -> None:
    assert waits(row(state, changed=NOW - 2 * HOUR + 1)) == []
    (found,) = waits(row(state, changed=NOW - 2 * HOUR))
    assert (found.cause, found.systems) == ("quiet", ("chile-source", "peru-recipient"))


@pytest.mark.parametrize("state", ["to_verify", "critical", "verified", "aborted", "incomplete"])
def test_what_waits_for_monitors_or_is_over_is_not_stuck(state: str) -> None:
    assert waits(row(state)) == []


def test_a_system_with_work_that_has_begun_nothing_is_told_last() -> None:
    alone = replace(
        row("failed"), parts=(PartRow("source", "chile-source", "chile", "CL", "accepted"),)
    )
    assert [(found.cause, found.systems) for found in waits(alone)] == [
        ("failed", ("chile-source",)),
        ("idle", ("peru-recipient",)),
    ]
    without_work = replace(ABROAD, actors=())
    assert stuck(EVENT, (), (without_work,), (), now=NOW) == []
