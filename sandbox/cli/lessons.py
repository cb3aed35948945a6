"""`connectathon lessons`: building the notebooks from their sources and checking that nothing
drifted.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.i18n import say


class Action(StrEnum):
    """What to do with the lessons."""

    build = "build"
    check = "check"


def lessons(
    action: Annotated[Action, typer.Argument(help=tell("lessons.action"))],
    solutions: Annotated[Path | None, typer.Option(help=tell("lessons.solutions"))] = None,
) -> None:
    """Writes the notebooks, or tells what keeps them from being published (exit code 1)."""
    from sandbox.course import building
    from sandbox.course.sources import lesson_names

    if action is Action.build:
        if solutions is None:
            for name in lesson_names():
                building.write_template(name)
        for file in building.build_all(
            solutions or building.notebooks_folder(), solutions=solutions is not None
        ):
            print(file)
        return
    faults = building.find_faults()
    for fault in faults:
        print(f"{fault.where}: {say(fault.key, LANGUAGE, **fault.params)}")
    if not all(fault.is_allowed for fault in faults):
        raise typer.Exit(1)
    print(tell("lessons.fine", count=len(lesson_names())))
