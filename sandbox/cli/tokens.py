"""`connectathon tokens`: the tokens by which programs work on spaces of teams, and whose one is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.cli.results import logs_at
from sandbox.i18n import say


class Action(StrEnum):
    """What to do with tokens."""

    list = "list"
    add = "add"
    revoke = "revoke"
    give = "give"


class ScopeName(StrEnum):
    """How far a token goes."""

    read = "read"
    write = "write"


def tokens(
    action: Annotated[Action, typer.Argument(help=tell("tokens.action"))] = Action.list,
    which: Annotated[str, typer.Argument(help=tell("tokens.which"))] = "",
    name: Annotated[str, typer.Option(help=tell("tokens.name"))] = "",
    scope: Annotated[ScopeName, typer.Option(help=tell("tokens.scope"))] = ScopeName.write,
    space: Annotated[str, typer.Option(help=tell("tokens.space"))] = "",
    data: Data = None,
) -> None:
    """Lists, adds, revokes or gives; a running server knows of it at the next request."""
    from sandbox.clock import fhir_instant, utc_now
    from sandbox.event.people import People
    from sandbox.event.tokens import Tokens
    from sandbox.fhir.dates import moment_of

    if action is not Action.list and not which:
        raise typer.BadParameter(tell("tokens.needs_which"), param_hint="WHICH")
    if action is Action.give and not space:
        raise typer.BadParameter(tell("tokens.needs_space"), param_hint="--space")
    with logs_at(data) as store:
        known = Tokens(store, People(store, clock=utc_now), clock=utc_now)
        if action is Action.list:
            for token in known.of(known.find_team(which).id) if which else known.all():
                until = fhir_instant(moment_of(token.until))[:10]
                reach = say(f"tokens.scope.{token.scope}", LANGUAGE)
                print(f"{token.id:<9} {token.name:<24} {reach:<20} {until}  {token.team}")
        elif action is Action.add:
            _, secret = known.make(which, name, scope=scope.value)
            print(tell("tokens.once", team=which))
            print(secret)
        elif action is Action.revoke:
            token = known.revoke(which)
            print(tell("tokens.revoked", name=token.name, team=token.team))
        else:
            known.give(space, which)
            print(tell("tokens.given", space=space, team=which))
