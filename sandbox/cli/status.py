"""`connectathon status`: the newest runs, or all that one run says."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import exit_of, run_lines, runs_at
from sandbox.i18n import as_language, say


def status(
    run: Annotated[str, typer.Argument(help=tell("status.run"))] = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code of one run: that of its verdict; of the list: 0."""
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of

    language = as_language(lang)
    with runs_at(data) as (runs, _):
        if run:
            stored = runs.read(run)
            print("\n".join(run_lines(stored, language)))
            raise typer.Exit(exit_of(stored.news))
        for recent in runs.latest():
            state = say(f"testbench.state.{recent.state}", language)
            verdict = say(f"testbench.verdict.{recent.verdict}", language)
            names = f"{recent.track.id:<24} {recent.system:<20}"
            print(f"{recent.id}  {fhir_instant(moment_of(recent.at))}  {names} {state}, {verdict}")
