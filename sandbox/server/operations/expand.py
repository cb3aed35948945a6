"""`$expand`: the codes of a value set, whole or refused (FHIR R4
valueset-operation-expand.html).
"""

from __future__ import annotations

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import Input, read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction
from sandbox.server.terms import terminology_at_hand
from sandbox.terminology.expansion import ExpansionOptions, expand

CLAUSE = "FHIR R4 valueset-operation-expand.html"
# Stands in for the url of a value set sent without one: expansion looks sets up by url.
OWN = "urn:connectathon-sandbox:value-set-of-this-call"
TAKES: Types = {
    "url": "text",
    "valueSetVersion": "text",
    "filter": "text",
    "offset": "integer",
    "count": "integer",
    "displayLanguage": "text",
}


@interaction("expand", "GET", "ValueSet/$expand", level="operation")
@interaction("expand", "POST", "ValueSet/$expand", level="operation", affects_state=False)
def expand_given(call: Call, services: Services) -> Reply:
    """Expands the value set that `url` names, or the one in the body."""
    given = read_input(call, TAKES)
    own = given.first("valueSet") or given.first("resource")
    if isinstance(own, dict):
        return _expanded(own, given, services)
    url = str(given.needed("url"))
    version = given.text("valueSetVersion")
    return _expanded({"url": url + (f"|{version}" if version else "")}, given, services)


@interaction("expand", "GET", "ValueSet/{id}/$expand", level="operation")
@interaction("expand", "POST", "ValueSet/{id}/$expand", level="operation", affects_state=False)
def expand_stored(call: Call, services: Services) -> Reply:
    """Expands a stored value set."""
    stored = read(call, services).body
    return _expanded(
        parse_json(stored) if isinstance(stored, bytes) else {},
        read_input(call, TAKES),
        services,
    )


def _expanded(value_set: Json, given: Input, services: Services) -> Reply:
    if "compose" in value_set or "expansion" in value_set:
        value_set = {**value_set, "url": value_set.get("url", OWN)}
        terminology = terminology_at_hand(services, value_set)
    else:
        terminology = terminology_at_hand(services)
    url = value_set.get("url")
    if not isinstance(url, str):
        raise InvalidResource("server.operation_needs", where="url", clause=CLAUSE, name="url")
    options = ExpansionOptions(
        given.text("filter"),
        given.number("offset") or 0,
        given.number("count"),
        given.text("displayLanguage"),
    )
    page = expand(terminology, url, options)
    contains = [_contained(*row) for row in page.rows]
    kept = {
        key: value
        for key, value in value_set.items()
        if key in ("resourceType", "id", "url", "version", "name")
    }
    expansion: Json = {
        "timestamp": fhir_instant(services.clock()),
        "total": page.total,
        "offset": page.offset,
    }
    if contains:
        expansion["contains"] = contains
    body = {
        "resourceType": "ValueSet",
        **kept,
        "url": url.partition("|")[0],
        "status": value_set.get("status", "active"),
        "expansion": expansion,
    }
    return Reply(200, body)


def _contained(system: str, code: str, display: str) -> Json:
    """Returns a row of an expansion; FHIR has no empty strings, so what is unknown is absent."""
    row = {"system": system, "code": code, "display": display}
    return {name: value for name, value in row.items() if value}
