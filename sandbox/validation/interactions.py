"""Entries that ask for an interaction or answer one: transactions, batches, their responses, and
histories.

bdl-3 and bdl-4 say which of them have a request and a response; here is what these must hold.
"""

from __future__ import annotations

import re

from sandbox.fhir.json import Json
from sandbox.validation.bundles import Bundle
from sandbox.validation.context import Place, Validation

REQUEST = "FHIR R4 http.html#transaction"
STATUS = "FHIR R4 bundle-definitions.html#Bundle.entry.response.status"
VERSION = "FHIR R4 bundle.html#bundle-unique, http.html#history"
HTTP_STATUS = re.compile(r"[1-5][0-9]{2}(\s|$)")


def judge_interaction(validation: Validation, at: Place, entry: Json, kind: object) -> None:
    """Asks a request that stores something for its resource, and a response for the number of its
    HTTP status.

    Args:
        validation: takes the findings.
        at: the entry.
        entry: its JSON.
        kind: the type of the Bundle.
    """
    request = entry.get("request")
    response = entry.get("response")
    method = request.get("method") if isinstance(request, dict) else None
    # What these methods store is the resource of the entry; a history may leave it out (FHIR R4
    # http.html#history).
    asks_to_store = kind in ("transaction", "batch") and method in ("PUT", "POST", "PATCH")
    if asks_to_store and "resource" not in entry:
        validation.note("request_without_resource", at, clause=REQUEST, name=method, found=method)
    status = response.get("status") if isinstance(response, dict) else None
    if isinstance(status, str) and status and not HTTP_STATUS.match(status):
        validation.note(
            "response_status", at.at(at.node, "response.status"), clause=STATUS, found=status
        )


def judge_history(validation: Validation, place: Place, bundle: Bundle) -> None:
    """A history has a resource as often as it has versions of it, each once; bdl-7 leaves histories
    out.
    """
    seen: set[tuple[str, str]] = set()
    for entry in bundle.entries:
        address = entry.full_url or f"{entry.node.type}/{entry.node.value.get('id', '')}"
        version = (address, entry.version)
        if entry.version and version in seen:
            at = Place(place.node, entry.path.removesuffix(".resource"), place.resource)
            validation.note("version_twice", at, clause=VERSION, name=address, found=entry.version)
        seen.add(version)
