"""Test instances under way whose newest run did not pass: how often in a row, since when, and what
was found last, by system and what is tested of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sandbox.event.failed_checks import gravest
from sandbox.event.instance import UNDER_WAY
from sandbox.event.instances import Instances
from sandbox.findings import Finding, read_finding
from sandbox.store.attempts import Attempted, FindingLine
from sandbox.testbench.engine import ENDINGS

FAILING = ("fail", "error", "inconclusive")
"""Verdicts of a run with which no instance goes on."""
SAYING = (*FAILING, "pass", "warn", "review")
HOUR = 60 * 60 * 1000
OVERRULED = "overruled"


@dataclass(frozen=True, slots=True)
class Failing:
    """Attempts in a row that did not pass, the newest of them `run`: `lately` of the `tries` began
    within the last hour, the first `since` and the newest `last` (milliseconds since 1970).

    `check` is the bench test of which the finding is, both of the newest; empty and None where it
    says no more than that it did not pass.
    """

    instance: str
    test: str
    role: str
    track: str
    system: str
    run: str
    tries: int
    lately: int
    since: int
    last: int
    check: str = ""
    finding: Finding | None = None


def failing(attempts: Iterable[Attempted], *, now: int) -> Iterator[Failing]:
    """Yields what did not pass, by instance, role and track; a run that goes on, was cancelled or
    judged nothing neither counts nor ends a row.  Pure.

    Args:
        attempts: Those of one role and track together, the newest first.
        now: The moment, in milliseconds since 1970.
    """
    for _, tries in groupby(attempts, key=lambda one: (one.instance, one.role, one.track)):
        row = list(_in_a_row(tries))
        if row:
            newest = row[0]
            yield Failing(
                newest.instance,
                newest.test,
                newest.role,
                newest.track,
                newest.system,
                newest.run,
                tries=len(row),
                lately=sum(now - one.at < HOUR for one in row),
                since=row[-1].at,
                last=newest.at,
            )


def _in_a_row(tries: Iterable[Attempted]) -> Iterator[Attempted]:
    for one in tries:
        if one.state != "done" or one.verdict not in SAYING:
            continue
        if one.verdict not in FAILING:
            return
        yield one


def failing_at(instances: Instances, event: str) -> list[Failing]:
    """Returns what does not pass at an event, with what was found last; what a monitor has set
    aside does not count.

    Args:
        instances: Of all events.
        event: The id of the event.
    """
    store = instances.store
    found = list(failing(store.attempts.of(event, UNDER_WAY), now=instances.now()))
    ruled = set(store.with_line(event, OVERRULED)) if found else set()
    open_ones = [one for one in found if one.instance not in ruled or _fails(one, instances)]
    said = _said(store.attempts.findings_of([one.run for one in open_ones]))
    return [_with_finding(one, said.get(one.run, ())) for one in open_ones]


def _fails(one: Failing, instances: Instances) -> bool:
    """Tells whether a run fails with what monitors have put in the place of its verdicts."""
    results = instances.bench(instances.read(one.instance))
    return not any(result.run == one.run and result.is_passed for result in results)


def _said(lines: Iterable[FindingLine]) -> Mapping[str, Sequence[tuple[str, Finding]]]:
    """Returns what runs have found, each with the test that found it, by run."""
    said: dict[str, list[tuple[str, Finding]]] = {}
    for line in lines:
        record = json.loads(line.body)
        said.setdefault(line.run, []).append((record.pop("test"), read_finding(record)))
    return said


def _with_finding(one: Failing, said: Sequence[tuple[str, Finding]]) -> Failing:
    ended = (finding for _, finding in said if ENDINGS.get(finding.key) in FAILING)
    # where nothing was found wrong, why nothing could be judged is the cause
    worst = gravest([finding for _, finding in said]) or next(ended, None)
    for check, finding in said:
        if finding is worst:
            return replace(one, check=check, finding=finding)
    return one
