"""Who acts, for the audit log: noted where a request comes in, completed when its session is known.

What is written behind it, in whatever thread, is written in this name (store/audit.py).
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from sandbox.event.people import Person
from sandbox.store.audit import ACTOR, Actor, Door


def comes_in(request: Request, door: Door, *, who: str = "") -> None:
    """Notes the door and the address of whoever sends a request, and who it is where the
    connection itself says so.
    """
    ACTOR.set(Actor(who, door=door, place=request.client.host if request.client else ""))


def is_known_as(person: Person) -> None:
    """Notes who it is."""
    known = replace(ACTOR.get(), who=person.name, role=person.role, team=person.team)
    ACTOR.set(known)
