"""The work of monitors: what waits for whom, the next that somebody may take, and who has how much.

An assignment in the plan narrows a queue and lets nobody do anything: who may verify is a right.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.errors import Forbidden, NotFound, PreconditionFailed
from sandbox.event.identity import Person
from sandbox.event.instance import WAITING, Instance
from sandbox.event.instances import Instances
from sandbox.event.plan import Assignment, PlannedEvent
from sandbox.event.rights import allow
from sandbox.store.instances import Count, InstanceStore, Scope, Share, Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of the queue; what is empty does not narrow it.

    `is_mine` asks for what they are assigned to, which is everything for whom nobody has assigned;
    `is_free` for what no monitor looks at.
    """

    track: str = ""
    test: str = ""
    country: str = ""
    is_mine: bool = False
    is_free: bool = False


ALL = Asked()


@dataclass(frozen=True, slots=True)
class Load:
    """What a monitor is assigned to, has in work, and how often they have decided; `oldest` is when
    the one in work that waits longest began to wait, in milliseconds since 1970, 0 for none.

    `waiting` counts what nobody looks at of what they are assigned to.
    """

    name: str
    is_known: bool
    tracks: tuple[str, ...]
    tests: tuple[str, ...]
    countries: tuple[str, ...]
    in_work: int
    oldest: int
    waiting: int
    decided: int


@dataclass(frozen=True, slots=True)
class Loads:
    """The load of each monitor, and what waits although nobody is assigned to it."""

    monitors: tuple[Load, ...]
    unassigned: tuple[Count, ...]


def scope_of(plan: PlannedEvent, name: str) -> Scope | None:
    """Returns what a monitor is assigned to; None for everything, where nobody has assigned."""
    mine = [monitor for monitor in plan.monitors if monitor.name == name]
    scope = _together(mine)
    return scope if scope != Scope() else None


def wanted_of(plan: PlannedEvent, asked: Asked, person: Person) -> Wanted:
    """Returns what of an event waits for a monitor; what their own team takes part in is not among
    it.
    """
    return Wanted(
        plan.id,
        states=WAITING,
        track=asked.track,
        test=asked.test,
        country=asked.country,
        not_of=person.team_id,
        is_free=asked.is_free,
        within=scope_of(plan, person.name) if asked.is_mine else None,
    )


def take_next(
    instances: Instances, plan: PlannedEvent, person: Person, asked: Asked = ALL
) -> Instance:
    """Claims for a monitor what waits longest of what they ask for, the urgent before the rest.

    Raises:
        NotFound: Nothing waits that nobody looks at.
        Forbidden: The person is no monitor.
    """
    allow(person, "verify")
    free = Asked(asked.track, asked.test, asked.country, is_mine=asked.is_mine, is_free=True)
    for row in instances.store.waiting(wanted_of(plan, free, person)).rows:
        try:
            return instances.act(row.id, "claim", person)
        except (PreconditionFailed, Forbidden):
            # another monitor was faster, or the person has begun it: the next one, then
            continue
    raise NotFound("instances.queue_empty", where=plan.id)


def assigned(plan: PlannedEvent, assignment: Assignment) -> tuple[Assignment, ...]:
    """Returns the assignments of a plan with one in the place of what that monitor had; one of
    nothing takes it away.
    """
    others = [monitor for monitor in plan.monitors if monitor.name != assignment.name]
    is_some = assignment.tracks or assignment.tests or assignment.countries
    return tuple([*others, assignment] if is_some else others)


def loads(plan: PlannedEvent, store: InstanceStore, people: Iterable[Person]) -> Loads:
    """Returns who has how much to do at an event.

    Args:
        plan: The event with its assignments.
        store: Its instances.
        people: Those who are known; who is neither monitor nor assigned is left out.
    """
    known = {person.name: person for person in people}
    staff = [person.name for person in known.values() if person.role != "participant"]
    names = dict.fromkeys([*(monitor.name for monitor in plan.monitors), *sorted(staff)])
    shares = store.shares(Wanted(plan.id, states=WAITING))
    made = decisions(plan, store)
    rows = _rows(plan, names, known, (shares, made), store)
    return Loads(tuple(rows), tuple(store.counts(_unassigned(plan))))


def decisions(plan: PlannedEvent, store: InstanceStore) -> Counter[str]:
    """Returns how often each person has decided at an event, by their ids; a decision was made,
    whatever a team did with the instance afterwards.
    """
    return Counter(json.loads(body).get("by_id", "") for body in store.lines(plan.id, "decided"))


def alone(plan: PlannedEvent, store: InstanceStore) -> dict[str, str]:
    """Returns the instance of each planned test of which one alone waits although nobody is
    assigned to it, by the test; of many that wait, those that wait longest are looked through.
    """
    rows = store.waiting(_unassigned(plan)).rows
    often = Counter(row.test for row in rows)
    return {row.test: row.id for row in rows if often[row.test] == 1}


def _unassigned(plan: PlannedEvent) -> Wanted:
    return Wanted(plan.id, states=WAITING, is_free=True, outside=_together(plan.monitors))


def _rows(
    plan: PlannedEvent,
    names: Iterable[str],
    known: Mapping[str, Person],
    work: tuple[Sequence[Share], Mapping[str, int]],
    store: InstanceStore,
) -> Iterator[Load]:
    shares, made = work
    for name in names:
        person = known.get(name)
        in_work = [share for share in shares if person and share.monitor == person.id]
        scope = _together(monitor for monitor in plan.monitors if monitor.name == name)
        # whom nobody has assigned looks after everything
        within = scope if scope != Scope() else None
        wanted = Wanted(plan.id, states=WAITING, is_free=True, within=within)
        yield Load(
            name,
            is_known=person is not None,
            tracks=tuple(scope.tracks),
            tests=tuple(scope.tests),
            countries=tuple(scope.countries),
            in_work=sum(share.count for share in in_work),
            oldest=min((share.oldest for share in in_work), default=0),
            waiting=sum(count.count for count in store.counts(wanted)),
            decided=made[person.id] if person else 0,
        )


def _together(monitors: Iterable[Assignment]) -> Scope:
    several = list(monitors)
    return Scope(
        tuple(track for monitor in several for track in monitor.tracks),
        tuple(test for monitor in several for test in monitor.tests),
        tuple(country for monitor in several for country in monitor.countries),
    )
