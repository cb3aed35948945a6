"""`connectathon people`: who takes part in the event, their links and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.cli.results import logs_at
from sandbox.i18n import say
from sandbox.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from sandbox.event.people import People, Person

HERE = f"http://127.0.0.1:{DEFAULT_PORT}"


class Action(StrEnum):
    """What to do with people."""

    list = "list"
    add = "add"
    link = "link"
    contact = "contact"
    remove = "remove"
    invite = "invite"
    invitations = "invitations"
    revoke = "revoke"
    sessions = "sessions"
    end = "end"


WITHOUT_NAME = (Action.list, Action.invite, Action.invitations)


class RoleName(StrEnum):
    """The roles of an event."""

    participant = "participant"
    monitor = "monitor"
    facilitator = "facilitator"


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed beside the action."""

    name: str
    session: str
    role: str
    team: str
    country: str
    uses: int
    days: int


def people(
    action: Annotated[Action, typer.Argument(help=tell("people.action"))] = Action.list,
    name: Annotated[str, typer.Argument(help=tell("people.name"))] = "",
    session: Annotated[str, typer.Argument(help=tell("people.session"))] = "",
    role: Annotated[RoleName, typer.Option(help=tell("people.role"))] = RoleName.participant,
    team: Annotated[str, typer.Option(help=tell("people.team"))] = "",
    country: Annotated[str, typer.Option(help=tell("systems.country"))] = "",
    uses: Annotated[int, typer.Option(help=tell("people.uses"))] = 50,
    days: Annotated[int, typer.Option(help=tell("people.days"))] = 30,
    server: Annotated[
        str, typer.Option(help=tell("people.server"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    data: Data = None,
) -> None:
    """Lists, adds, links, invites or removes; a running server knows of it at the next request."""
    from sandbox.clock import utc_now
    from sandbox.event.people import People

    if (action not in WITHOUT_NAME and not name) or (action is Action.end and not session):
        raise typer.BadParameter(tell("people.which"), param_hint="NAME")
    words = Words(name, session, role.value, team, country, uses, days)
    with logs_at(data) as store:
        for line in _lines(action, words, People(store, clock=utc_now), server.rstrip("/")):
            print(line)


def _lines(action: Action, words: Words, known: People, server: str) -> Iterator[str]:
    """Does it, and yields what there is to say."""
    if action in (Action.list, Action.invitations, Action.sessions):
        yield from _listed(action, words, known)
    elif action in (Action.add, Action.link, Action.invite):
        code = _code(action, words, known)
        many = action is Action.invite
        yield (
            tell("people.many", uses=words.uses, days=words.days) if many else tell("people.once")
        )
        yield f"{server}/enter/{code}"
    elif action is Action.contact:
        contact = known.make_contact(words.name)
        yield tell("people.contact", name=contact.name, team=contact.team)
    elif action is Action.remove:
        known.remove(words.name)
        yield tell("people.removed", name=words.name)
    elif action is Action.revoke:
        team = known.revoke(words.name).team or "–"
        yield tell("people.revoked", id=words.name, team=team)
    else:
        known.sessions.end(words.session, known.named(words.name))
        yield tell("people.ended", id=words.session, name=words.name)


def _code(action: Action, words: Words, known: People) -> str:
    from sandbox.event.people import Person, Terms

    if action is Action.link:
        return known.link(words.name)
    if action is Action.invite:
        terms = Terms(words.uses, words.days)
        return known.invite(words.team, country=words.country, terms=terms)
    role: Any = words.role
    return known.add(Person(words.name, role, words.team, words.country))


def _listed(action: Action, words: Words, known: People) -> Iterator[str]:
    if action is Action.list:
        for person in known.all():
            yield _row(person)
    elif action is Action.invitations:
        for made in known.invitations():
            used = f"{made.used}/{made.most or '–'}"
            team = made.team or "–"
            yield f"{made.id:<14} {team:<20} {used:>8}  {_day(made.until)}  {made.by}".rstrip()
    else:
        for session in known.sessions.of(known.named(words.name)):
            seen = _day(session.seen) if session.seen else "–"
            row = f"{session.id:<14} {_day(session.since)}  {seen:<10}  {session.browser}"
            yield row.rstrip()


def _row(person: Person) -> str:
    role = say(f"people.role.{person.role}", LANGUAGE)
    mark = f"  ({tell('people.is_contact')})" if person.is_contact else ""
    return f"{person.name:<24} {role:<14} {person.country:<3} {person.team}{mark}".rstrip()


def _day(moment: int) -> str:
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of

    return fhir_instant(moment_of(moment))[:10]
