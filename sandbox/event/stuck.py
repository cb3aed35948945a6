"""Who is stuck at an event: systems and test instances with which nothing goes on, or whose newest
run did not pass.  Pure.

It looks at all instances, and says of each cause the one that lasts longest first; of what does not
pass, what was tried most often in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.event.failing import HOUR, Failing
from sandbox.event.plan import PlannedEvent
from sandbox.event.results import Cell
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow

Cause = Literal["failing", "failed", "unanswered", "quiet", "idle"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""What a system or instance waits in: its newest run did not pass; its test was decided as failed
and not tried again with more success; a partner was asked and has not answered; nothing has
happened; it has begun nothing at all.
"""
UNANSWERED = HOUR
QUIET = 2 * HOUR
OPEN = ("started", "paused")


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that does not go on: of which systems, in which planned test and instance where
    there is one, since when (milliseconds since 1970, 0 where nothing ever began), and of one that
    does not pass how its runs went.
    """

    cause: Cause
    systems: tuple[str, ...]
    teams: tuple[str, ...]
    test: str = ""
    instance: str = ""
    since: int = 0
    failing: Failing | None = None


def stuck(
    plan: PlannedEvent,
    rows: Sequence[InstanceRow],
    systems: Iterable[System],
    reached: Iterable[Cell],
    failing: Iterable[Failing] = (),
    *,
    now: int,
) -> list[Stuck]:
    """Returns what does not go on, by cause in the order of CAUSES, the longest first.

    Args:
        plan: The event.
        rows: All its instances.
        systems: Those that are registered.
        reached: What each system has reached in each planned test.
        failing: What does not pass in instances under way.
        now: The moment, in milliseconds since 1970.
    """
    known = {system.name: system for system in systems}
    tried = [_failing(one, known) for one in failing]
    told = {one.instance for one in tried}
    waits = [
        *tried,
        *_failed(rows, reached, known),
        *_quiet((row for row in rows if row.id not in told), known, now),
        *_idle(plan, rows, known),
    ]
    return sorted(waits, key=_rank)


def _rank(one: Stuck) -> tuple[object, ...]:
    tries = one.failing.tries if one.failing else 0
    return CAUSES.index(one.cause), -tries, one.since, one.systems


def _failing(one: Failing, known: Mapping[str, System]) -> Stuck:
    team = known[one.system].team if one.system in known else ""
    return Stuck("failing", (one.system,), (team,), one.test, one.instance, one.since, one)


def _failed(
    rows: Sequence[InstanceRow], reached: Iterable[Cell], known: Mapping[str, System]
) -> Iterator[Stuck]:
    newest: dict[tuple[str, str], InstanceRow] = {}
    for row in rows:
        for part in row.parts:
            place = (part.system, row.test)
            if row.state == "failed" and (
                place not in newest or newest[place].changed < row.changed
            ):
                newest[place] = row
    for cell in reached:
        row_of_it = newest.get((cell.system, cell.test))
        # the cell says the best of all: one that was verified elsewhere is no matter
        if cell.state == "failed" and row_of_it and cell.system in known:
            yield Stuck(
                "failed",
                (cell.system,),
                (known[cell.system].team,),
                cell.test,
                row_of_it.id,
                row_of_it.changed,
            )


def _quiet(rows: Iterable[InstanceRow], known: Mapping[str, System], now: int) -> Iterator[Stuck]:
    for row in rows:
        if row.state not in OPEN:
            continue
        invited = [part.system for part in row.parts if part.standing == "invited"]
        concerned = invited or [part.system for part in row.parts if part.standing == "accepted"]
        age = now - row.changed
        if age >= (UNANSWERED if invited else QUIET):
            teams = tuple(dict.fromkeys(known[name].team for name in concerned if name in known))
            cause: Cause = "unanswered" if invited else "quiet"
            yield Stuck(cause, tuple(concerned), teams, row.test, row.id, row.changed)


def _idle(
    plan: PlannedEvent, rows: Iterable[InstanceRow], known: Mapping[str, System]
) -> Iterator[Stuck]:
    active = {part.system for row in rows for part in row.parts if part.standing == "accepted"}
    for system in known.values():
        has_work = any(not test.waits for test, _ in plan.to_do(system.actors))
        if has_work and system.name not in active:
            yield Stuck("idle", (system.name,), (system.team,))
