"""The terminology that operations see: the definitions at hand, and the terminology resources stored on this server."""

from __future__ import annotations

from functools import partial

from sandbox.definitions.store import Definitions
from sandbox.definitions.stripping import strip
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Services
from sandbox.server.search_terms import Scope
from sandbox.store.resources import PageWish
from sandbox.terminology.membership import Terminology
from sandbox.validation import knowledge_at_hand

KINDS = ("CodeSystem", "ValueSet", "ConceptMap")
MOST = 500


def scope_of(call: Call, services: Services) -> Scope:
    """Returns where the query of a call is read: value sets of `:in` are also those stored here."""
    return Scope(call.base, terminology=partial(terminology_at_hand, services))


def terminology_at_hand(services: Services, *added: Json) -> Terminology:
    """Returns the terminology with what is stored here (up to MOST of each kind) and with resources of the call."""
    stored = [
        parse_json(row.body)
        for kind in KINDS
        for row in services.store.search(kind, [], PageWish(count=MOST, is_counted=False)).rows
        if row.body
    ]
    stripped = [one for one in map(strip, [*added, *stored]) if one is not None and "url" in one]
    known = knowledge_at_hand()
    return Terminology(Definitions(stripped, below=known.definitions)) if stripped else known.terminology
