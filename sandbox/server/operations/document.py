"""`$document`: a Composition with all that it refers to, as a document
(composition-operation-document.html).
"""

from __future__ import annotations

import uuid

import orjson

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource, TooLarge
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.references import parse_reference, walk_references
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction
from sandbox.server.writing import store_version
from sandbox.store.resources import Version

CLAUSE = "FHIR R4 composition-operation-document.html"
MOST = 1000
SPACE = uuid.UUID("0d6a7b52-93c1-4f0e-8a55-6a8f6f6f3c11")  # of names of documents made here
TAKES: Types = {
    "persist": "boolean",
    "graph": "text",
}


@interaction("document", "GET", "Composition/{id}/$document", level="operation")
@interaction(
    "document", "POST", "Composition/{id}/$document", level="operation", affects_state=True
)
def document(call: Call, services: Services) -> Reply:
    """Returns the document; with `persist` it is stored too.  A reference that leads to nothing
    here is an error.
    """
    composition = read(call, services)
    rows = _reached(call, services)
    first = parse_json(composition.body) if isinstance(composition.body, bytes) else {}
    identifier = first.get("identifier")
    # A document must have an identifier (bdl-9); the same version always gets the same one.
    if not (isinstance(identifier, dict) and "system" in identifier and "value" in identifier):
        version = first.get("meta", {}).get("versionId", "1")
        name = uuid.uuid5(SPACE, f"{call.base}/Composition/{call.id}/{version}")
        identifier = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{name}"}
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": identifier,
        "timestamp": fhir_instant(services.clock()),
        "entry": [
            {
                "fullUrl": f"{call.base}/{row.type}/{row.id}",
                "resource": orjson.Fragment(row.body or b""),
            }
            for row in rows
        ],
    }
    if not read_input(call, TAKES).truth("persist"):
        return Reply(200, bundle)
    with services.store.writing():
        # The entries are still raw bytes; extracting search values needs them parsed.
        plain = parse_json(orjson.dumps(bundle))
        return store_version(plain, call, services, id=services.new_id(), version=1, method="POST")


def _reached(call: Call, services: Services) -> list[Version]:
    """Follows every local reference from the Composition on."""
    rows: dict[tuple[str, str], Version] = {}
    waiting = [("Composition", call.id, f"Composition/{call.id}")]
    while waiting:
        type, id, where = waiting.pop(0)
        if (type, id) in rows:
            continue
        row = services.store.read(type, id)
        if row is None or row.body is None:
            raise InvalidResource(
                "server.document_lacks", where=where, clause=CLAUSE, reference=f"{type}/{id}"
            )
        if len(rows) == MOST:
            raise TooLarge("server.too_many_resources", where=where, clause=CLAUSE, limit=MOST)
        rows[type, id] = row
        for path, text in walk_references(parse_json(row.body)):
            literal = parse_reference(text)
            if literal and literal.base in ("", call.base):
                waiting.append((literal.type, literal.id, f"{type}/{id}{path}"))
    return list(rows.values())
