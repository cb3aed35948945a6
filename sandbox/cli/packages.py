"""`connectathon packages`: which FHIR packages the judge knows; add another guide, or remove it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli import tell


class Action(StrEnum):
    """What to do with packages."""

    list = "list"
    add = "add"
    remove = "remove"


def packages(
    action: Annotated[Action, typer.Argument(help=tell("packages.action"))] = Action.list,
    name: Annotated[str, typer.Argument(help=tell("packages.name"))] = "",
) -> None:
    """Lists, adds or removes packages; what was added counts from the next judgement on."""
    if action is Action.list:
        _list()
        return
    if not name:
        raise typer.BadParameter(tell("packages.which"), param_hint="NAME")
    from sandbox.cli.stored import record_act

    if action is Action.add:
        from sandbox.definitions.registry import add_package

        added = add_package(name)
        record_act(None, "package.added", name=str(added))
        print(tell("packages.added", name=added, count=added.definitions))
        if added.missing:
            print(tell("packages.missing", name=added, missing=", ".join(added.missing)))
            print(tell("packages.missing_add", name=added.missing[0]))
    else:
        from sandbox.definitions.installing import remove_package

        remove_package(name)
        record_act(None, "package.removed", name=name)
        print(tell("packages.removed", name=name))


def _list() -> None:
    from sandbox.definitions.guides import guide_files
    from sandbox.definitions.installed import installed_packages, packages_folder

    for package in installed_packages():
        kind = tell("packages.core") if package.is_core else tell("packages.extra")
        print(f"{package!s:<40} {package.definitions:>6}  {kind}")
    for file in guide_files():
        print(f"{file.stem:<40} {'':>6}  {tell('packages.ours')}")
    print(tell("packages.folder", folder=packages_folder()))
