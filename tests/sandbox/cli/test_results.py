"""Results as lines and as exit codes."""

from __future__ import annotations

import pytest

from sandbox.cli.results import exit_of, lines_of
from sandbox.findings import Finding
from sandbox.testbench.script import Verdict
from sandbox.testbench.tracks import TRACKS

TRACK = TRACKS["mhd.recipient"]


@pytest.mark.parametrize(
    ("verdict", "exit"),
    [
        ("pass", 0),
        ("warn", 0),
        ("fail", 1),
        ("error", 3),
        ("inconclusive", 4),
        ("skip", 4),
        ("review", 4),
    ],
)
def test_only_what_passed_ends_with_0(verdict: Verdict, exit: int) -> None:
    assert exit_of(verdict) == exit


def test_a_failure_before_our_own_fault_shows_both_for_what_they_are() -> None:
    fault = Finding(
        "testbench.our_fault",
        "information",
        "testbench.our_fault",
        {"test": "x"},
        issue="transient",
    )
    wrong = Finding("testbench.wrong", "error", "testbench.no_run", {"id": "1"})

    lines = list(lines_of(TRACK, TRACK.tests[0], "fail", [wrong, fault], "en"))

    assert [line.split()[0] for line in lines[1:]] == ["FAIL", "→", "????", "→"]
