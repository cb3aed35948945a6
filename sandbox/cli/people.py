"""`connectathon people`: who takes part in the event, and the links that let them in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.cli.results import runs_at
from sandbox.i18n import say
from sandbox.settings import DEFAULT_PORT

HERE = f"http://127.0.0.1:{DEFAULT_PORT}"


class Action(StrEnum):
    """What to do with people."""

    list = "list"
    add = "add"
    link = "link"
    invite = "invite"
    remove = "remove"


class RoleName(StrEnum):
    """The roles of an event."""

    participant = "participant"
    monitor = "monitor"
    facilitator = "facilitator"


def people(
    action: Annotated[Action, typer.Argument(help=tell("people.action"))] = Action.list,
    name: Annotated[str, typer.Argument(help=tell("people.name"))] = "",
    role: Annotated[RoleName, typer.Option(help=tell("people.role"))] = RoleName.participant,
    team: Annotated[str, typer.Option(help=tell("people.team"))] = "",
    country: Annotated[str, typer.Option(help=tell("systems.country"))] = "",
    server: Annotated[
        str, typer.Option(help=tell("people.server"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    data: Data = None,
) -> None:
    """Lists, adds, links, invites or removes; a running server knows of it at the next request."""
    from sandbox.clock import utc_now
    from sandbox.event.people import People, Person

    if action in (Action.add, Action.link, Action.remove) and not name:
        raise typer.BadParameter(tell("people.which"), param_hint="NAME")
    with runs_at(data) as (_, store):
        known = People(store, clock=utc_now)
        if action is Action.list:
            for person in known.all():
                role_name = say(f"people.role.{person.role}", LANGUAGE)
                print(f"{person.name:<24} {role_name:<14} {person.country:<3} {person.team}")
        elif action is Action.remove:
            known.remove(name)
            print(tell("people.removed", name=name))
        else:
            if action is Action.invite:
                code = known.invite(team, country=country)
            else:
                code = (
                    known.link(name)
                    if action is Action.link
                    else known.add(Person(name, role.value, team, country))
                )
            print(tell("people.many" if action is Action.invite else "people.once"))
            print(f"{server.rstrip('/')}/enter/{code}")
