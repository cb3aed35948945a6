"""`connectathon status`: the newest runs, or all that one run says."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import exit_of, run_lines, runs_at
from sandbox.i18n import as_language, say
from sandbox.limits import LIST_PAGE


def status(
    run: Annotated[str, typer.Argument(help=tell("status.run"))] = "",
    track: Annotated[str, typer.Option(help=tell("status.track"))] = "",
    system: Annotated[str, typer.Option(help=tell("status.system"))] = "",
    limit: Annotated[int, typer.Option(help=tell("status.limit"), min=1, max=LIST_PAGE)] = 50,
    cursor: Annotated[str, typer.Option(help=tell("status.cursor"))] = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code of one run: that of its verdict; of the list: 0."""
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of
    from sandbox.store.run_rows import Wanted

    language = as_language(lang)
    with runs_at(data) as (runs, _):
        if run:
            stored = runs.read(run)
            print("\n".join(run_lines(stored, language)))
            raise typer.Exit(exit_of(stored.news))
        wanted = Wanted(tracks=(track,) if track else (), system=system)
        page = runs.list.page(wanted, limit=limit, cursor=cursor)
    for row in page.rows:
        state = say(f"testbench.state.{row.state}", language)
        verdict = say(f"testbench.verdict.{row.verdict or 'skip'}", language)
        names = f"{row.track:<24} {row.system:<20}"
        print(f"{row.run}  {fhir_instant(moment_of(row.at))}  {names} {state}, {verdict}")
    if page.cursor:
        print(say("cli.status.older", language, total=page.total, cursor=page.cursor))
