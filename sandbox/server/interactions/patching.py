"""patch, by JSON Patch, FHIRPath Patch or JSON Merge Patch, also conditional (FHIR R4
http.html#patch).
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.errors import InvalidResource, NotFound
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import check_preconditions, find_one
from sandbox.server.formats import JSON_PATCH, MERGE_PATCH, media_type
from sandbox.server.interactions.reading import read
from sandbox.server.patches import apply_fhirpath_patch, apply_json_patch, apply_merge_patch
from sandbox.server.registry import interaction
from sandbox.server.writing import check_resource, store_version

CLAUSE = "FHIR R4 http.html#patch"
PLAIN_JSON = ("application/json", "text/json")


@interaction("patch", "PATCH", "{type}/{id}")
def patch(call: Call, services: Services) -> Reply:
    """Changes the current version by a JSON Patch, a FHIRPath Patch or a JSON Merge Patch.

    Raises:
        Gone: The resource was deleted.
        InvalidResource: The patch cannot be carried out, or changes the identity of the resource.
        NotFound: There is no such resource.
        PreconditionFailed: If-Match names another version than the current one.
    """
    with services.store.writing():
        # Without headers: a conditional read could answer 304, with no resource to patch.
        stored = read(replace(call, headers={}), services).body
        current = services.store.read(call.type, call.id)
        check_preconditions(call, current)
        before: Json = parse_json(stored) if isinstance(stored, bytes) else {}
        changed = check_resource(_patched(before, call), call.type)
        for name in ("id", "resourceType"):
            if changed.get(name) != before.get(name):
                raise InvalidResource(
                    "server.patch_identity", where=f"{call.type}.{name}", clause=CLAUSE, name=name
                )
        version = current.version + 1 if current else 1
        return store_version(changed, call, services, id=call.id, version=version, method="PATCH")


@interaction("patch", "PATCH", "{type}", level="conditional")
def patch_conditionally(call: Call, services: Services) -> Reply:
    """Changes the one resource that the query means (FHIR R4 http.html#patch).

    Raises:
        NotFound: Nothing matches.
        PreconditionFailed: Several resources match.
    """
    with services.store.writing():
        match = find_one(call.type, call.query, call, services)
        if match is None:
            raise NotFound("server.no_match", where=call.type, clause=CLAUSE, type=call.type)
        return patch(replace(call, id=match.id, query=()), services)


def _patched(resource: Json, call: Call) -> Json:
    body = call.body
    # a JSON Patch as an entry of a transaction
    if isinstance(body, dict) and body.get("resourceType") == "Binary":
        body = _content_of(body)
    if isinstance(body, list):
        return apply_json_patch(resource, body)
    if isinstance(body, dict) and body.get("resourceType") == "Parameters":
        return apply_fhirpath_patch(resource, body)
    # R4 knows no merge patch; clients of other servers send it, also as plain JSON, without a
    # resourceType.
    kind = media_type(call.headers.get("content-type", ""))
    if isinstance(body, dict) and (
        kind == MERGE_PATCH or (kind in PLAIN_JSON and "resourceType" not in body)
    ):
        return apply_merge_patch(resource, body)
    raise InvalidResource("server.no_patch", where="body", clause=CLAUSE)


def _content_of(binary: Json) -> object:
    if binary.get("contentType") != JSON_PATCH:
        raise InvalidResource("server.no_patch", where="Binary.contentType", clause=CLAUSE)
    content = read_base64(binary.get("data", ""))
    if content is None:
        raise InvalidResource("server.no_patch", where="Binary.data", clause=CLAUSE)
    return parse_json(content)
