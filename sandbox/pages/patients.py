"""Patients of this server as pages find them: by name and identifier, by its own search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from starlette.requests import Request

from sandbox.errors import SandboxError
from sandbox.fhir.json import as_list, member, parse_json, write_json
from sandbox.pages.home import page_language
from sandbox.pages.matching import Entry
from sandbox.server.call import Call
from sandbox.server.interactions.search import search as search_server
from sandbox.web.requests import fhir_base_of


def patients_like(request: Request, query: str, *, most: int) -> Iterator[Entry]:
    """Yields patients by a part of their name, by an identifier or by their id, each once.

    Args:
        request: Of the application whose main data is searched.
        query: What somebody typed.
        most: How many of each kind of hit.
    """
    # what has a meaning in a search parameter is none of a name (FHIR R4 search.html#escaping)
    words = [word for word in query.split() if not set(word) & set("|,$\\")]
    by_name = tuple(("name:contains", word) for word in words)
    together = "".join(words)
    met: dict[str, Entry] = {}
    for wanted in (by_name, (("identifier", together),), (("_id", together),)) if words else ():
        call = Call(
            fhir_base_of(request),
            page_language(request),
            type="Patient",
            query=(*wanted, ("_count", str(most))),
        )
        with suppress(SandboxError):
            reply = search_server(call, request.app.state.services)
            # what the store holds goes into a reply as bytes, which nobody has read
            bundle = parse_json(write_json(reply.body or {}))
            for found in as_list(member(bundle, "entry")):
                entry = _patient(member(found, "resource"), query)
                met[entry.id] = entry
    yield from met.values()


def _patient(patient: object, query: str) -> Entry:
    id = str(member(patient, "id"))
    name = next(iter(as_list(member(patient, "name"))), None)
    words = [*as_list(member(name, "given")), member(name, "family"), member(name, "text")]
    shown_name = " ".join(dict.fromkeys(word for word in words if isinstance(word, str)))
    note = str(member(patient, "birthDate") or "")
    # the server has found it by what it knows of names and identifiers
    return Entry(shown_name or id, f"ips/patient/{id}", id, note, more=query)
