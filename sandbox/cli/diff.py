"""`connectathon diff`: two runs of a track test by test, and whether checks or system made the
difference.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import runs_at
from sandbox.errors import BadRequest
from sandbox.i18n import as_language, say


def diff(
    before: Annotated[str, typer.Argument(help=tell("diff.before"))],
    now: Annotated[str, typer.Argument(help=tell("diff.now"))],
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Judges the older evidence by today's checks, to tell the two causes apart.  Exit code 1:
    something is worse.
    """
    from sandbox.event.comparing import compare
    from sandbox.testbench.script import trend_of

    language = as_language(lang)
    is_worse = False
    with runs_at(data) as (runs, _):
        older = runs.read(before)
        newer = runs.read(now)
        if older.track is not newer.track:
            raise BadRequest(
                "testbench.other_track", where=now, before=older.track.id, now=newer.track.id
            )
        again = {
            id: result.verdict for id, (_, result) in asyncio.run(runs.recheck(before)).items()
        }
        changes = [change for change in compare(older, again, newer) if change.cause != "same"]
        for change in changes:
            verdicts = [
                say(f"testbench.verdict.{verdict}", language) if verdict else "–"
                for verdict in (change.was, change.now)
            ]
            title = say(older.track.title_of(change.test), language)
            cause = tell(f"diff.{change.cause}")
            print(f"{change.test.number:8} {title}: {' → '.join(verdicts)}  ({cause})")
            # A test that one of the runs does not have is neither better nor worse.
            is_worse |= bool(
                change.was and change.now and trend_of(change.was, change.now) == "worse"
            )
    print(tell("diff.sum", changed=len(changes), before=before, now=now))
    raise typer.Exit(1 if is_worse else 0)
