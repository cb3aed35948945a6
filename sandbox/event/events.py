"""The events that a sandbox keeps: once loaded, what is kept rules, and a file only proposes.

A planned test that is being played is never dropped, and its roles stay: instances refer to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from sandbox.clock import Clock
from sandbox.errors import BadRequest, Conflict, InvalidEvent, NotFound, PreconditionFailed
from sandbox.event.event_file import (
    read_event,
    shipped_events,
    table_of,
    write_event,
)
from sandbox.event.plan import PlannedEvent, PlannedTest
from sandbox.event.plan_rules import LONGEST_EVENT, YEARS, faults_of
from sandbox.event.tables import leaves_of
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.database import Database
from sandbox.store.instances import InstanceStore, Wanted
from sandbox.store.planned_events import PlannedEventRow, PlannedEventStore
from sandbox.store.runs import hash_of

IsUsed = Callable[[str, str], bool]
"""Tells whether a planned test, by event and number, has instances."""
# every page about an event asks for it, and a file of 60 kB takes a tenth of a second
_read = lru_cache(maxsize=32)(read_event)


@dataclass(frozen=True, slots=True)
class Change:
    """What a file would change at a place of a plan, each value as text; `kept` is what it lacks
    and what stays all the same, since it is being played.
    """

    kind: Literal["added", "removed", "changed", "kept"]
    place: str
    before: str = ""
    after: str = ""


def used_in(instances: InstanceStore) -> IsUsed:
    """Returns what tells by the instances of an event which of its tests are being played."""

    def is_used(event: str, test: str) -> bool:
        return instances.page(Wanted(event, test=test), limit=1).total > 0

    return is_used


@dataclass(frozen=True, slots=True)
class Listed:
    """An event with where it stands: kept here or only shipped, and whether it runs now."""

    event: PlannedEvent
    is_loaded: bool
    is_current: bool


def zone_of_now(database: Database) -> str:
    """Returns the time zone of the event that runs now; UTC where none does."""
    row = PlannedEventStore(database).current()
    return _read(row.body).zone if row else "UTC"


class Events:
    """Finds and keeps the plans of events; others may write to the same store meanwhile."""

    def __init__(self, store: PlannedEventStore, *, is_used: IsUsed, clock: Clock) -> None:
        self._store = store
        self._is_used = is_used
        self._clock = clock

    def listed(self) -> list[Listed]:
        """Returns the events that are kept and those that come with the project, the newest
        first.
        """
        rows = self._store.rows()
        kept = {row.id for row in rows}
        listed = [
            Listed(_read(row.body), is_loaded=True, is_current=row.is_current) for row in rows
        ]
        listed += [
            Listed(self.find(id), is_loaded=False, is_current=False)
            for id in shipped_events()
            if id not in kept
        ]
        return sorted(listed, key=lambda row: (row.event.first, row.event.id), reverse=True)

    @property
    def current(self) -> str:
        """The id of the event that runs now; empty where none does."""
        return next((row.id for row in self._store.rows() if row.is_current), "")

    def find(self, id: str) -> PlannedEvent:
        """Returns an event by its id, the one that runs now for an empty id.

        One that comes with the project is found before it is loaded, as its file has it.

        Raises:
            NotFound: There is none of that id, or none runs now; it says which there are.
        """
        rows = self._store.rows()
        for row in rows:
            if row.id == id or (not id and row.is_current):
                return _read(row.body)
        if id in shipped_events():
            return _read(shipped_events()[id].read_text(encoding="utf-8"))
        known = ", ".join(sorted({*shipped_events(), *(row.id for row in rows)}))
        key = "plan.no_event" if id else "plan.none_current"
        raise NotFound(key, where=id, id=id[:60], known=known)

    def propose(self, event: PlannedEvent) -> tuple[PlannedEvent, list[Change]]:
        """Returns what would be kept if an event were loaded, and how it differs from what is.

        Raises:
            Conflict: A test that is being played would lose a role, or its actor.
            InvalidEvent: What must stay does not fit the rest.
        """
        before = self._before(event.id)
        if before is None:
            return event, [Change("added", event.id)]
        used = [test for test in before.tests if self._is_used(event.id, test.id)]
        merged = _with_tests(event, before, used)
        if merged != event and (faults := faults_of(merged)):
            raise InvalidEvent(faults)
        ids = {test.id for test in event.tests}
        kept = [Change("kept", f"tests[{test.id}]") for test in used if test.id not in ids]
        if self._store.read(event.id) is None:
            return merged, [Change("added", event.id), *kept]
        return merged, [*changes_between(before, merged), *kept]

    def load(self, event: PlannedEvent, *, tag: str = "") -> list[Change]:
        """Keeps an event, in the place of the one of its id; returns what has changed.

        Args:
            event: What is to be kept.
            tag: Of which state of the event the writer knows, as `tag_of` has it; empty for any.

        Raises:
            Conflict, InvalidEvent: As `propose` does.
            PreconditionFailed: Somebody else has changed it meanwhile.
        """
        row = self._store.read(event.id)
        if tag:
            _check_tag(_read(row.body) if row else self.find(event.id), tag)
        return self._keep(event, row)

    def change(
        self, id: str, change: Callable[[PlannedEvent], PlannedEvent], *, tag: str = ""
    ) -> list[Change]:
        """Keeps an event as a change makes it of what is kept; returns what has changed.

        Args:
            id: The event; one that is only shipped is loaded by this.
            change: Makes the new state of the one before.
            tag: Of which state the writer knows; empty for any.

        Raises:
            NotFound: There is no such event.
            Conflict, InvalidEvent: As `propose` does.
            PreconditionFailed: Somebody else has changed it meanwhile.
        """
        row = self._store.read(id)
        before = _read(row.body) if row else self.find(id)
        if tag:
            _check_tag(before, tag)
        after = change(before)
        if faults := faults_of(after):
            raise InvalidEvent(faults)
        return self._keep(after, row)

    def _keep(self, event: PlannedEvent, row: PlannedEventRow | None) -> list[Change]:
        """Keeps an event where the store still holds the row that was read."""
        merged, changes = self.propose(event)
        if all(change.kind == "kept" for change in changes):
            return changes
        now = milliseconds_of(self._clock())
        before = row.body if row else None
        if not self._store.write(event.id, write_event(merged), at=now, before=before):
            raise PreconditionFailed("plan.moved_on", where=event.id, id=event.id)
        return changes

    def mark(self, id: str) -> PlannedEvent:
        """Makes an event that is loaded the one that runs now.

        Raises:
            NotFound: It is not loaded; the error names those that are.
        """
        kept = {row.id: row.body for row in self._store.rows()}
        if id not in kept:
            known = ", ".join(kept) or "–"
            raise NotFound("plan.not_loaded", where=id, id=id[:60], known=known)
        self._store.mark(id)
        return _read(kept[id])

    def _before(self, id: str) -> PlannedEvent | None:
        """Returns what instances may refer to: what is kept, or what came with the project."""
        row = self._store.read(id)
        if row is None and id not in shipped_events():
            return None
        return self.find(id)


def tag_of(event: PlannedEvent) -> str:
    """Returns what tells a state of an event from every other (RFC 9110 8.8.3, without quotes)."""
    return hash_of(write_event(event).encode())[:32]


def _check_tag(event: PlannedEvent, tag: str) -> None:
    if tag != tag_of(event):
        raise PreconditionFailed("plan.moved_on", where=event.id, id=event.id)


def next_event(template: PlannedEvent, id: str, *, first: date, days: int) -> PlannedEvent:
    """Returns the next event of a kind: agenda and registration move with the first day, and a year
    in the titles with the year.

    Args:
        template: The event before.
        id: That of the new one.
        first: Its first day.
        days: How many it lasts; what the agenda has behind them is left out.

    Raises:
        BadRequest: So many days no event lasts.
        InvalidEvent: The id is none.
    """
    if not 1 <= days <= LONGEST_EVENT:
        raise BadRequest("plan.bad_days", where="days", found=days, most=LONGEST_EVENT)
    if first.year not in YEARS:
        raise BadRequest("plan.no_year", where="first", found=first.year)
    shift = first - template.first
    last = first + timedelta(days - 1)
    agenda = [replace(item, start=item.start + shift) for item in template.agenda]
    until = template.registration_until
    title = {
        tag: text.replace(str(template.first.year), str(first.year))
        for tag, text in template.title.items()
    }
    event = replace(
        template,
        id=id,
        title=title,
        first=first,
        last=last,
        agenda=tuple(item for item in agenda if item.start.date() <= last),
        registration_until=until + shift if until else None,
    )
    if faults := faults_of(event):
        raise InvalidEvent(faults)
    return event


def changes_between(before: PlannedEvent, after: PlannedEvent) -> Iterator[Change]:
    """Yields what differs between two states of an event, by place."""
    old = dict(leaves_of(table_of(before)))
    new = dict(leaves_of(table_of(after)))
    for place in dict.fromkeys((*old, *new)):
        if place not in new:
            yield Change("removed", place, old[place])
        elif place not in old:
            yield Change("added", place, after=new[place])
        elif old[place] != new[place]:
            yield Change("changed", place, old[place], new[place])


def _with_tests(event: PlannedEvent, before: PlannedEvent, used: list[PlannedTest]) -> PlannedEvent:
    """Returns an event with what is being played: the tests that it lacks, and their tracks."""
    tests = {test.id: test for test in event.tests}
    for test in used:
        _check_roles(test, tests.get(test.id, test))
    lacking = [test for test in used if test.id not in tests]
    tracks = {track.id for track in event.tracks}
    needed = {test.track for test in lacking} - tracks
    return replace(
        event,
        tracks=(*event.tracks, *(track for track in before.tracks if track.id in needed)),
        tests=(*event.tests, *lacking),
    )


def _check_roles(played: PlannedTest, proposed: PlannedTest) -> None:
    roles = {role.name: role.actor for role in proposed.roles}
    for role in played.roles:
        if roles.get(role.name) != role.actor:
            place = f"tests[{played.id}].roles[{role.name}]"
            raise Conflict("plan.role_in_use", where=place, place=place, actor=role.actor)
