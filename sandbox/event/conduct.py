"""What facilitators have decided of an event while it runs: which checks count, whether its results
are confirmed and published.  Each decision is a line of the event's own log, `@event:ID`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import PreconditionFailed
from sandbox.event.identity import NOBODY, Person
from sandbox.event.plan import PlannedEvent, PlannedTest, bench_tests
from sandbox.event.published import Published
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import Event, RunStore
from sandbox.testbench.fingerprint import fingerprint
from sandbox.testbench.script import Test
from sandbox.testbench.tracks import TRACKS

LOG = "@event:"
Checks = Mapping[str, tuple[str, ...]]
"""The fingerprints by which a bench test counts, by its id, the newest last."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, and when, in milliseconds since 1970."""

    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Confirmed(Decision):
    """Results as a facilitator has confirmed them."""

    results: Published


@dataclass(frozen=True, slots=True)
class Conduct:
    """What was decided of an event so far."""

    checks: Checks = field(default_factory=dict)
    confirmed: Confirmed | None = None
    published: Decision | None = None
    """Who published the confirmed results; None where nobody did, or they were withdrawn."""
    last: int = -1
    """The number of the last line that was read."""


class Conducts:
    """Reads and writes the logs of events."""

    def __init__(self, logs: RunStore, *, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def read(self, event: str) -> Conduct:
        """Returns what was decided of an event."""
        return read_conduct(self._logs.events(f"{LOG}{event}"))

    def pin(self, event: str, planned: PlannedTest, person: Person) -> None:
        """Has the checks of a planned test count as they are now, those that none counts for yet:
        what is begun is judged to its end by what it was begun with.
        """
        # before anything is run, so that no result is older than what it counts by
        known = self.read(event)
        lacking = {
            test.id: fingerprint(test)
            for test in bench_tests_of([planned])
            if test.id not in known.checks
        }
        if lacking:
            self._append(event, "pinned", {"checks": lacking}, person)

    def adopt(self, plan: PlannedEvent, person: Person, tests: Sequence[str] = ()) -> list[str]:
        """Has changed checks count from now on, beside those by which results were found; returns
        the ids of the bench tests.

        Args:
            plan: The event.
            person: Who decides so.
            tests: Which of them; all for none.
        """
        checks = {
            change.test: change.now
            for change in changes(plan, self.read(plan.id))
            if change.is_changed and (not tests or change.test in tests)
        }
        if checks:
            self._append(plan.id, "adopted", {"checks": checks}, person)
        return list(checks)

    def confirm(self, event: str, results: Published, person: Person) -> None:
        """Keeps results as confirmed."""
        self._append(event, "confirmed", {"results": asdict(results)}, person)

    def publish(self, event: str, person: Person) -> None:
        """Lets everybody read the confirmed results; raises PreconditionFailed for none."""
        if self.read(event).confirmed is None:
            raise PreconditionFailed("results.not_confirmed", where=event, id=event)
        self._append(event, "published", {}, person)

    def withdraw(self, event: str, person: Person) -> None:
        """Ends that everybody reads them."""
        if self.read(event).published is not None:
            self._append(event, "withdrawn", {}, person)

    def _append(self, event: str, kind: str, body: Mapping[str, Any], person: Person) -> None:
        who = {"by": person.name or NOBODY, "by_id": person.id}
        line = json.dumps({**body, **who}, ensure_ascii=False)
        self._logs.append(f"{LOG}{event}", [(kind, milliseconds_of(self._clock()), line)])


@dataclass(frozen=True, slots=True)
class Change:
    """A bench test of a plan: by which check it counts, by the newest of them, and as it is now."""

    test: str
    pinned: str
    now: str

    @property
    def is_changed(self) -> bool:
        """Whether what is found now does not count yet."""
        return bool(self.pinned) and self.pinned != self.now


def changes(plan: PlannedEvent, conduct: Conduct) -> list[Change]:
    """Returns the bench tests of a plan with the checks by which they count."""
    return [
        Change(test.id, _pin(conduct.checks.get(test.id, ()), fingerprint(test)), fingerprint(test))
        for test in bench_tests_of(plan.tests)
    ]


def bench_tests_of(planned: Iterable[PlannedTest]) -> list[Test]:
    """Returns the bench tests that planned tests ask for, each once."""
    tests: dict[str, Test] = {}
    for test in planned:
        for role in test.roles:
            for track, chosen in bench_tests(role):
                of_track = TRACKS[track].tests
                tests |= {one.id: one for one in of_track if not chosen or one.id in chosen}
    return list(tests.values())


def read_conduct(events: Iterable[Event]) -> Conduct:
    """Returns what the log of an event tells."""
    conduct = Conduct()
    for event in events:
        body = json.loads(event.body)
        conduct = replace(_after(conduct, event, body), last=event.number)
    return conduct


def _after(conduct: Conduct, event: Event, body: Mapping[str, Any]) -> Conduct:
    if event.kind in ("pinned", "adopted"):
        checks = dict(conduct.checks)
        for test, check in body["checks"].items():
            # the one that is adopted last is the newest, also where it counted before
            earlier = tuple(one for one in checks.get(test, ()) if one != check)
            checks[test] = (*earlier, check)
        return replace(conduct, checks=checks)
    if event.kind == "confirmed":
        confirmed = Confirmed(body["by"], event.at, Published.read(body["results"]))
        return replace(conduct, confirmed=confirmed)
    if event.kind == "published":
        return replace(conduct, published=Decision(body["by"], event.at))
    if event.kind == "withdrawn":
        return replace(conduct, published=None)
    return conduct


def _pin(checks: Sequence[str], now: str) -> str:
    """Returns the check that counts: that of now where it is among them, else the newest."""
    return now if now in checks else next(reversed(checks), "")
