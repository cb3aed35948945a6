"""`$validate-code` on value sets and code systems (FHIR R4 valueset-operation-validate-code.html).

Where the definitions at hand cannot tell, the answer has no `result` of true or false to give: it
is refused as not supported, for a false "no" would be worse than none.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import NotFound, NotImplementedHere
from sandbox.fhir.json import parse_json
from sandbox.i18n import say
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import Input, parameters_reply, part, read_input
from sandbox.server.operation_types import CODED, Types
from sandbox.server.registry import interaction
from sandbox.server.search.values import fold
from sandbox.server.terms import terminology_at_hand
from sandbox.terminology.membership import Terminology

CLAUSE = "FHIR R4 valueset-operation-validate-code.html"
Coding = tuple[str | None, str]
TAKES: Types = {
    **CODED,
    "url": "text",
    "display": "text",
    "displayLanguage": "text",
    "codeableConcept": "CodeableConcept",
}


@interaction("validate-code", "GET", "ValueSet/$validate-code", level="operation")
@interaction(
    "validate-code", "POST", "ValueSet/$validate-code", level="operation", affects_state=False
)
def validate_in_value_set(call: Call, services: Services) -> Reply:
    """Tells whether a code, Coding or CodeableConcept is in the value set that `url` names."""
    given = read_input(call, TAKES)
    return _answer(call, given, str(given.needed("url")), terminology_at_hand(services))


@interaction("validate-code", "GET", "ValueSet/{id}/$validate-code", level="operation")
@interaction(
    "validate-code", "POST", "ValueSet/{id}/$validate-code", level="operation", affects_state=False
)
def validate_in_stored(call: Call, services: Services) -> Reply:
    """The same on a stored value set."""
    stored = read(call, services).body
    value_set = parse_json(stored) if isinstance(stored, bytes) else {}
    url = str(value_set.setdefault("url", f"{call.base}/ValueSet/{call.id}"))
    return _answer(call, read_input(call, TAKES), url, terminology_at_hand(services, value_set))


@interaction("validate-code", "GET", "CodeSystem/$validate-code", level="operation")
@interaction(
    "validate-code", "POST", "CodeSystem/$validate-code", level="operation", affects_state=False
)
def validate_in_system(call: Call, services: Services) -> Reply:
    """Tells whether a code is in the code system that `url` or the Coding names."""
    given = read_input(call, TAKES)
    terminology = terminology_at_hand(services)
    system, code = _codings(given)[0]
    url = given.text("url") or system or str(given.needed("url"))
    is_there = terminology.systems.has(url, code)
    if is_there is None:
        raise NotImplementedHere(
            "server.not_decidable", where="url", clause=CLAUSE, code=code, set=url, system=url
        )
    if not is_there:
        return _no(call, code, url)
    return _yes(call, given, (url, code), terminology)


def _answer(call: Call, given: Input, url: str, terminology: Terminology) -> Reply:
    if terminology.definitions.value_set(url) is None:
        raise NotFound("terminology.no_value_set", where="url", clause=CLAUSE, name=url)
    codings = _codings(given)
    verdicts = [terminology.is_member(url, system, code) for system, code in codings]
    if True in verdicts:
        return _yes(call, given, codings[verdicts.index(True)], terminology)
    system, code = codings[0]
    if None in verdicts:
        raise NotImplementedHere(
            "server.not_decidable",
            where="url",
            clause=CLAUSE,
            code=code,
            set=url,
            system=system or "-",
        )
    return _no(call, code, url)


def _yes(call: Call, given: Input, coding: Coding, terminology: Terminology) -> Reply:
    system, code = coding
    concept = terminology.systems.find(system, code) if system else None
    display = concept.display_in(given.text("displayLanguage")) if concept else ""
    stated = given.text("display") or _stated_display(given)
    known = (
        {fold(text) for text in (concept.display, *concept.displays.values())} if concept else set()
    )
    message = ""
    is_right = True
    if stated and known and fold(stated) not in known:
        # the details supplied are not those of the concept; of a part of a system other displays
        # may be right
        is_right = terminology.systems.standing(str(system)) != "complete"
        message = say(
            "server.other_display", call.language, code=code, found=stated, display=display
        )
    return parameters_reply(
        part("result", "Boolean", is_right),
        part("message", "String", message),
        part("display", "String", display),
    )


def _stated_display(given: Input) -> str:
    coding = given.first("coding")
    return str(coding.get("display", "")) if isinstance(coding, dict) else ""


def _no(call: Call, code: str, where: str) -> Reply:
    message = say("server.not_a_member", call.language, code=code, set=where)
    return parameters_reply(part("result", "Boolean", False), part("message", "String", message))


def _codings(given: Input) -> list[Coding]:
    """Reads `coding`, `codeableConcept`, or `code` with `system`; raises InvalidResource where none
    is given.
    """
    coding = given.first("coding")
    concept = given.first("codeableConcept")
    if isinstance(coding, dict):
        return [_pair(coding)]
    if isinstance(concept, dict) and isinstance(concept.get("coding"), list) and concept["coding"]:
        return [_pair(candidate) for candidate in concept["coding"] if isinstance(candidate, dict)]
    return [(given.text("system") or None, str(given.needed("code")))]


def _pair(coding: dict[str, Any]) -> Coding:
    system = coding.get("system")
    return system if isinstance(system, str) else None, str(coding.get("code", ""))
