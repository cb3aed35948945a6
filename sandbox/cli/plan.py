"""`connectathon plan`: what a run of a track would play against a system, and which inputs are
missing for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.results import runs_at
from sandbox.i18n import as_language, say


def plan(
    track: Annotated[str, typer.Argument(help=tell("run.track"))],
    system: Annotated[str, typer.Option(help=tell("run.system"))] = "sandbox",
    input: Annotated[list[str] | None, typer.Option(help=tell("run.input"))] = None,
    data: Annotated[
        Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")
    ] = None,
    lang: Annotated[str, typer.Option(help=tell("validate.lang"))] = LANGUAGE,
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
        known = {} if system == HERE or "://" in system else dict(find_system(system, store).inputs)
    of_system = {name: value for name, value in known.items() if name in known_to(track)}
    given = of_system | dict(pair(one) for one in input or ())
    rows = planned(TRACKS[track], read_inputs(given, known=known_to(track)))
    for one in rows:
        title = say(TRACKS[track].title_of(one.test), language)
        print(
            f"{one.test.number:8} {title}"
            + (f"  ({tell('plan.after', tests=', '.join(one.after))})" if one.after else "")
        )
        if one.lacks:
            print(f"         → {tell('plan.lacks', inputs=', '.join(one.lacks))}")
    lacking = sorted({name for one in rows for name in one.lacks})
    for name in lacking:
        print(f"{name:<16} {say(f'testbench.input.{name}', language)}")
    print(
        tell(
            "plan.sum",
            tests=len(rows),
            skipped=sum(bool(one.lacks) for one in rows),
            inputs=", ".join(lacking) or "–",
        )
    )
    raise typer.Exit(4 if lacking else 0)
