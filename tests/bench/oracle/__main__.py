"""`make oracle`: both engines judge every set; `--sample` takes a seeded part and leaves the committed table alone.

Exit 1 where a disagreement has no written line, or where too many lines blame HL7's engine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from tests import corpora
from tests.bench.oracle import java, report, timing
from tests.bench.oracle.case import Case, Outcome, Said
from tests.bench.oracle.disagreements import open_in_sample, read_lines
from tests.bench.oracle.judging import compare, judge, read
from tests.bench.oracle.sets import BASES, EACH, Writer, cases
from tests.bench.oracle.tally import Totals, count
from tests.conftest import VECTORS

WITHOUT_VECTORS = ["minimal", "profiles"]


def main() -> None:
    """Judges, compares, prints, and leaves the results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--sample", action="store_true", help="a seeded part of each set, without times"
    )
    arguments.add_argument(
        "--only", metavar="SET", action="append", help="these sets alone, without times or results"
    )
    arguments.add_argument(
        "--each",
        type=int,
        default=EACH,
        help="how many mutants a kind gets (whole run: %(default)s)",
    )
    arguments.add_argument(
        "--record",
        action="store_true",
        help="write the committed table for a part too; it says which",
    )
    arguments.add_argument(
        "--group", action="append", help="the cases of these groups of definitions alone"
    )
    arguments.add_argument(
        "--times",
        action="store_true",
        help="measure the times alone, for the whole run that stands",
    )
    chosen = arguments.parse_args()
    is_whole = not (chosen.sample or chosen.only or chosen.group) and chosen.each == EACH
    if not corpora.are_there() or not (VECTORS.is_dir() or chosen.sample):
        sys.exit(
            f"The oracle needs the packages (make packages) and the public vectors at {VECTORS}"
        )
    if not VECTORS.is_dir():
        chosen.only = WITHOUT_VECTORS
        print(f"no public vectors at {VECTORS}: the sample takes {' and '.join(chosen.only)} alone")
    try:
        java.build()
    except java.NoEngine as absent:
        sys.exit(str(absent))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.times:
            report.write_times(timing.measure(folder))
            return
        asked = cases(
            Writer(folder, chosen.sample, 1 if chosen.sample else chosen.each),
            only=chosen.only or (),
        )
        if chosen.group:
            asked = [case for case in asked if case.group in chosen.group]
        totals = count(outcomes(asked, folder), read_lines())
        show(totals)
        if is_whole or chosen.record:
            times = timing.measure(folder)
            if is_whole:  # the scoreboard reads these figures, and a part has not all of them
                report.write_figures(totals, times)
            report.write_results(totals, times, _scope(chosen, is_whole=is_whole))
            print(
                f"{times.ratio_of_medians:.1f} times as fast as HL7's engine (medians), {times.ratio_of_p95:.1f} (p95)"
            )
    short = totals.shortcomings(
        is_whole=is_whole, still_open=open_in_sample() if chosen.sample else 0
    )
    print("\n".join(short))
    sys.exit(1 if short else 0)


def _scope(chosen: argparse.Namespace, *, is_whole: bool) -> str:
    """Says what of the oracle was run, for the head of the table."""
    if is_whole:
        return "The whole oracle."
    sets = ", ".join(chosen.only) if chosen.only else "all sets"
    return f"A part of the oracle: {sets}; mutants of a kind: {chosen.each} of {EACH}."


def outcomes(asked: list[Case], folder: Path) -> Iterator[Outcome]:
    """Yields what both engines say of each case; HL7's works on one core while ours works on another."""
    by_group = {
        group: list(members)
        for group, members in groupby(
            sorted(asked, key=lambda case: case.group), lambda case: case.group
        )
    }
    with ThreadPoolExecutor(1) as background:
        answers = {
            group: background.submit(java.ask, members, group, folder)
            for group, members in by_group.items()
        }
        ours = {case.key: judge(case) for case in asked}
        theirs: dict[str, Said] = {}
        for group, members in by_group.items():
            for case, answer in zip(members, answers[group].result(), strict=True):
                theirs[case.key] = read(answer)
    yield from (compare(case, theirs, ours) for case in asked if case.set != BASES)


def show(totals: Totals) -> None:
    """Prints each disagreement with its line, then the table."""
    for outcome, line in totals.apart:
        told = "; ".join(outcome.told)[:240]
        reason = f"{line.verdict}: {line.why} [{line.clause}]" if line else f"NO LINE: {told}"
        print(
            f"{outcome.side} alone: {outcome.case.key} (by the text: {outcome.case.expected}): {reason}"
        )
    for outcome in totals.left_aside:
        print(f"left aside: {outcome.case.key}: {outcome.crash or '; '.join(outcome.told)[:160]}")
    for outcome in totals.against_text:
        print(
            f"both against the text: {outcome.case.key} (by the text: {outcome.case.expected}) [{outcome.case.clause}]"
        )
    print("\n" + "\n".join(report.table(totals)))


if __name__ == "__main__":
    main()
