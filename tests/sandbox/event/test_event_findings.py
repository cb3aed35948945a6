"""What was found most often, and the clauses that many systems do not follow."""

from __future__ import annotations

import json
from dataclasses import asdict

from sandbox.event.event_findings import MANY, found_in, seen_in
from sandbox.findings import Finding, Severity
from sandbox.store.attempts import FindingLine


def line(
    run: str, system: str, key: str, clause: str = "A 1", *, severity: Severity = "error"
) -> FindingLine:
    finding = Finding(key, severity, key, where="here", clause=clause, found=f"by {system}")
    return FindingLine(run, system, json.dumps({"test": "t.one", **asdict(finding)}))


def test_a_finding_counts_once_a_run_and_the_most_frequent_comes_first() -> None:
    lines = [
        line("r1", "a", "mhd.hash"),
        line("r1", "a", "mhd.hash"),
        line("r2", "b", "mhd.size"),
        line("r3", "a", "mhd.size", severity="warning"),
    ]
    first, second = found_in(lines).frequent
    assert (first.key, first.runs, first.systems) == ("mhd.size", 2, ("a", "b"))
    assert (second.key, second.runs, second.systems) == ("mhd.hash", 1, ("a",))
    assert (first.run, first.test, first.example.found) == ("r2", "t.one", "by b")


def test_what_is_only_told_is_no_fault() -> None:
    assert found_in([line("r1", "a", "mhd.note", severity="information")]).frequent == ()


def test_the_same_finding_by_another_clause_is_another() -> None:
    lines = [line("r1", "a", "mhd.hash", "A 1"), line("r2", "a", "mhd.hash", "A 2")]
    assert [row.clause for row in found_in(lines).frequent] == ["A 1", "A 2"]


def test_a_clause_that_many_systems_do_not_follow_is_told_and_one_of_few_is_not() -> None:
    many = [line(f"r{number}", f"s{number}", f"k{number}", "A 1") for number in range(MANY)]
    few = [line(f"q{number}", "alone", "k", "A 2") for number in range(MANY)]
    (row,) = found_in([*few, *many]).practice
    assert (row.clause, row.systems, row.run) == ("A 1", ("s0", "s1", "s2"), "r0")
    assert found_in([*few, *many[1:]]).practice == ()


def test_of_runs_that_one_may_not_see_no_system_is_named_and_all_is_counted() -> None:
    lines = [line(f"r{number}", f"s{number}", "mhd.hash") for number in range(MANY)]
    found = seen_in(found_in(lines), {"r1"})
    for row in (*found.frequent, *found.practice):
        assert (row.runs, row.systems, row.others) == (MANY, ("s1",), MANY - 1)
        assert (row.run, row.is_shown) == ("r1", False)  # the example is of r0
    for row in seen_in(found, ()).frequent:
        assert (row.runs, row.systems, row.run, row.test) == (MANY, (), "", "t.one")
    (own,) = seen_in(found_in(lines), {"r0", "r1"}).frequent
    assert (own.systems, own.others, own.is_shown) == (("s0", "s1"), 1, True)
