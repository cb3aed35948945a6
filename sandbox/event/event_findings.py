"""What the bench has found most often at an event, and which clauses many systems do not follow.
Pure.

Only runs that are attempts of instances count: rehearsals do not.  A finding counts once a run,
however many places it has.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict, TypeVar

from sandbox.findings import Finding, read_finding
from sandbox.store.attempts import FindingLine

WRONG = ("fatal", "error", "warning")
MANY = 3
"""From how many systems on a clause is told as one that practice does not follow."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run in which something was found, with its system and the first test that told it."""

    run: str
    system: str
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A clause that many systems do not follow, with the first finding about it.

    To a reader who may not see all runs, `systems` and `cases` are those of the runs that they may
    see, and `others` is how many more systems there are.
    """

    clause: str
    runs: int
    systems: tuple[str, ...]
    example: Finding
    cases: tuple[Case, ...]
    test: str
    others: int = 0
    is_shown: bool = True
    """Whether the reader may see the run of the example, and so what its system sent."""

    @property
    def run(self) -> str:
        """The first run that the reader may see; empty for none."""
        return self.cases[0].run if self.cases else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentFinding(Practice):
    """A finding by its key and clause, with the first of them."""

    key: str


Row = TypeVar("Row", bound=Practice)


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
        FrequentFinding(key=key, clause=clause, **_row(group))
        for (key, clause), group in by_key.items()
    ]
    rows = [Practice(clause=clause, **_row(group)) for clause, group in by_clause.items()]
    practice = [row for row in rows if len(row.systems) >= MANY]
    # of equally frequent ones the first by key, so that the same event gives the same report
    return Found(
        tuple(
            sorted(frequent, key=lambda row: (-row.runs, -len(row.systems), row.key, row.clause))
        ),
        tuple(sorted(practice, key=lambda row: (-len(row.systems), row.clause))),
    )


def seen_in(found: Found, runs: Container[str]) -> Found:
    """Returns what was found as whoever may see only these runs reads it: all is counted, and the
    systems of other runs are not named.
    """
    return Found(
        tuple(_seen(row, runs) for row in found.frequent),
        tuple(_seen(row, runs) for row in found.practice),
    )


def _seen(row: Row, runs: Container[str]) -> Row:
    cases = tuple(case for case in row.cases if case.run in runs)
    systems = _systems(cases)
    return replace(
        row,
        cases=cases,
        systems=systems,
        test=cases[0].test if cases else row.test,
        others=len(row.systems) - len(systems),
        is_shown=row.cases[0].run in runs,
    )


class _Row(TypedDict):
    runs: int
    systems: tuple[str, ...]
    example: Finding
    cases: tuple[Case, ...]
    test: str


def _row(group: Sequence[_Told]) -> _Row:
    cases: dict[str, Case] = {}
    for one in group:
        cases.setdefault(one.run, Case(one.run, one.system, str(one.record["test"])))
    return {
        "runs": len(cases),
        "systems": _systems(cases.values()),
        "example": group[0].example,
        "cases": tuple(cases.values()),
        "test": str(group[0].record["test"]),
    }


def _systems(cases: Iterable[Case]) -> tuple[str, ...]:
    return tuple(sorted({case.system for case in cases}))


def _told(lines: Iterable[FindingLine]) -> Iterator[_Told]:
    for line in lines:
        record: dict[str, Any] = json.loads(line.body)
        if record.get("severity") in WRONG:
            yield _Told(line.run, line.system, record)
