"""What the bench has found most often at an event, and which clauses many systems do not follow.
Pure.

Only runs that are attempts of instances count: rehearsals do not.  A finding counts once a run,
however many places it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.findings import Finding, read_finding
from sandbox.store.attempts import FindingLine

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
class Found:
    """What the bench has found at an event, by frequency, and the clauses that many do not
    follow.
    """

    frequent: tuple[FrequentFinding, ...]
    practice: tuple[Practice, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding as it was written down; what is no example need not be read further."""

    run: str
    system: str
    record: Mapping[str, Any]

    @property
    def example(self) -> Finding:
        return read_finding({name: part for name, part in self.record.items() if name != "test"})


def found_in(lines: Iterable[FindingLine]) -> Found:
    """Returns what was found to be wrong, the most frequent first."""
    told = list(_told(lines))
    by_key: dict[tuple[str, str], list[_Told]] = {}
    by_clause: dict[str, list[_Told]] = {}
    for one in told:
        clause = str(one.record["clause"])
        by_key.setdefault((str(one.record["key"]), clause), []).append(one)
        if clause:
            by_clause.setdefault(clause, []).append(one)
    frequent = [
        FrequentFinding(
            key,
            clause,
            runs=len({one.run for one in group}),
            systems=_systems(group),
            example=group[0].example,
            run=group[0].run,
            test=str(group[0].record["test"]),
        )
        for (key, clause), group in by_key.items()
    ]
    practice = [
        Practice(clause, systems, group[0].example, group[0].run, str(group[0].record["test"]))
        for clause, group in by_clause.items()
        if len(systems := _systems(group)) >= MANY
    ]
    # of equally frequent ones the first by key, so that the same event gives the same report
    return Found(
        tuple(
            sorted(frequent, key=lambda row: (-row.runs, -len(row.systems), row.key, row.clause))
        ),
        tuple(sorted(practice, key=lambda row: (-len(row.systems), row.clause))),
    )


def _systems(group: Iterable[_Told]) -> tuple[str, ...]:
    return tuple(sorted({one.system for one in group}))


def _told(lines: Iterable[FindingLine]) -> Iterator[_Told]:
    for line in lines:
        record: dict[str, Any] = json.loads(line.body)
        if record.get("severity") in WRONG:
            yield _Told(line.run, line.system, record)
