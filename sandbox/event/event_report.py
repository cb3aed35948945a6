"""The global report of an event, in the shape of the one that was published of 2023: who took part,
and what became of the test instances.  Pure.

Everything is counted from the instances; nothing is kept beside them.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.event.instance import STATES
from sandbox.event.matrix import harmless
from sandbox.event.plan import PlannedEvent
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow, PartRow

BUSIEST = 5
QUARTER_MS = 15 * 60 * 1000
Row = Mapping[str, int]
"""How many instances stand in which state."""


@dataclass(frozen=True, slots=True)
class EventReport:
    """What an event came to; `by_country` counts an instance for each country that takes part, so
    that its rows add up to more than `count`.
    """

    registered: int
    active: int
    systems: int
    count: int
    by_state: Row
    verified_by_track: Row
    by_track: Mapping[str, Row]
    by_test: Mapping[str, Row]
    by_country: Mapping[str, Row]
    by_day: Mapping[str, Row]
    """By the day, in the event's zone, on which they were begun."""
    busiest: tuple[tuple[str, int], ...]
    """The hours, in the event's zone, in which most instances were begun."""


def event_report(
    plan: PlannedEvent,
    rows: Sequence[InstanceRow],
    systems: Iterable[System],
) -> EventReport:
    """Returns the report of an event.

    Args:
        plan: The event; its tracks and tests are told also where nothing was begun.
        rows: All its instances.
        systems: Those that are registered.
    """
    known = list(systems)
    accepted = [(row, part) for row in rows for part in row.parts if part.standing == "accepted"]
    tests = _grouped((row.test, row) for row in rows)
    tracks = _grouped((row.track, row) for row in rows)
    by_test = {test.id: _counted(tests.get(test.id, ())) for test in plan.tests}
    by_track = {track.id: _counted(tracks.get(track.id, ())) for track in plan.tracks}
    by_hour = _by_hour(plan, rows)
    return EventReport(
        registered=len({system.team_id or system.team for system in known} - {""}),
        active=len({part.team for _, part in accepted} - {""}),
        systems=len(known),
        count=len(rows),
        by_state=_counted(rows),
        verified_by_track={track: row.get("verified", 0) for track, row in by_track.items()},
        by_track=by_track,
        by_test=by_test,
        by_country=_by_country(accepted),
        by_day=_by_day(by_hour),
        busiest=_busiest(by_hour),
    )


def _by_country(accepted: Iterable[tuple[InstanceRow, PartRow]]) -> dict[str, Row]:
    rows_of: dict[str, dict[str, InstanceRow]] = {}
    for row, part in accepted:
        if part.country:
            rows_of.setdefault(part.country, {})[row.id] = row
    return {country: _counted(rows.values()) for country, rows in sorted(rows_of.items())}


def _by_hour(plan: PlannedEvent, rows: Iterable[InstanceRow]) -> dict[str, list[InstanceRow]]:
    """Returns the instances by the hour of the event's zone in which they were begun."""
    zone = ZoneInfo(plan.zone)
    quarters: dict[int, list[InstanceRow]] = {}
    for row in rows:
        quarters.setdefault(row.at // QUARTER_MS, []).append(row)
    # a zone's hours begin on a quarter of an hour of UTC, so that one look at the zone serves all
    by_hour: dict[str, list[InstanceRow]] = {}
    for quarter, begun_then in quarters.items():
        begun = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, tz=zone)
        by_hour.setdefault(begun.strftime("%Y-%m-%d %H:00"), []).extend(begun_then)
    return by_hour


def _by_day(by_hour: Mapping[str, list[InstanceRow]]) -> dict[str, Row]:
    days = _grouped(
        (hour[: len("2026-07-13")], row) for hour, rows in by_hour.items() for row in rows
    )
    return {day: _counted(days[day]) for day in sorted(days)}


def _busiest(by_hour: Mapping[str, list[InstanceRow]]) -> tuple[tuple[str, int], ...]:
    hours = {hour: len(rows) for hour, rows in by_hour.items()}
    # of equally busy hours the earlier one, so that the same event gives the same report
    return tuple(sorted(hours.items(), key=lambda item: (-item[1], item[0]))[:BUSIEST])


def _grouped(pairs: Iterable[tuple[str, InstanceRow]]) -> dict[str, list[InstanceRow]]:
    groups: dict[str, list[InstanceRow]] = {}
    for name, row in pairs:
        groups.setdefault(name, []).append(row)
    return groups


def _counted(rows: Iterable[InstanceRow]) -> Row:
    counts = Counter(row.state for row in rows)
    return {state: counts[state] for state in STATES if counts[state]}


def as_csv(rows: Iterable[InstanceRow], titles: Mapping[str, str]) -> str:
    """Returns the instances of an event as CSV, a line each: the list behind every figure.

    Args:
        rows: The instances.
        titles: What the planned tests are called, by number.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["instance", "test", "title", "track", "state", "begun", "systems", "countries"]
    )
    for row in rows:
        parts = [part for part in row.parts if part.standing == "accepted"]
        begun = datetime.fromtimestamp(row.at / 1000, tz=ZoneInfo("UTC")).isoformat()
        words = [row.id, row.test, titles.get(row.test, row.test), row.track, row.state, begun]
        words += [" ".join(part.system for part in parts), " ".join(part.country for part in parts)]
        writer.writerow([harmless(word) for word in words])
    return text.getvalue()
