"""read and vread, also conditional on what the client has (FHIR R4 http.html#read, #vread,
#cread).
"""

from __future__ import annotations

from sandbox.clock import fhir_instant
from sandbox.errors import Gone, NotFound
from sandbox.fhir.dates import moment_of
from sandbox.fhir.json import parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import is_unchanged
from sandbox.server.registry import interaction
from sandbox.server.search.results import read_subset
from sandbox.server.search.subsets import take_subset
from sandbox.server.writing import version_headers
from sandbox.store.resources import Version
from sandbox.validation import knowledge_at_hand


@interaction("read", "GET", "{type}/{id}")
def read(call: Call, services: Services) -> Reply:
    """Returns the current version, or 304 where the client has it already (http.html#cread).

    Raises:
        Gone: The resource was deleted.
        InvalidSearch: `_summary` has a value that a read does not take.
        NotFound: There never was one.
    """
    stored = services.store.read(call.type, call.id)
    if stored is None:
        clause = "FHIR R4 http.html#read"
        raise NotFound(
            "server.no_resource",
            where=f"{call.type}/{call.id}",
            clause=clause,
            type=call.type,
            id=call.id,
        )
    return _reply(stored, call)


@interaction("vread", "GET", "{type}/{id}/_history/{version}")
def vread(call: Call, services: Services) -> Reply:
    """Returns one version by its number.

    Raises:
        Gone: That version is the deletion.
        NotFound: There is no such version.
    """
    stored = None
    if call.version.isdecimal() and len(call.version) < 10:
        stored = services.store.read(call.type, call.id, version=int(call.version))
    if stored is None:
        where = f"{call.type}/{call.id}/_history/{call.version}"
        raise NotFound(
            "server.no_version", where=where, clause="FHIR R4 http.html#vread", version=call.version
        )
    return _reply(stored, call)


def _reply(stored: Version, call: Call) -> Reply:
    if stored.body is None:
        where = f"{stored.type}/{stored.id}"
        clause = "FHIR R4 http.html#delete"
        raise Gone(
            "server.gone", where=where, clause=clause, place=where, last=str(stored.version - 1)
        )
    updated = moment_of(stored.updated)
    headers = version_headers(stored.version, now=fhir_instant(updated))
    if is_unchanged(call, stored.version, updated):
        return Reply(304, None, headers)
    summary, elements = read_subset(call.query)
    # The content of a Binary is one piece, which may be given raw.
    if (summary == "false" and not elements) or stored.type == "Binary":
        return Reply(200, stored.body, headers)
    types = knowledge_at_hand().types
    part = take_subset(parse_json(stored.body), types, summary=summary, elements=elements)
    return Reply(200, part, headers)
