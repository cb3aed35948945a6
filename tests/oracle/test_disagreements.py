"""A line about a disagreement explains what it names, and nothing else."""

from pathlib import Path

import pytest

from tests.bench.oracle.case import Case, Outcome
from tests.bench.oracle.disagreements import line_of, read_lines
from tests.bench.oracle.tally import count

LINE = """
[[line]]
set = "kinds"
kind = "date-.*"
side = "theirs"
verdict = "{verdict}"
clause = "datatypes.html#date"
why = "a reason"
instance = '{{}}'
said = "month 13"
"""


def outcome(kind: str, *, theirs: str = "", ours: str = "") -> Outcome:
    case = Case("kinds", f"{kind} #1", kind, "core", Path("case.json"), expected="error")
    result = "agree" if bool(theirs) == bool(ours) else "apart"
    return Outcome(case, frozenset({theirs} - {""}), frozenset({ours} - {""}), result)


def written(folder: Path, verdict: str) -> Path:
    file = folder / "lines.toml"
    file.write_text(LINE.format(verdict=verdict))
    return file


def test_a_line_matches_by_set_kind_side_and_what_was_said(tmp_path: Path) -> None:
    lines = read_lines(written(tmp_path, "theirs"))
    assert line_of(outcome("date-month", theirs="month 13 is none"), lines)
    assert not line_of(outcome("date-month", theirs="day 32 is none"), lines)
    assert not line_of(outcome("date-month", ours="month 13 is none"), lines)
    assert not line_of(outcome("a-date-month", theirs="month 13 is none"), lines)


def test_a_line_needs_a_known_verdict(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without side, verdict"):
        read_lines(written(tmp_path, "whatever"))


def test_the_committed_lines_are_complete() -> None:
    read_lines()


@pytest.mark.parametrize(
    ("verdict", "corrected"), [("theirs", 1.0), ("policy", 0.5), ("ours", 0.5)]
)
def test_only_what_they_have_wrong_counts_as_agreed(
    tmp_path: Path, verdict: str, corrected: float
) -> None:
    both = (
        outcome("date-day", theirs="x", ours="x"),
        outcome("date-month", theirs="month 13 is none"),
    )
    totals = count(both, read_lines(written(tmp_path, verdict)))
    assert totals.total.uncorrected == 0.5
    assert totals.total.corrected == corrected
    assert totals.without_line == []


def test_a_disagreement_without_line_and_too_much_blame_fall_short(tmp_path: Path) -> None:
    assert (
        "no line" in count([outcome("time-hour", theirs="x")], []).shortcomings(is_whole=False)[0]
    )
    blamed = count(
        [outcome("date-month", theirs="month 13")], read_lines(written(tmp_path, "theirs"))
    )
    assert "more than 3 %" in blamed.shortcomings(is_whole=True)[0]
    assert blamed.shortcomings(is_whole=False) == []
