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
    track: Annotated[str, typer.Option(help=tell("status.track"))] = "",
    system: Annotated[str, typer.Option(help=tell("status.system"))] = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Prints what the newest runs say; always exit code 0."""
    from sandbox.event.matrix import as_csv, word_of
    from sandbox.event.matrix import matrix as matrix_of
    from sandbox.store.run_rows import Wanted

    language = as_language(lang)
    wanted = Wanted(tracks=(track,) if track else (), system=system)
    with runs_at(data) as (runs, _):
        cells = sorted(matrix_of(*runs.list.shown(wanted)).cells.items())
    if csv:
        print(as_csv(cells, language), end="")
        return
    for (name, of_track), cell in cells:
        verdict = word_of(cell, language)
        trend = say(f"testbench.trend.{cell.trend}", language)
        score = f"{cell.passed:>3}/{cell.tests:<3}"
        print(f"{name:<24} {of_track:<24} {score} {verdict:<16} {trend:<10} {cell.run}")
