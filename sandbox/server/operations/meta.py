"""`$meta`, `$meta-add` and `$meta-delete` (FHIR R4 resource-operation-meta.html)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, as_list, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import parameters_reply, read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction
from sandbox.server.writing import store_version

CLAUSE = "FHIR R4 resource-operation-meta-add.html"
LISTS = ("profile", "security", "tag")
Change = Callable[[list[Any], list[Any]], list[Any]]
TAKES: Types = {"meta": "Meta"}


@interaction("meta", "GET", "{type}/{id}/$meta", level="operation")
def meta(call: Call, services: Services) -> Reply:
    """Returns the meta of a resource."""
    return parameters_reply(
        {"name": "return", "valueMeta": _current(call, services).get("meta", {})}
    )


@interaction("meta-add", "POST", "{type}/{id}/$meta-add", level="operation", affects_state=True)
def meta_add(call: Call, services: Services) -> Reply:
    """Adds profiles, security labels and tags that are not there yet."""
    return _changed(
        call, services, lambda own, given: [*own, *(value for value in given if value not in own)]
    )


@interaction(
    "meta-delete", "POST", "{type}/{id}/$meta-delete", level="operation", affects_state=True
)
def meta_delete(call: Call, services: Services) -> Reply:
    """Takes profiles, security labels and tags away; what is not there is no error."""
    return _changed(
        call, services, lambda own, given: [value for value in own if value not in given]
    )


def _changed(call: Call, services: Services, change: Change) -> Reply:
    given = read_input(call, TAKES).first("meta")
    if not isinstance(given, dict):
        raise InvalidResource("server.operation_needs", where="meta", clause=CLAUSE, name="meta")
    with services.store.writing():
        resource = _current(call, services)
        own: Json = dict(resource.get("meta", {}))
        for name in LISTS:
            changed = change(as_list(own.get(name)), as_list(given.get(name)))
            own = (
                {**own, name: changed}
                if changed
                else {key: value for key, value in own.items() if key != name}
            )
        current = services.store.read(call.type, call.id)
        version = current.version + 1 if current else 1
        reply = store_version(
            {**resource, "meta": own}, call, services, id=call.id, version=version, method="PUT"
        )
    stored = parse_json(reply.body) if isinstance(reply.body, bytes) else {}
    return parameters_reply({"name": "return", "valueMeta": stored["meta"]})


def _current(call: Call, services: Services) -> Json:
    body = read(call, services).body
    resource: Json = parse_json(body) if isinstance(body, bytes) else {}
    return resource
