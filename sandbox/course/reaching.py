"""What a notebook reaches of a system elsewhere: Binder lets a session call few ports and lets
nobody in, which is said before anything waits for an answer that never comes.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from sandbox.course.cards import Card
from sandbox.course.client import Client
from sandbox.i18n import Language, say

# those to which mybinder.org lets a session connect (its values.yaml, egress of August 2026)
BINDER_PORTS = frozenset({80, 443, 873, 1094, 1095, 4001, 9418, 16286})
USUAL = {"http": 80, "https": 443}
OWN = ("127.0.0.1", "localhost", "::1")


def is_on_binder() -> bool:
    """Tells whether this is a session that a BinderHub started: it sets these variables."""
    return any(os.environ.get(name) for name in ("BINDER_LAUNCH_HOST", "BINDER_SERVICE_HOST"))


def refusal_of(address: str, language: Language) -> Card | None:
    """Returns why an address is never reached from here; None where it may be.

    Args:
        address: Of a system, or its alias.
        language: Of the card.
    """
    if not is_on_binder():
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or USUAL.get(parts.scheme, 0)
    except ValueError:  # the client says what is wrong with it
        return None
    if not port or port in BINDER_PORTS or parts.hostname in OWN:
        return None
    heading = say("course.binder.port", language, port=port)
    return Card(
        "error", language, heading, [(say("course.label.next", language), _where(language))]
    )


def inbox_rows(language: Language) -> list[tuple[str, str]]:
    """Returns what is said beside an inbox: on Binder nobody outside can send anything to it."""
    if not is_on_binder():
        return []
    row = f"{say('course.binder.inbox', language)} {_where(language)}"
    return [(say("course.label.next", language), row)]


def client_of(named: str, language: Language) -> Client:
    """Returns a client of a FHIR base, or of the system that is registered on this machine by an
    alias; raises NotFound where none is.
    """
    from sandbox.course.own_system import Beneath, is_alias, own_system

    if not is_alias(named):
        return Client(named, language=language)
    system, way = own_system(named)
    return Client(system.base, language=language, transport=Beneath(way))


def _where(language: Language) -> str:
    return say("course.binder.elsewhere", language)
