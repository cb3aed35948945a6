"""`$docref`: the documents of a patient as DocumentReferences (IPA 1.1.0 OperationDefinition
docref).
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.search import search
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction

CLAUSE = "IPA 1.1.0 docref"
TAKES: Types = {
    "patient": "text",
    "start": "moment",
    "end": "moment",
    "type": "text|Coding|CodeableConcept",
    "on-demand": "boolean",
    "profile": "text",
}


@interaction("docref", "GET", "DocumentReference/$docref", level="operation")
@interaction("docref", "POST", "DocumentReference/$docref", level="operation", affects_state=False)
def docref(call: Call, services: Services) -> Reply:
    """Returns the patient's current documents, by `type` and between `start` and `end` where they
    are given.
    """
    given = read_input(call, TAKES)
    query = [("patient", str(given.needed("patient"))), ("status", "current")]
    kind = given.first("type")
    if isinstance(kind, dict):
        codings = kind.get("coding", [kind])  # a CodeableConcept has them, a Coding is one
        kind = ",".join(
            f"{coding.get('system', '')}|{coding.get('code', '')}" for coding in codings
        )
    if kind:
        query.append(("type", str(kind)))
    for name, prefix in (("start", "ge"), ("end", "le")):
        if given.text(name):
            query.append(("period", prefix + given.text(name)))
    return search(replace(call, query=tuple(query), body=None), services)
