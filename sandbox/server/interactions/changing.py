"""create, update (also as create) and delete (FHIR R4 http.html#create, #update, #delete)."""

from __future__ import annotations

import re

from sandbox.clock import fhir_instant
from sandbox.errors import BadRequest, InvalidResource, NotImplementedHere, PreconditionFailed
from sandbox.fhir.dates import milliseconds_of
from sandbox.server.call import Call, Reply, Services
from sandbox.server.registry import interaction
from sandbox.server.writing import check_resource, store_version, version_headers
from sandbox.store.resources import SearchValues, Version

UPDATE = "FHIR R4 http.html#update"
ETAG = re.compile(r'^(?:W/)?"?([^"]+)"?$')


@interaction("create", "POST", "{type}")
def create(call: Call, services: Services) -> Reply:
    """Stores a new resource under an id that the server chooses."""
    if "if-none-exist" in call.headers:
        raise NotImplementedHere("server.not_yet", where="If-None-Exist", clause=UPDATE, name="conditional create")
    resource = check_resource(call.body, call.type)
    new_id = call.id or services.new_id()  # a transaction chose the id before it rewrote the references
    with services.store.writing():
        return store_version(resource, call, services, id=new_id, version=1, method="POST")


@interaction("update", "PUT", "{type}/{id}")
def update(call: Call, services: Services) -> Reply:
    """Stores the next version, or the first one under the id that the client chose; If-Match guards it (412)."""
    resource = check_resource(call.body, call.type)
    if "id" not in resource:
        raise InvalidResource("server.no_id", where=f"{call.type}.id", clause=UPDATE, id=call.id)
    if resource["id"] != call.id:
        raise InvalidResource(
            "server.other_id", where=f"{call.type}.id", clause=UPDATE, found=resource["id"], expected=call.id
        )
    with services.store.writing():
        current = services.store.read(call.type, call.id)
        _check_if_match(call, current)
        version = current.version + 1 if current else 1
        return store_version(resource, call, services, id=call.id, version=version, method="PUT")


@interaction("delete", "DELETE", "{type}/{id}")
def delete(call: Call, services: Services) -> Reply:
    """Marks the resource as deleted; its history stays.  Deleting what is not there is no error."""
    with services.store.writing():
        current = services.store.read(call.type, call.id)
        _check_if_match(call, current)
        if current is None or current.body is None:
            return Reply(204)
        now = services.clock()
        gone = Version(call.type, call.id, current.version + 1, milliseconds_of(now), "DELETE", None)
        services.store.write(gone, SearchValues())
        return Reply(204, None, version_headers(gone.version, now=fhir_instant(now)))


def _check_if_match(call: Call, current: Version | None) -> None:
    """Version-aware changes (FHIR R4 http.html#concurrency)."""
    wanted = call.headers.get("if-match")
    if wanted is None or wanted == "*":
        return
    tag = ETAG.match(wanted.strip())
    if tag is None:
        raise BadRequest("server.bad_etag", where="If-Match", clause="FHIR R4 http.html#concurrency", value=wanted)
    have = str(current.version) if current else "0"
    if tag[1] != have:
        raise PreconditionFailed(
            "server.stale" if current else "server.stale_absent",
            where="If-Match",
            clause="FHIR R4 http.html#concurrency",
            wanted=tag[1],
            have=have,
            place=f"{call.type}/{call.id}",
        )
