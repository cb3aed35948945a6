"""`connectathon allow`: known failures of a system, and private addresses of a team's systems, each
until a day.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from sandbox.cli import tell
from sandbox.cli.options import Data
from sandbox.cli.results import logs_at


class What(StrEnum):
    """What can be allowed, or what to do with it."""

    list = "list"
    known = "known"
    address = "address"


def allow(
    action: Annotated[What, typer.Argument(help=tell("allow.action"))] = What.list,
    whose: Annotated[str, typer.Argument(help=tell("allow.whose"))] = "",
    what: Annotated[str, typer.Argument(help=tell("allow.what"))] = "",
    reason: Annotated[str, typer.Option(help=tell("allow.reason"))] = "",
    until: Annotated[str, typer.Option(help=tell("allow.until"))] = "",
    end: Annotated[bool, typer.Option("--end", help=tell("allow.end"))] = False,
    data: Data = None,
) -> None:
    """Lists what is allowed today, adds to it, or ends it before its day."""
    from sandbox.clock import utc_now
    from sandbox.event.allowances import Allowance, Allowances
    from sandbox.event.identity import NO_TEAM
    from sandbox.event.known import known_team
    from sandbox.event.people import People
    from sandbox.event.systems import find_system

    with logs_at(data) as store:
        known = Allowances(store, clock=utc_now)
        if action is What.list:
            for allowance in known.all():
                words = f"{allowance.kind:<8} {allowance.whose:<20} {allowance.what:<36}"
                print(f"{words} {allowance.until}  {allowance.reason}")
            return
        kind: Literal["known", "address"] = "known" if action is What.known else "address"
        if kind == "known" and not end:
            find_system(whose, store)  # raises, with those that there are
        if end:
            known.take_back(known.find(kind, whose, what))
            print(tell("allow.ended", what=what, whose=whose))
        else:
            team = NO_TEAM
            if kind == "address":
                team = known_team(whose, People(store, clock=utc_now), store).id
            kept = known.add(Allowance(kind, whose, what, reason, until, team_id=team))
            key = "allow.known" if kind == "known" else "allow.added"
            print(tell(key, what=kept.what, whose=whose, until=until))
