"""`connectathon systems`: the systems under test, registered once and named by their alias from
then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang, takes
from sandbox.cli.results import access_at, runs_at
from sandbox.cli.sealing import seal_system, try_system, unseal_system
from sandbox.i18n import as_language

if TYPE_CHECKING:
    from sandbox.event.systems import System
    from sandbox.store.runs import RunStore


class Action(StrEnum):
    """What to do with systems."""

    list = "list"
    add = "add"
    remove = "remove"
    seal = "seal"
    unseal = "unseal"
    try_ = "try"
    rotate = "rotate"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemOptions:
    """The arguments and options of `systems`."""

    action: Annotated[Action, typer.Argument(help=tell("systems.action"))] = Action.list
    name: Annotated[str, typer.Argument(help=tell("systems.name"))] = ""
    base: Annotated[str, typer.Argument(help=tell("systems.base"))] = ""
    team: Annotated[str, typer.Option(help=tell("systems.team"))] = ""
    country: Annotated[str, typer.Option(help=tell("systems.country"))] = ""
    actor: Annotated[list[str] | None, typer.Option(help=tell("systems.actor"))] = None
    at: Annotated[list[str] | None, typer.Option(help=tell("systems.at"))] = None
    version: Annotated[str, typer.Option(help=tell("systems.version"))] = ""
    tag: Annotated[list[str] | None, typer.Option(help=tell("systems.tag"))] = None
    input: Annotated[list[str] | None, typer.Option(help=tell("run.input"))] = None
    secret: Annotated[list[str] | None, typer.Option(help=tell("systems.secret"))] = None
    field: Annotated[list[str] | None, typer.Option(help=tell("systems.field"))] = None
    data: Data = None
    lang: Lang = LANGUAGE


@takes(SystemOptions)
def systems(options: SystemOptions) -> None:
    """Lists, adds or removes; seals what lets into one that is not open, and tries it.

    Exit code 1: the trial came to nothing.
    """
    from sandbox.event.systems import all_systems, find_system

    name = options.name
    if options.action not in (Action.list, Action.rotate) and not name:
        raise typer.BadParameter(tell("systems.which"), param_hint="NAME")
    with runs_at(options.data) as (_, store):
        access = access_at(options.data, store)
        match options.action:
            case Action.list:
                for known in all_systems(store):
                    _print_system(known)
            case Action.add:
                _register(_added(options), options.team, store)
                print(tell("systems.added", name=name))
            case Action.remove:
                _remove(name, store)
            case Action.seal:
                seal_system(find_system(name, store), access, options.field or ())
            case Action.unseal:
                unseal_system(find_system(name, store), access)
            case Action.try_:
                try_system(find_system(name, store), access, as_language(options.lang))
            case Action.rotate:
                print(tell("systems.rotated", count=access.rotate()))


def _added(options: SystemOptions) -> System:
    from sandbox.event.systems import System

    return System(
        options.name,
        options.base.rstrip("/"),
        country=options.country.upper(),
        inputs=_pairs(options.input),
        secrets=_pairs(options.secret),
        actors=tuple(options.actor or ()),
        bases={role: address.rstrip("/") for role, address in _pairs(options.at).items()},
        tags=tuple(options.tag or ()),
        version=options.version.strip(),
    )


def _remove(name: str, store: RunStore) -> None:
    from sandbox.event.systems import find_system

    find_system(name, store)  # raises, with those that there are
    store.remove_system(name)
    print(tell("systems.removed", name=name))


def _register(system: System, team: str, store: RunStore) -> None:
    from dataclasses import replace

    from sandbox.clock import utc_now
    from sandbox.event.people import People
    from sandbox.event.systems import register

    owner = People(store, clock=utc_now).team(team)
    register(replace(system, team=owner.name, team_id=owner.id), store)


def _print_system(system: System) -> None:
    words = " ".join([*system.actors, *(f"#{tag}" for tag in system.tags)])
    row = f"{system.name:<20} {system.team:<16} {system.country:<3} {system.base}  {words}"
    print(row.rstrip())


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(tell("run.bad_input", found=text))
        pairs[name] = value
    return pairs
