"""What a team has to do at an event: its systems with what is planned for each, what goes on, what
waits for the team, and the one thing that comes next.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.event.event_state import EventState
from sandbox.event.identity import TeamId
from sandbox.event.instance import WAITING
from sandbox.event.plan import PlannedEvent, PlannedTest, RoleInTest
from sandbox.event.results import TO_DO, Cell, Progress, progress_of, together
from sandbox.event.standing import is_returned
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow

Next = Literal["register", "answer", "mend", "returned", "start", "go_on", "meet"]
OPEN_FIRST = {"failed": 0, TO_DO: 2}
GOING = ("started", "paused", *WAITING)


@dataclass(frozen=True, slots=True)
class OwnRole:
    """A role of a planned test that a system has, and what it has reached in it so far."""

    role: RoleInTest
    state: str
    """That of its cell, or TO_DO where nothing was begun."""
    instance: str
    """The instance that changed last; empty for none."""


@dataclass(frozen=True, slots=True)
class Task:
    """A planned test of a system, with each role that it has in it."""

    test: PlannedTest
    roles: tuple[OwnRole, ...]

    @property
    def state(self) -> str:
        """What was reached over all roles, as the map of the event tells it."""
        return together([role.state for role in self.roles])


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A system with its progress and its tasks, the required ones first."""

    name: str
    progress: Progress
    required: tuple[Task, ...]
    optional: tuple[Task, ...]

    @property
    def done(self) -> tuple[Task, ...]:
        """The required tasks that are verified."""
        return tuple(task for task in self.required if task.state == "verified")

    @property
    def open(self) -> tuple[Task, ...]:
        """The required tasks that are not: what failed first, then what is under way."""
        tasks = [task for task in self.required if task.state != "verified"]
        return tuple(sorted(tasks, key=lambda task: OPEN_FIRST.get(task.state, 1)))


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do now, with the instance that it is about, or the task, its role and the
    system.
    """

    kind: Next
    instance: str = ""
    system: str = ""
    task: Task | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class OwnWork:
    """All that a team has to do."""

    systems: tuple[OwnSystem, ...]
    invited: tuple[InstanceRow, ...]
    """In which another team has asked one's system to take part."""
    returned: tuple[InstanceRow, ...]
    """Which a monitor has sent back."""
    running: tuple[InstanceRow, ...]
    failed: tuple[InstanceRow, ...]
    """Whose test no other instance has brought further."""
    step: NextStep


def own_work(current: EventState, team: TeamId) -> OwnWork:
    """Returns what a team has to do.

    Args:
        current: The event as it stands.
        team: Whose work.
    """
    own = [system for system in current.systems if team and system.team_id == team]
    rows = [
        row
        for row in sorted(current.rows, key=lambda row: -row.changed)
        if any(part.team == team and part.standing != "declined" for part in row.parts)
    ]
    invited = tuple(row for row in rows if row.state in GOING and _is_asked(row, team))
    returned = tuple(row for row in rows if is_returned(row) and row not in invited)
    needed = {row.id for row in (*invited, *returned)}
    running = tuple(row for row in rows if row.state in GOING and row.id not in needed)
    systems = tuple(_own(current.plan, system, rows, current.achieved.cells) for system in own)
    stuck = {
        role.instance
        for system in systems
        for task in _all(system)
        for role in task.roles
        if role.state == "failed"
    }
    failed = tuple(row for row in rows if row.id in stuck)
    ready = [row for row in running if _is_complete(row, current.plan)]
    work = OwnWork(systems, invited, returned, running, failed, NextStep("meet"))
    return replace(work, step=_next_step(work, ready))


def _is_complete(row: InstanceRow, plan: PlannedEvent) -> bool:
    """Tells whether an instance under way has a system in each role: it waits for no partner."""
    accepted = {part.role for part in row.parts if part.standing == "accepted"}
    # what was begun for a plan that has changed since is nobody's next step
    roles = next((test.roles for test in plan.tests if test.id == row.test), ())
    return row.state == "started" and bool(roles) and {role.name for role in roles} <= accepted


def _own(
    plan: PlannedEvent, system: System, rows: Sequence[InstanceRow], cells: Sequence[Cell]
) -> OwnSystem:
    reached = {(cell.test, cell.role): cell.state for cell in cells if cell.system == system.name}
    tasks: dict[str, Task] = {}
    for test, role in plan.to_do(system.actors):
        if not test.waits:
            state = reached.get((test.id, role.name), TO_DO)
            own = OwnRole(role, state, _newest(rows, test.id, role.name, system.name))
            before = tasks.get(test.id, Task(test, ()))
            tasks[test.id] = Task(test, (*before.roles, own))
    return OwnSystem(
        system.name,
        progress_of(plan, system, cells),
        tuple(task for task in tasks.values() if task.test.is_required),
        tuple(task for task in tasks.values() if not task.test.is_required),
    )


def _newest(rows: Iterable[InstanceRow], test: str, role: str, system: str) -> str:
    """Returns the first instance of a test with a system in a role; rows are the newest first."""
    for row in rows:
        parts = {(part.role, part.system) for part in row.parts if part.standing == "accepted"}
        if row.test == test and (role, system) in parts:
            return row.id
    return ""


def _next_step(work: OwnWork, ready: Sequence[InstanceRow]) -> NextStep:
    if not work.systems:
        return NextStep("register")
    if work.invited:
        return NextStep("answer", work.invited[0].id)
    if work.failed:
        return NextStep("mend", work.failed[0].id)
    if work.returned:
        return NextStep("returned", work.returned[0].id)
    # before another is begun: what nobody hands in is never verified
    if ready:
        return NextStep("go_on", ready[0].id)
    for system in work.systems:
        for task in system.required:
            for role in task.roles:
                if role.state == TO_DO:
                    return NextStep("start", "", system.name, task, role.role.name)
    mine = [row for row in work.running if row.state not in WAITING]
    return NextStep("go_on", mine[0].id) if mine else NextStep("meet")


def _all(system: OwnSystem) -> Iterator[Task]:
    yield from system.required
    yield from system.optional


def _is_asked(row: InstanceRow, team: TeamId) -> bool:
    return any(part.team == team and part.standing == "invited" for part in row.parts)
