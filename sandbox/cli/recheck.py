"""`connectathon recheck`: today's checks over a run's stored evidence; nobody is asked anything."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import exit_of, lines_of, runs_at
from sandbox.i18n import as_language


def recheck(
    run: Annotated[str, typer.Argument(help=tell("status.run"))],
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Prints what comes out differently: that is due to the checks, for the evidence is the
    same.
    """
    from sandbox.testbench.script import roll_up

    language = as_language(lang)
    with runs_at(data) as (runs, _):
        track = runs.read(run).track
        again = asyncio.run(runs.recheck(run))
    changes = [(old, new) for old, new in again.values() if old != new.verdict]
    for old, new in changes:
        print(tell("recheck.was", verdict=old))
        print("\n".join(lines_of(track, new.test, new.verdict, new.findings, language)))
    print(tell("recheck.summary", count=len(again), changed=len(changes)))
    raise typer.Exit(exit_of(roll_up([new.verdict for _, new in again.values()])))
