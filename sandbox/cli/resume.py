"""`connectathon resume`: goes on with a run that was cut off, or runs its failed tests again as a
run of their own.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang, TokenEnv, bearer
from sandbox.cli.results import access_at, exit_of, run_lines, runs_at
from sandbox.errors import BadRequest
from sandbox.i18n import as_language


def resume(
    run: Annotated[str, typer.Argument(help=tell("status.run"))],
    failed: Annotated[bool, typer.Option(help=tell("resume.failed"))] = False,
    seconds: Annotated[float, typer.Option(help=tell("readiness.seconds"), min=0.1)] = 30,
    token_env: TokenEnv = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Tests that have their verdict are not asked again.  Exit codes as those of `run`."""
    from sandbox.cli.run import Way, carry_out, named_system

    with runs_at(data) as (runs, store):
        way = Way(seconds, as_language(lang), bearer(token_env), access_at(data, store))
        stored = runs.read(run)
        if stored.track.is_of_client:
            raise BadRequest("testbench.client_track", where=run, track=stored.track.id)
        # A server resumes its own runs at its next start.
        if stored.keeper != runs.keeper and not failed:
            raise BadRequest("testbench.of_a_server", where=run, id=run)
        # As a new run: the verdicts of the old one must stay what they were.
        if failed:
            system = named_system(stored.system, store)
            stored = runs.start(
                stored.track.id, system, given=stored.inputs, tests=stored.not_passed
            )
        elif stored.state in ("done", "cancelled"):
            raise BadRequest("testbench.has_ended", where=run, id=run)
        done = asyncio.run(carry_out(runs, stored, named_system(stored.system, store), way))
        print("\n".join(run_lines(done, way.language)))
    raise typer.Exit(exit_of(done.news))
