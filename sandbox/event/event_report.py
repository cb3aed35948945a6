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
from operator import attrgetter
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
    """Those of the teams that took part, and whatever else took part."""
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
    active = {part.team for _, part in accepted} - {""}
    met = {part.system for _, part in accepted}
    tests = _tallied(Counter(map(attrgetter("test", "state"), rows)))
    tracks = _tallied(Counter(map(attrgetter("track", "state"), rows)))
    by_test = {test.id: tests.get(test.id, {}) for test in plan.tests}
    by_track = {track.id: tracks.get(track.id, {}) for track in plan.tracks}
    by_hour = _by_hour(plan, rows)
    return EventReport(
        registered=len({system.team_id or system.team for system in known} - {""}),
        active=len(active),
        systems=len({one.name for one in known if one.team in active} | met),
        count=len(rows),
        by_state=_ordered(Counter(map(attrgetter("state"), rows))),
        verified_by_track={track: row.get("verified", 0) for track, row in by_track.items()},
        by_track=by_track,
        by_test=by_test,
        by_country=_by_country(accepted),
        by_day=_by_day(by_hour),
        busiest=_busiest(by_hour),
    )


def _by_country(accepted: Iterable[tuple[InstanceRow, PartRow]]) -> dict[str, Row]:
    # once for a country, however many of its systems take part
    states = {(part.country, row.id): row.state for row, part in accepted if part.country}
    tallies = _tallied(Counter((country, state) for (country, _), state in states.items()))
    return {country: tallies[country] for country in sorted(tallies)}


def _by_hour(plan: PlannedEvent, rows: Iterable[InstanceRow]) -> dict[str, Counter[str]]:
    """Returns how many instances of which state were begun in each hour of the event's zone."""
    zone = ZoneInfo(plan.zone)
    # a zone's hours begin on a quarter of an hour of UTC, so that one look at the zone serves all
    quarters = Counter((row.at // QUARTER_MS, row.state) for row in rows)
    hours: dict[int, Counter[str]] = {}
    for (quarter, state), count in quarters.items():
        hours.setdefault(quarter, Counter())[state] += count
    by_hour: dict[str, Counter[str]] = {}
    for quarter, states in hours.items():
        begun = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, tz=zone)
        by_hour.setdefault(begun.strftime("%Y-%m-%d %H:00"), Counter()).update(states)
    return by_hour


def _by_day(by_hour: Mapping[str, Counter[str]]) -> dict[str, Row]:
    days: dict[str, Counter[str]] = {}
    for hour, states in sorted(by_hour.items()):
        days.setdefault(hour[: len("2026-07-13")], Counter()).update(states)
    return {day: _ordered(states) for day, states in days.items()}


def _busiest(by_hour: Mapping[str, Counter[str]]) -> tuple[tuple[str, int], ...]:
    hours = {hour: states.total() for hour, states in by_hour.items()}
    # of equally busy hours the earlier one, so that the same event gives the same report
    return tuple(sorted(hours.items(), key=lambda item: (-item[1], item[0]))[:BUSIEST])


def _tallied(counts: Mapping[tuple[str, str], int]) -> dict[str, Row]:
    """Returns what was counted by name and state, by name."""
    tallies: dict[str, dict[str, int]] = {}
    for (name, state), count in counts.items():
        tallies.setdefault(name, {})[state] = count
    return {name: _ordered(states) for name, states in tallies.items()}


def _ordered(counts: Mapping[str, int]) -> Row:
    return {state: counts[state] for state in STATES if counts.get(state)}


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
