"""`connectathon plan`: what a run of a track would play against a system, and which inputs are
missing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import runs_at
from sandbox.i18n import as_language, say

if TYPE_CHECKING:
    from sandbox.event.comparing import Planned


def plan(
    track: Annotated[str, typer.Argument(help=tell("run.track"))],
    system: Annotated[str, typer.Option(help=tell("run.system"))] = "sandbox",
    input: Annotated[list[str] | None, typer.Option(help=tell("run.input"))] = None,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Asks nobody.  Exit code 0: nothing is missing; 4: some tests would be skipped."""
    from sandbox.cli.run import pair
    from sandbox.event.comparing import plan as planned
    from sandbox.event.inputs import known_to, read_inputs
    from sandbox.event.systems import HERE, find_system
    from sandbox.testbench.tracks import TRACKS, choose

    language = as_language(lang)
    choose(track)
    with runs_at(data) as (_, store):
        # Only a registered system has inputs of its own.
        known = {} if system == HERE or "://" in system else dict(find_system(system, store).inputs)
    of_system = {name: value for name, value in known.items() if name in known_to(track)}
    given = of_system | dict(pair(text) for text in input or ())
    rows = planned(TRACKS[track], read_inputs(given, known=known_to(track)))
    for row in rows:
        _print_row(row, say(TRACKS[track].title_of(row.test), language))
    lacking = sorted({name for row in rows for name in row.lacks})
    for name in lacking:
        print(f"{name:<16} {say(f'testbench.input.{name}', language)}")
    print(
        tell(
            "plan.sum",
            tests=len(rows),
            skipped=sum(bool(row.lacks) for row in rows),
            inputs=", ".join(lacking) or "–",
        )
    )
    raise typer.Exit(4 if lacking else 0)


def _print_row(row: Planned, title: str) -> None:
    after = f"  ({tell('plan.after', tests=', '.join(row.after))})" if row.after else ""
    print(f"{row.test.number:8} {title}{after}")
    if row.lacks:
        print(f"         → {tell('plan.lacks', inputs=', '.join(row.lacks))}")
