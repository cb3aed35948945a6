"""`$lookup` and `$subsumes` on code systems (FHIR R4 codesystem-operation-lookup.html,
-subsumes.html).
"""

from __future__ import annotations

from sandbox.errors import NotFound, NotImplementedHere
from sandbox.fhir.json import parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_matches
from sandbox.server.operation_input import Input, parameters_reply, part, read_input
from sandbox.server.operation_types import CODED, Types
from sandbox.server.registry import interaction
from sandbox.server.search.escaping import escape
from sandbox.server.terms import terminology_at_hand

LOOKUP = "FHIR R4 codesystem-operation-lookup.html"
SUBSUMES = "FHIR R4 codesystem-operation-subsumes.html"
LOOKUP_TAKES: Types = {
    **CODED,
    "displayLanguage": "text",
}
SUBSUMES_TAKES: Types = {
    "codeA": "text",
    "codeB": "text",
    "system": "text",
    "version": "text",
    "codingA": "Coding",
    "codingB": "Coding",
}


@interaction("lookup", "GET", "CodeSystem/$lookup", level="operation")
@interaction("lookup", "POST", "CodeSystem/$lookup", level="operation", affects_state=False)
def lookup(call: Call, services: Services) -> Reply:
    """Returns what a code means; 404 where its system lacks it, 501 where the system is not wholly
    at hand.
    """
    given = read_input(call, LOOKUP_TAKES)
    system, code = _coding(given, "coding", "code")
    systems = terminology_at_hand(services).systems
    concept = systems.find(system, code)
    if concept is None and systems.standing(system) in ("complete", "grammar"):
        raise NotFound("server.no_code", where="code", clause=LOOKUP, code=code, system=system)
    if concept is None:
        raise NotImplementedHere(
            "server.not_decidable",
            where="system",
            clause=LOOKUP,
            code=code,
            set=system,
            system=system,
        )
    return parameters_reply(
        part("name", "String", _name_of(system, call, services)),
        part("display", "String", concept.display_in(given.text("displayLanguage"))),
        *(_designation(language, text) for language, text in concept.displays.items()),
        _parent(concept.ancestors),
    )


def _name_of(system: str, call: Call, services: Services) -> str:
    """Returns the name of a code system that is stored here, else the end of its URL."""
    for row in find_matches("CodeSystem", (("url", escape(system)),), call, services, count=1):
        return str(parse_json(row.body or b"{}").get("name") or system)
    return system.rstrip("/").rpartition("/")[2]


@interaction("subsumes", "GET", "CodeSystem/$subsumes", level="operation")
@interaction("subsumes", "POST", "CodeSystem/$subsumes", level="operation", affects_state=False)
def subsumes(call: Call, services: Services) -> Reply:
    """Returns how two codes of one system relate."""
    given = read_input(call, SUBSUMES_TAKES)
    system, left = _coding(given, "codingA", "codeA")
    _, right = _coding(given, "codingB", "codeB")
    systems = terminology_at_hand(services).systems
    outcome = systems.subsumes(system, left, right)
    if outcome is None:
        raise NotImplementedHere(
            "server.not_decidable",
            where="system",
            clause=SUBSUMES,
            code=f"{left}, {right}",
            set=system,
            system=system,
        )
    return parameters_reply(part("outcome", "Code", outcome))


def _coding(given: Input, coding: str, code: str) -> tuple[str, str]:
    value = given.first(coding)
    if isinstance(value, dict):
        return str(value.get("system", "")), str(value.get("code", ""))
    return str(given.needed("system")), str(given.needed(code))


def _designation(language: str, text: str) -> dict[str, object]:
    return {
        "name": "designation",
        "part": [
            {"name": "language", "valueCode": language},
            {"name": "value", "valueString": text},
        ],
    }


def _parent(ancestors: tuple[str, ...]) -> dict[str, object] | None:
    if not ancestors:
        return None
    parts = [{"name": "code", "valueCode": "parent"}, {"name": "value", "valueCode": ancestors[-1]}]
    return {"name": "property", "part": parts}
