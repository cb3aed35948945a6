"""`connectathon lessons`: building the notebooks from their sources and checking that nothing
drifted.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Pack
from sandbox.i18n import say


class Action(StrEnum):
    """What to do with the lessons."""

    build = "build"
    check = "check"
    hand_out = "hand-out"


def lessons(
    action: Annotated[Action, typer.Argument(help=tell("lessons.action"))],
    solutions: Annotated[Path | None, typer.Option(help=tell("lessons.solutions"))] = None,
    out: Annotated[Path | None, typer.Option(help=tell("lessons.out"))] = None,
    pack: Pack = None,
) -> None:
    """Writes the notebooks, or what learners get of a pack, or tells what keeps lessons from being
    published (exit code 1).
    """
    from sandbox.course import building

    if action is Action.hand_out:
        _hand_out(pack, out)
        return
    names = building.lessons_to_build()
    if action is Action.build:
        if solutions is None:
            for name in names:
                building.write_template(name)
        for file in building.build_all(solutions, solutions=solutions is not None):
            print(file)
        return
    faults = building.find_faults()
    for fault in faults:
        print(f"{fault.where}: {say(fault.key, LANGUAGE, **fault.params)}")
    if not all(fault.is_allowed for fault in faults):
        raise typer.Exit(1)
    print(tell("lessons.fine", count=len(names)))


def _hand_out(pack: Path | None, out: Path | None) -> None:
    """Writes what learners get of a pack: all but its solutions, hidden checks and hidden data."""
    from sandbox.packs import copy_public_part

    if pack is None or out is None:
        raise typer.BadParameter(tell("lessons.hand_out_what"), param_hint="--pack, --out")
    if out.exists():
        raise typer.BadParameter(tell("lessons.out_exists", folder=out), param_hint="--out")
    copy_public_part(out)
    print(out)
