"""The OpenAPI description of the FHIR server, written from what is registered: for tools that make
clients or fuzz.
"""

from __future__ import annotations

from functools import cache

from sandbox import __version__
from sandbox.definitions.r4 import resource_types
from sandbox.fhir.json import Json
from sandbox.server.formats import FHIR_JSON, FHIR_XML, FORM, JSON_PATCH
from sandbox.server.registry import INTERACTIONS, Interaction

SPECIFICATION = "https://hl7.org/fhir/R4/"
CONTROLS = (
    "_id",
    "_lastUpdated",
    "_count",
    "_sort",
    "_summary",
    "_elements",
    "_include",
    "_revinclude",
    "_total",
)
QUERY = {
    "read": ("_summary", "_elements"),
    "vread": ("_summary", "_elements"),
    "search-type": CONTROLS,
    "search-system": ("_type", *CONTROLS),
    "history-instance": ("_count", "_since", "_at"),
    "history-type": ("_count", "_since", "_at"),
    "history-system": ("_count", "_since", "_at"),
}
HEADERS = {
    "create": ("If-None-Exist", "Prefer"),
    "update": ("If-Match", "Prefer"),
    "patch": ("If-Match", "Prefer"),
    "delete": ("If-Match",),
    "read": ("If-None-Match", "If-Modified-Since"),
    "vread": ("If-None-Match", "If-Modified-Since"),
}
RESOURCE: Json = {"$ref": "#/components/schemas/Resource"}
TEXT: Json = {"type": "string"}
# With these the query is a search or a condition: its names are those of the type's parameters.
FREE = (
    "search-type",
    "search-system",
    "search-compartment",
    "update",
    "patch",
    "delete",
)


@cache
def openapi_description() -> Json:
    """Returns the description (OpenAPI 3.1); paths are relative to the root of the server."""
    paths: dict[str, Json] = {}
    for known in INTERACTIONS:
        place = paths.setdefault("/".join(["/fhir", *known.pattern]), {})
        place[known.method.lower()] = _operation(known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Connectathon sandbox: FHIR R4", "version": __version__},
        "paths": paths,
        "components": {"schemas": {"Resource": _resource()}},
    }


def _operation(known: Interaction) -> Json:
    words = [word.strip("{}$_") for word in known.pattern if word]
    operation: Json = {
        # Codes repeat (search by GET and by POST), but an operationId must be unique (OpenAPI 3.1).
        "operationId": "-".join([known.code, known.method.lower(), *words]),
        "externalDocs": {
            "url": SPECIFICATION
            + ("operations.html" if known.level == "operation" else "http.html")
        },
        "parameters": _parameters(known),
        "responses": {
            "default": {
                "description": "FHIR",
                "content": _content({"$ref": "#/components/schemas/Resource"}),
            }
        },
    }
    if known.method in ("POST", "PUT", "PATCH"):
        operation["requestBody"] = {"required": known.level != "operation", "content": _body(known)}
    return operation


def _parameters(known: Interaction) -> list[Json]:
    schemas: dict[str, Json] = {
        "type": {"type": "string", "enum": sorted(resource_types())},
        "id": {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"},
        "version": {"type": "integer", "minimum": 1},
    }
    schemas["member"] = {"type": "string", "enum": ["*", *sorted(resource_types())]}
    inside = [word.strip("{}") for word in known.pattern if word.startswith("{")]
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": schemas[name]} for name in inside
    ]
    parameters += [
        {"name": name, "in": "query", "schema": TEXT} for name in QUERY.get(known.code, ())
    ]
    parameters += [
        {"name": name, "in": "header", "schema": TEXT} for name in HEADERS.get(known.code, ())
    ]
    if known.code in FREE or known.level == "operation":
        anything = {"type": "object", "additionalProperties": TEXT}
        parameters.append(
            {
                "name": "parameters",
                "in": "query",
                "style": "form",
                "explode": True,
                "schema": anything,
            }
        )
    return parameters


def _body(known: Interaction) -> Json:
    if known.pattern[-1:] == ("_search",):
        return {FORM: {"schema": {"type": "object", "additionalProperties": TEXT}}}
    resource = _content(RESOURCE)
    if known.code == "patch":
        step = {
            "type": "object",
            "properties": dict.fromkeys(("op", "path", "from", "value"), TEXT),
        }
        return {JSON_PATCH: {"schema": {"type": "array", "items": step}}, **resource}
    return resource


def _content(schema: Json) -> Json:
    return {FHIR_JSON: {"schema": schema}, FHIR_XML: {"schema": TEXT}}


def _resource() -> Json:
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {
            "resourceType": {"type": "string", "enum": sorted(resource_types())},
            "id": TEXT,
        },
    }
