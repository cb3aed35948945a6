"""read and vread, also conditional on what the client has (FHIR R4 http.html#read, #vread,
#cread).
"""

from __future__ import annotations

from sandbox.clock import fhir_instant
from sandbox.errors import Gone, NotFound
from sandbox.fhir.dates import moment_of
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import is_unchanged
from sandbox.server.registry import interaction
from sandbox.server.writing import version_headers
from sandbox.store.resources import Version


@interaction("read", "GET", "{type}/{id}")
def read(call: Call, services: Services) -> Reply:
    """Returns the current version, or 304 where the client has it already (http.html#cread).

    Raises:
        Gone: The resource was deleted.
        NotFound: There never was one.
    """
    found = services.store.read(call.type, call.id)
    if found is None:
        clause = "FHIR R4 http.html#read"
        raise NotFound(
            "server.no_resource",
            where=f"{call.type}/{call.id}",
            clause=clause,
            type=call.type,
            id=call.id,
        )
    return _reply(found, call)


@interaction("vread", "GET", "{type}/{id}/_history/{version}")
def vread(call: Call, services: Services) -> Reply:
    """Returns one version by its number.

    Raises:
        Gone: That version is the deletion.
        NotFound: There is no such version.
    """
    found = None
    if call.version.isdecimal() and len(call.version) < 10:
        found = services.store.read(call.type, call.id, version=int(call.version))
    if found is None:
        where = f"{call.type}/{call.id}/_history/{call.version}"
        raise NotFound(
            "server.no_version", where=where, clause="FHIR R4 http.html#vread", version=call.version
        )
    return _reply(found, call)


def _reply(found: Version, call: Call) -> Reply:
    if found.body is None:
        where = f"{found.type}/{found.id}"
        clause = "FHIR R4 http.html#delete"
        raise Gone(
            "server.gone", where=where, clause=clause, place=where, last=str(found.version - 1)
        )
    updated = moment_of(found.updated)
    headers = version_headers(found.version, now=fhir_instant(updated))
    if is_unchanged(call, found.version, updated):
        return Reply(304, None, headers)
    return Reply(200, found.body, headers)
