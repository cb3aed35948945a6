"""The results of an event: for each system and planned test what its instances came to, and from
that what the system has achieved in each of its roles.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from sandbox.event.instance import State
from sandbox.event.plan import PlannedEvent
from sandbox.event.systems import System, versions_of
from sandbox.store.instances import InstanceRow

Result = Literal["passed", "partly", "failed", "incomplete", "no_partner", "absent"]
"""What a system is told of a role, by Gazelle's words; *incomplete* was begun and never decided,
*absent* did not take part.
"""
RESULTS: tuple[Result, ...] = get_args(Result)
# What a system's instances of one test come to together: the best that any of them has reached.
RANK: tuple[State, ...] = (
    "verified",
    "partially",
    "failed",
    "critical",
    "to_verify",
    "started",
    "paused",
    "incomplete",
    "aborted",
)

PLACES = {state: place for place, state in enumerate(RANK)}

TO_DO = "to_do"
"""What nothing was begun of."""
BEGUN: State = "started"


def together(states: Collection[str]) -> str:
    """Returns what a system has reached in a planned test over all its roles: the least, since the
    test is done when each of them is; under way where it has begun some of them alone.

    Args:
        states: That of each role, or TO_DO.
    """
    begun = [cast("State", state) for state in states if state != TO_DO]
    if not begun:
        return TO_DO
    least = max(begun, key=PLACES.__getitem__)
    is_whole = len(begun) == len(states)
    # one that failed is told before what was not begun
    return least if is_whole or least == "failed" else max(least, BEGUN, key=PLACES.__getitem__)


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a planned test with a system in a role: the best state that an instance has
    reached, how many there are, and whom it met in those that were verified.
    """

    system: str
    test: str
    role: str
    state: State
    count: int
    verified: int
    accompanied: int
    """How many had a partner."""
    peers: tuple[str, ...]
    is_older: bool = False
    """Whether the state was reached by another version of the system than is registered now."""


@dataclass(frozen=True, slots=True)
class RoleResult:
    """What a system has achieved as an actor, over the required tests of the plan in which it has a
    role.
    """

    system: str
    team: str
    country: str
    track: str
    actor: str
    result: Result
    verified: int
    required: int
    older: int = 0
    """How many of the verified were of another version of the system than is registered now."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the required planned tests of a system are verified; a test in which it has
    several roles counts once, when it is verified in each of them.
    """

    done: int
    required: int


Versions = Mapping[str, str]
"""The version that is registered now, by system."""
NONE_KNOWN: Versions = {}
CellPlace = tuple[str, str, str]
"""System, planned test and role."""
Cells = Mapping[CellPlace, Cell]
"""What instances came to."""


def cells(rows: Iterable[InstanceRow], versions: Versions = NONE_KNOWN) -> dict[CellPlace, Cell]:
    """Returns what instances came to, by system, planned test and role.

    Args:
        rows: The instances.
        versions: The registered ones, by system.
    """
    rows_of: dict[CellPlace, list[InstanceRow]] = {}
    for row in rows:
        for place in _places(row):
            rows_of.setdefault(place, []).append(row)
    return {place: _cell(place, rows_of[place], versions) for place in sorted(rows_of)}


def cells_behind(
    before: Cells,
    changed: Iterable[InstanceRow],
    rows: Iterable[InstanceRow],
    versions: Versions,
) -> dict[CellPlace, Cell]:
    """Returns what instances came to, counted anew only where one of them has changed.

    Args:
        before: What they came to before that, with the same versions, in its order.
        changed: The instances that changed, as they were and as they are.
        rows: All instances as they are.
        versions: The registered ones, by system.
    """
    touched = {place for row in changed for place in _places(row)}
    tests = {test for _, test, _ in touched}
    met = cells((row for row in rows if row.test in tests), versions)
    anew = {place: met[place] for place in touched if place in met}
    kept = {
        place: anew.get(place, cell)
        for place, cell in before.items()
        if place not in touched or place in anew
    }
    return kept if anew.keys() <= kept.keys() else dict(sorted((kept | anew).items()))


def _places(row: InstanceRow) -> Iterator[CellPlace]:
    """Yields where an instance counts."""
    for part in row.parts:
        if part.standing == "accepted":
            yield part.system, row.test, part.role


def _cell(place: tuple[str, str, str], rows: Sequence[InstanceRow], versions: Versions) -> Cell:
    system, test, role = place
    state = min((cast("State", row.state) for row in rows), key=PLACES.__getitem__)
    best = [
        part.version
        for row in rows
        if row.state == state
        for part in row.parts
        if (part.system, part.role) == (system, role)
    ]
    verified = [row for row in rows if row.state == "verified"]
    peers = {part.system for row in verified for part in row.parts if part.standing == "accepted"}
    accompanied = sum(sum(part.standing == "accepted" for part in row.parts) > 1 for row in rows)
    return Cell(
        system,
        test,
        role,
        state=state,
        count=len(rows),
        verified=len(verified),
        accompanied=accompanied,
        peers=tuple(sorted(peers - {system})),
        # one that is registered no more is not known to be another
        is_older=system in versions and versions[system] not in best,
    )


def progress_of(
    plan: PlannedEvent, system: System, reached: Iterable[Cell], *, track: str = ""
) -> Progress:
    """Returns how many of its required planned tests a system has verified: what every page counts
    as its progress.

    Args:
        plan: The event, which says what is required.
        system: Whose tests.
        reached: What instances came to, of this system or of all.
        track: Of which track; empty for all.
    """
    verified = {
        (cell.test, cell.role)
        for cell in reached
        if (cell.system, cell.state) == (system.name, "verified")
    }
    asked: dict[str, set[tuple[str, str]]] = {}
    for test, role in plan.to_do(system.actors):
        if test.is_required and not test.waits and track in ("", test.track):
            asked.setdefault(test.id, set()).add((test.id, role.name))
    return Progress(sum(places <= verified for places in asked.values()), len(asked))


def role_results(
    plan: PlannedEvent,
    rows: Sequence[InstanceRow],
    systems: Iterable[System],
    reached: Cells | None = None,
) -> Iterator[RoleResult]:
    """Yields what each system has achieved in each actor that it declares, by track of the plan.

    Args:
        plan: The event, which says what is required.
        rows: Its instances.
        systems: Those that are registered.
        reached: What the instances came to, where that was counted already.
    """
    known = list(systems)
    if reached is None:
        reached = cells(rows, versions_of(known))
    for system in known:
        asked: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for test, role in plan.to_do(system.actors):
            if test.is_required and not test.waits:
                asked.setdefault((test.track, role.actor), []).append((test.id, role.name))
        for (track, actor), places in asked.items():
            tried = [
                cell for test, role in places if (cell := reached.get((system.name, test, role)))
            ]
            yield RoleResult(
                system.name,
                system.team,
                system.country,
                track,
                actor,
                _result(plan, tried, len(places)),
                verified=sum(cell.state == "verified" for cell in tried),
                required=len(places),
                older=sum(cell.state == "verified" and cell.is_older for cell in tried),
            )


def _result(plan: PlannedEvent, tried: Sequence[Cell], required: int) -> Result:
    """Returns what a role comes to, by the rule that the how-to for facilitators tells."""
    states = [cell.state for cell in tried]
    if states.count("verified") == required:
        return "passed"
    if "verified" in states or "partially" in states:
        return "partly"
    if "failed" in states:
        return "failed"
    if not tried:
        return "absent"
    has_partner = any(cell.accompanied or not plan.test(cell.test).partners for cell in tried)
    return "incomplete" if has_partner else "no_partner"
