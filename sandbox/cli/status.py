"""`connectathon status`: the newest runs, or all that one run says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.results import exit_of, run_lines, runs_at
from sandbox.i18n import as_language, say


def status(
    run: Annotated[str, typer.Argument(help=tell("status.run"))] = "",
    data: Annotated[
        Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")
    ] = None,
    lang: Annotated[str, typer.Option(help=tell("validate.lang"))] = LANGUAGE,
) -> None:
    """Exit code of one run: that of its verdict; of the list: 0."""
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of

    language = as_language(lang)
    with runs_at(data) as (runs, _):
        if run:
            found = runs.read(run)
            print("\n".join(run_lines(found, language)))
            raise typer.Exit(exit_of(found.news))
        for one in runs.latest():
            state, verdict = (
                say(f"testbench.{key}", language)
                for key in (f"state.{one.state}", f"verdict.{one.verdict}")
            )
            print(
                f"{one.id}  {fhir_instant(moment_of(one.at))}  {one.track.id:<24} {one.system:<20} {state}, {verdict}"
            )
