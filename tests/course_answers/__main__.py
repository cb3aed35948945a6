"""Prints the table of the corpus: how many answers get the sentence that they must get.

`--write` keeps it in RESULTS.md below a line with date and commit; `--misses` lists the others.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.course_answers.corpus import GENERIC, HERE, RIGHT, SETS, Desks, Row, rows_of, said

RESULTS = HERE / "RESULTS.md"
HEAD = "| set | answers | its sentence | generic | another sentence | taken as right | right | refused |"
RULE = "|---|---|---|---|---|---|---|---|"


def kind_of(row: Row, told: str) -> str:
    """Returns the column in which an answer counts."""
    if row.key == RIGHT:
        return "right" if told == RIGHT else "refused"
    if told == RIGHT:
        return "taken"
    if told in GENERIC:
        return "generic"
    return "own" if told == row.key else "another"


def table_of(told: dict[Row, str]) -> list[str]:
    """Returns the table, a line for each set."""
    lines = [HEAD, RULE]
    for set in SETS:
        counts = Counter(kind_of(row, key) for row, key in told.items() if row.set == set)
        wrong = sum(counts[kind] for kind in ("own", "generic", "another", "taken")) or 1
        cells = [set, str(counts.total())]
        cells += [
            f"{counts[kind]} ({counts[kind] / wrong:.1%})"
            for kind in ("own", "generic", "another", "taken")
        ]
        cells += [str(counts["right"]), str(counts["refused"])]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", default="", metavar="LABEL")
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        desks = Desks(Path(folder), opened)
        told = {row: said(desks.judged(row)) for set in SETS for row in rows_of(set)}
    if given.misses:
        for row, key in told.items():
            if key != row.key:
                print(f"{row}\n    must be {row.key}, is {key}")
    table = "\n".join(table_of(told))
    print(table)
    if given.write:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        day = datetime.now(UTC).date()
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"\n## {given.write}: {day}, {commit}\n\n{table}\n")


if __name__ == "__main__":
    main()
