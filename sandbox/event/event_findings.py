"""What the bench has found most often at an event, and which clauses many systems do not follow.
Pure.

Only runs that are attempts of instances count: rehearsals do not.  A finding counts once a run,
however many places it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.findings import Finding, read_finding
from sandbox.store.instances import FindingLine

WRONG = ("fatal", "error", "warning")
MANY = 3
"""From how many systems on a clause is told as one that practice does not follow."""


@dataclass(frozen=True, slots=True)
class FrequentFinding:
    """A finding by its key and clause: in how many runs, of which systems, and the first of them
    with the test that told it.
    """

    key: str
    clause: str
    runs: int
    systems: tuple[str, ...]
    example: Finding
    run: str
    test: str


@dataclass(frozen=True, slots=True)
class Practice:
    """A clause that many systems do not follow, with the first finding about it."""

    clause: str
    systems: tuple[str, ...]
    example: Finding
    run: str
    test: str


@dataclass(frozen=True, slots=True)
class _Told:
    run: str
    system: str
    test: str
    finding: Finding


def frequent_findings(lines: Iterable[FindingLine]) -> list[FrequentFinding]:
    """Returns what was found to be wrong, the most frequent first."""
    groups: dict[tuple[str, str], list[_Told]] = {}
    for told in _told(lines):
        groups.setdefault((told.finding.key, told.finding.clause), []).append(told)
    found = [
        FrequentFinding(
            key,
            clause,
            runs=len({told.run for told in group}),
            systems=tuple(sorted({told.system for told in group})),
            example=group[0].finding,
            run=group[0].run,
            test=group[0].test,
        )
        for (key, clause), group in groups.items()
    ]
    # of equally frequent ones the first by key, so that the same event gives the same report
    return sorted(found, key=lambda row: (-row.runs, -len(row.systems), row.key, row.clause))


def practice(lines: Iterable[FindingLine]) -> list[Practice]:
    """Returns the clauses that MANY systems or more do not follow, those of most systems first."""
    groups: dict[str, list[_Told]] = {}
    for told in _told(lines):
        if told.finding.clause:
            groups.setdefault(told.finding.clause, []).append(told)
    rows = [
        Practice(clause, systems, group[0].finding, group[0].run, group[0].test)
        for clause, group in groups.items()
        if len(systems := tuple(sorted({told.system for told in group}))) >= MANY
    ]
    return sorted(rows, key=lambda row: (-len(row.systems), row.clause))


def _told(lines: Iterable[FindingLine]) -> Iterator[_Told]:
    for line in lines:
        body: dict[str, Any] = json.loads(line.body)
        if body.get("severity") in WRONG:
            test = str(body.pop("test"))
            yield _Told(line.run, line.system, test, read_finding(body))
