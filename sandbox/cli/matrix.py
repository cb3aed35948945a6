"""`connectathon matrix`: the newest run of each system on each track, as a table or as CSV."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import runs_at
from sandbox.i18n import as_language, say


def matrix(
    csv: Annotated[bool, typer.Option("--csv", help=tell("matrix.csv"))] = False,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Prints what the newest runs say; always exit code 0."""
    from sandbox.event.matrix import as_csv
    from sandbox.event.matrix import matrix as matrix_of

    language = as_language(lang)
    with runs_at(data) as (runs, _):
        newest = matrix_of(runs.latest(limit=1000))
    if csv:
        print(as_csv(newest, language), end="")
        return
    for system in newest.systems:
        for track in newest.tracks:
            cell = newest.cells.get((system, track))
            if cell is not None:
                verdict = say(f"testbench.verdict.{cell.verdict}", language)
                trend = say(f"testbench.trend.{cell.trend}", language)
                score = f"{cell.passed:>3}/{cell.tests:<3}"
                print(f"{system:<24} {track:<24} {score} {verdict:<16} {trend:<10} {cell.run}")
