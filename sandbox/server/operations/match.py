"""`$match`: which patients could be this one, and how surely (FHIR R4
patient-operation-match.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction
from sandbox.server.search.escaping import escape
from sandbox.server.search.query import parse_search
from sandbox.server.search.values import fold
from sandbox.server.terms import scope_of
from sandbox.store.resources import PageRequest

CLAUSE = "FHIR R4 patient-operation-match.html"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
# What agrees weighs this much; an identifier of the same system and value is certain.
WEIGHTS = {"family": 0.3, "given": 0.2, "birthDate": 0.3, "gender": 0.1}
CERTAIN = 0.95
PROBABLE = 0.7
POSSIBLE = 0.4
MOST = 200
TAKES: Types = {
    "onlyCertainMatches": "boolean",
    "count": "integer",
}


@interaction("match", "POST", "Patient/$match", level="operation", affects_state=False)
def match(call: Call, services: Services) -> Reply:
    """Returns the candidates, the surest first, with score and grade; `onlyCertainMatches` and
    `count` narrow them.
    """
    given = read_input(call, TAKES)
    asked = given.first("resource")
    if not isinstance(asked, dict) or asked.get("resourceType") != "Patient":
        raise InvalidResource(
            "server.operation_needs", where="resource", clause=CLAUSE, name="resource"
        )
    least = CERTAIN if given.truth("onlyCertainMatches") else POSSIBLE
    scored = []
    for body in _candidates(asked, call, services):
        resource = parse_json(body)
        score = score_of(asked, resource)
        if score >= least:
            scored.append((score, str(resource["id"]), body))
    scored.sort(key=lambda row: (-row[0], row[1]))
    count = given.number("count")
    entries = [_entry(score, id, body, call) for score, id, body in scored[:count]]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(scored)}
    return Reply(200, {**bundle, "entry": entries} if entries else bundle)


def score_of(asked: Json, known: Json) -> float:
    """Returns from 0 to 1 how well two patients agree; what one of them does not say counts neither
    way.
    """
    if set(_identifiers(asked)) & set(_identifiers(known)):
        return 1.0
    weight = agreed = 0.0
    for name, worth in WEIGHTS.items():
        wanted = set(_values(asked, name))
        stated = set(_values(known, name))
        if wanted and stated:
            weight += worth
            agreed += worth if wanted & stated else 0.0
    most = sum(WEIGHTS.values())
    # At most 0.9: without a shared identifier no match is certain. The root penalises scant
    # evidence, so that one equal name alone is not a probable match.
    return round(0.9 * agreed / weight * (weight / most) ** 0.5, 3) if weight else 0.0


def _candidates(asked: Json, call: Call, services: Services) -> list[bytes]:
    """Finds by any one thing that agrees, so that a misspelt name is found by its birth date."""
    terms = [
        ("identifier", f"{escape(system)}|{escape(value)}") for system, value in _identifiers(asked)
    ]
    terms += [("family", escape(family)) for family in _values(asked, "family")]
    terms += [("birthdate", escape(date)) for date in _values(asked, "birthDate")]
    bodies: dict[str, bytes] = {}
    for name, value in terms:
        criteria = parse_search("Patient", ((name, value),), scope_of(call, services))
        page = services.store.search("Patient", criteria, PageRequest(count=MOST, is_counted=False))
        bodies |= {row.id: row.body for row in page.rows if row.body}
    return list(bodies.values())


def _identifiers(patient: Json) -> Iterator[tuple[str, str]]:
    identifiers = patient.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else ():
        if (
            isinstance(identifier, dict)
            and isinstance(identifier.get("value"), str)
            and isinstance(identifier.get("system"), str)
        ):
            yield identifier["system"], identifier["value"]


def _values(patient: Json, name: str) -> Iterator[str]:
    if name in ("birthDate", "gender"):
        if isinstance(patient.get(name), str):
            yield patient[name]
        return
    names = patient.get("name")
    for human_name in names if isinstance(names, list) else ():
        part = human_name.get(name) if isinstance(human_name, dict) else None
        yield from (
            fold(text)
            for text in (part if isinstance(part, list) else [part])
            if isinstance(text, str)
        )


def _entry(score: float, id: str, body: bytes, call: Call) -> Json:
    grade = "certain" if score >= CERTAIN else "probable" if score >= PROBABLE else "possible"
    return {
        "fullUrl": f"{call.base}/Patient/{id}",
        "resource": orjson.Fragment(body),
        "search": {
            "extension": [{"url": GRADE, "valueCode": grade}],
            "mode": "match",
            "score": score,
        },
    }
