"""`$translate` by the concept maps at hand, both ways (FHIR R4
conceptmap-operation-translate.html).
"""

from __future__ import annotations

from sandbox.fhir.json import Json
from sandbox.i18n import say
from sandbox.server.call import Call, Reply, Services
from sandbox.server.operation_input import parameters_reply, part, read_input
from sandbox.server.operation_types import CODED, Types
from sandbox.server.registry import interaction
from sandbox.server.terms import terminology_at_hand
from sandbox.terminology.translation import Match, Question, translate

TAKES: Types = {
    **CODED,
    "url": "text",
    "targetsystem": "text",
    "reverse": "boolean",
}


@interaction("translate", "GET", "ConceptMap/$translate", level="operation")
@interaction("translate", "POST", "ConceptMap/$translate", level="operation", affects_state=False)
def translate_code(call: Call, services: Services) -> Reply:
    """Returns the matches of a code; `result` is false, with a message, where there is none."""
    given = read_input(call, TAKES)
    coding = given.first("coding")
    asked = (
        coding
        if isinstance(coding, dict)
        else {"system": given.text("system"), "code": given.needed("code")}
    )
    question = Question(
        str(asked.get("system", "")),
        str(asked.get("code", "")),
        target=given.text("targetsystem"),
        concept_map=given.text("url"),
        reverse=given.truth("reverse"),
    )
    terminology = terminology_at_hand(services)
    matches = translate(terminology.definitions, question)
    is_found = any(match.is_match for match in matches)
    message = "" if is_found else say("server.no_translation", call.language, code=question.code)
    return parameters_reply(
        part("result", "Boolean", is_found),
        part("message", "String", message),
        *(_match(match) for match in matches if match.code),
    )


def _match(match: Match) -> Json:
    coding = {
        key: value
        for key, value in (
            ("system", match.system),
            ("code", match.code),
            ("display", match.display),
        )
        if value
    }
    return {
        "name": "match",
        "part": [
            {"name": "equivalence", "valueCode": match.equivalence},
            {"name": "concept", "valueCoding": coding},
            {"name": "source", "valueUri": match.source},
        ],
    }
