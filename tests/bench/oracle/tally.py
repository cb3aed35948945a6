"""What a run comes to, a row a set: judged, agreeing, explained, and which engine agrees with the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.oracle.case import Outcome
from tests.bench.oracle.disagreements import Line, line_of

LENIENT_SHARE = 0.03  # how many of the judged cases lines against HL7's engine may cover


@dataclass(slots=True)
class Tally:
    """The figures of a set; `lines` counts the disagreements by the verdict of their line, "" for those without."""

    judged: int = 0
    agree: int = 0
    aside: int = 0
    missed: int = 0
    false: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    false_of_ours: int = 0
    text: Counter[str] = field(default_factory=Counter)

    @property
    def uncorrected(self) -> float:
        return self.agree / self.judged if self.judged else 1.0

    @property
    def corrected(self) -> float:
        """Agreement where what HL7's engine has wrong counts as agreed."""
        return (self.agree + self.lines["theirs"]) / self.judged if self.judged else 1.0

    def add(self, outcome: Outcome, line: Line | None) -> None:
        """Counts an outcome, with the line that explains it."""
        if outcome.result == "aside":
            self.aside += 1
            return
        self.judged += 1
        if outcome.result == "agree":
            self.agree += 1
        else:
            self.missed += outcome.side == "theirs"
            self.false += outcome.side == "ours"
            self.lines[line.verdict if line else ""] += 1
            if outcome.side == "ours" and (line is None or line.verdict == "ours"):
                self.false_of_ours += 1
        self._compare_with_text(outcome)

    def _compare_with_text(self, outcome: Outcome) -> None:
        if outcome.case.expected == "unknown":
            return
        must_fail = outcome.case.expected == "error"
        ours, theirs = bool(outcome.ours) == must_fail, bool(outcome.theirs) == must_fail
        self.text[
            "both" if ours and theirs else "ours" if ours else "theirs" if theirs else "none"
        ] += 1


@dataclass(slots=True)
class Totals:
    """The tallies by set and of all sets, and the disagreements with their lines."""

    sets: dict[str, Tally] = field(default_factory=dict)
    total: Tally = field(default_factory=Tally)
    apart: list[tuple[Outcome, Line | None]] = field(default_factory=list)
    against_text: list[Outcome] = field(default_factory=list)
    left_aside: list[Outcome] = field(default_factory=list)

    @property
    def without_line(self) -> list[Outcome]:
        return [outcome for outcome, line in self.apart if line is None]

    def shortcomings(self, *, is_whole: bool, still_open: int = 0) -> list[str]:
        """Returns why the run falls short; the share of blame is judged over a whole run alone.

        Args:
            is_whole: whether every case was judged.
            still_open: how many disagreements may be without a line.
        """
        short = []
        if len(self.without_line) > still_open:
            short.append(
                f"{len(self.without_line)} disagreements have no line in tests/oracle/disagreements.toml; "
                f"{still_open} are known to be open"
            )
        lenient = self.total.lines["theirs"]
        if is_whole and lenient > LENIENT_SHARE * self.total.judged:
            short.append(
                f"lines against HL7's engine cover {lenient} of {self.total.judged}: more than 3 %"
            )
        return short


def count(outcomes: Iterable[Outcome], lines: list[Line]) -> Totals:
    """Counts the outcomes of all sets, bases aside."""
    totals = Totals()
    for outcome in outcomes:
        line = line_of(outcome, lines) if outcome.result == "apart" else None
        if outcome.result == "apart":
            totals.apart.append((outcome, line))
        if outcome.result == "aside":
            totals.left_aside.append(outcome)
        is_known = outcome.case.expected != "unknown" and outcome.result == "agree"
        if is_known and bool(outcome.ours) != (outcome.case.expected == "error"):
            totals.against_text.append(outcome)
        for tally in (totals.sets.setdefault(outcome.case.set, Tally()), totals.total):
            tally.add(outcome, line)
    return totals
