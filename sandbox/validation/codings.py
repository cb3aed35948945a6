"""Codings by themselves, whatever binding they stand under: does the system have this code, and this display?

(FHIR R4 datatypes.html#Coding: the code is one of the system; the display follows the rules of the system.)
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.terminology.ucum import UCUM
from sandbox.validation.context import Place, Validation

CODING = "FHIR R4 datatypes.html#Coding"
IDENTIFIER = "FHIR R4 datatypes.html#Identifier"
URIS = "urn:ietf:rfc:3986"
ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:\S")
URN = re.compile(r"^urn:[A-Za-z0-9][A-Za-z0-9-]{1,31}:[A-Za-z0-9()+,.:=@;$_!*'%/?#-]+$")
RELATIVE = re.compile(r"^[A-Z][A-Za-z]+(/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?(#.*)?|\?\S+)$")
QUANTITY = "FHIR R4 datatypes.html#Quantity"


def judge_coding(validation: Validation, place: Place) -> None:
    """Judges code and display of a Coding whose system is wholly at hand; another version of it is not judged."""
    value = place.node.value
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str):
        return
    systems = validation.knowledge.terminology.systems
    if systems.standing(system) not in ("complete", "grammar"):
        return
    concept = systems.find(system, code)
    if concept is None:
        if not value.get("version"):
            validation.note("unknown_code", place, clause=CODING, name=code, system=system, found=code)
        return
    shown = value.get("display")
    if isinstance(shown, str) and systems.standing(system) == "complete" and concept.display:
        known = {_folded(concept.display), *map(_folded, concept.displays.values())}
        if _folded(shown) not in known:
            validation.note(
                "other_display", place, severity="information", clause=CODING, expected=concept.display, found=shown
            )


def judge_quantity(validation: Validation, place: Place) -> None:
    """Judges the coded unit of a Quantity, UCUM or any other system that is wholly at hand."""
    value: dict[str, Any] = place.node.value
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str):
        return
    if validation.knowledge.terminology.systems.has(system, code) is False:
        if system == UCUM:
            validation.note("unknown_unit", place, clause=QUANTITY, found=code)
        else:
            validation.note("unknown_code", place, clause=QUANTITY, name=code, system=system, found=code)


def judge_identifier(validation: Validation, place: Place) -> None:
    """An identifier of the system urn:ietf:rfc:3986 is a URI (FHIR R4 datatypes.html#Identifier)."""
    value = place.node.value
    text, system = value.get("value"), value.get("system")
    if isinstance(system, str) and system and not ABSOLUTE.match(system):
        validation.note("identifier_system", place.at(place.node, "system"), clause=IDENTIFIER, found=system)
    if system == URIS and isinstance(text, str) and not ABSOLUTE.match(text):
        validation.note("identifier_uri", place.at(place.node, "value"), clause=IDENTIFIER, found=text)


def judge_reference(validation: Validation, place: Place) -> None:
    """A literal reference is `#id`, absolute, or `Type/id` (FHIR R4 references.html#literal)."""
    text = place.node.value.get("reference")
    if not isinstance(text, str) or not text or text.startswith("#"):
        return
    if text.startswith("urn:"):
        is_right = URN.match(text) is not None
    else:
        is_right = ABSOLUTE.match(text) is not None or RELATIVE.match(text) is not None
    if not is_right:
        at = place.at(place.node, "reference")
        validation.note("reference_format", at, clause="FHIR R4 references.html#literal", found=text)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
