"""Codings by themselves, whatever binding they stand under: does the system have this code, and
this display?

Every coding has a verdict; what cannot be decided is said to be not checked, once for each system
with a count (FHIR R4 datatypes.html#Coding: the code is one of the system; the display follows the
rules of the system).
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.findings import Severity
from sandbox.terminology.asking import CODE_CLAUSE, Question
from sandbox.terminology.naming import is_absolute
from sandbox.terminology.ucum import UCUM
from sandbox.terminology.verdicts import Verdict
from sandbox.validation.context import Place, Validation

CODING = "FHIR R4 datatypes.html#Coding"
IDENTIFIER = "FHIR R4 datatypes.html#Identifier"
QUANTITY = "FHIR R4 datatypes.html#Quantity"
SYSTEMS = "FHIR R4 terminologies-systems.html"
DURATION = "FHIR R4 datatypes.html#Duration drt-1"
PROPERTIES = "FHIR R4 codesystem.html#defined-props"
URIS = "urn:ietf:rfc:3986"
LITERAL = "FHIR R4 references.html#literal"
TRULES = "FHIR R4 http.html#trules"
CONDITIONAL = ("transaction", "batch")
UUID = re.compile(r"^urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(#.*)?$")
URN = re.compile(r"^urn:[A-Za-z0-9][A-Za-z0-9-]{1,31}:[A-Za-z0-9()+,.:=@;$_!*'%/?#-]+$")
RELATIVE = re.compile(
    r"^(?P<type>[A-Z][A-Za-z]+)(/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?(#.*)?|\?\S+)$"
)
# Verdicts about the system, which `causes` tells once for all its codes: (severity, clause).
OF_SYSTEM: dict[str, tuple[Severity, str]] = {
    "code_not_checked": ("information", CODING),
    "system_misspelt": ("warning", SYSTEMS),
    "system_relative": ("error", CODING),
    "system_is_value_set": ("error", CODING),
    "system_is_supplement": ("warning", "FHIR R4 codesystem.html#supplements"),
}
# A deprecated code may still be used (FHIR R4 codesystem.html#defined-props).
OF_STANDING: dict[str, Severity] = {
    "inactive": "warning",
    "abstract": "warning",
    "deprecated": "information",
}
# How it is said where the right system is known.
NAMED = {"system_relative": "system_misspelt", "system_is_value_set": "system_of_value_set"}
CHECK_DIGITS = {
    "http://loinc.org": "LOINC Users' Guide, check digit; FHIR R4 loinc.html",
    "http://snomed.info/sct": "SNOMED CT Release File Specifications, SCTID; FHIR R4 snomedct.html",
}


def judge_coding(validation: Validation, place: Place) -> None:
    """Gives a Coding its verdict; what is not at hand is asked of the terminology server where
    there is one.
    """
    _judge(validation, place, CODING)


def judge_quantity(validation: Validation, place: Place) -> None:
    """Gives the coded unit of a Quantity its verdict; a code without system breaks an invariant
    (qty-3).
    """
    if place.node.value.get("system"):
        _judge(validation, place, QUANTITY)
    if (
        place.node.type == "Duration"
        and "value" in place.node.value
        and "code" not in place.node.value
    ):
        # The sentence of drt-1 asks for it; its expression does not, and two of R4's own examples
        # go without.
        validation.note(
            "duration_code",
            place,
            severity="warning",
            clause=DURATION,
            found=place.node.value["value"],
        )


def _judge(validation: Validation, place: Place, clause: str) -> None:
    value: dict[str, Any] = place.node.value
    system = value.get("system")
    code = value.get("code")
    version = value.get("version")
    if not isinstance(code, str) or not code:
        return
    if system is None:
        validation.note("no_system", place, severity="warning", clause=clause, found=code)
    if not isinstance(system, str) or not system.strip():
        return
    verdict = validation.knowledge.terminology.judge_code(
        system, code, version if isinstance(version, str) else ""
    )
    if verdict.kind == "code_not_checked" and validation.asker:
        verdict = _asked(
            validation, place, Question(system, code, version if isinstance(version, str) else "")
        )
    if verdict.kind == "known":
        _judge_display(validation, place, verdict)
        _judge_standing(validation, place, verdict)
    elif verdict.kind in OF_SYSTEM:
        _note_wrong_system(validation, place, verdict)
    else:
        _note_wrong_code(validation, place, verdict, clause)


def _note_wrong_system(validation: Validation, place: Place, verdict: Verdict) -> None:
    severity, clause = OF_SYSTEM[verdict.kind]
    kind = NAMED[verdict.kind] if verdict.expected and verdict.kind in NAMED else verdict.kind
    validation.note(
        kind,
        place,
        severity=severity,
        clause=clause,
        name=place.node.value["system"],
        expected=verdict.expected,
        found=place.node.value["code"],
    )


def _note_wrong_code(validation: Validation, place: Place, verdict: Verdict, clause: str) -> None:
    system: str = place.node.value["system"]
    code: str = place.node.value["code"]
    if verdict.kind == "unknown_code":
        if system == UCUM:
            validation.note("unknown_unit", place, clause=clause, found=code)
        else:
            validation.note(
                "unknown_code", place, clause=clause, name=code, system=system, found=code
            )
    elif verdict.kind == "impossible_code":
        # The list of codes is not at hand: a mistyped digit is as good as sure, but no SHALL that
        # is seen broken.
        validation.note(
            "impossible_code",
            place,
            severity="warning",
            clause=CHECK_DIGITS[system],
            name=code,
            system=system,
            found=code,
        )
    elif verdict.kind == "code_case":
        validation.note(
            "code_case",
            place,
            clause=clause,
            name=code,
            system=system,
            expected=verdict.expected,
            found=code,
        )


def _asked(validation: Validation, place: Place, question: Question) -> Verdict:
    """Asks the terminology server; its no is a finding of its own that names it."""
    asker = validation.asker
    answer = asker.ask(question) if asker else None
    if asker is None or answer is None or answer.is_right is None:
        if asker and answer and answer.failure:
            note_silence(validation, place, question.code, answer.failure)
            return Verdict("asked")
        return Verdict("code_not_checked")
    shown = place.node.value.get("display")
    if not answer.is_right:
        validation.note(
            "server_knows_no_code",
            place,
            clause=CODE_CLAUSE,
            name=question.code,
            system=question.system,
            server=asker.name,
            found=question.code,
        )
    elif isinstance(shown, str) and answer.display and _folded(shown) != _folded(answer.display):
        validation.note(
            "other_display",
            place,
            severity="information",
            clause=CODING,
            expected=answer.display,
            found=shown,
        )
    return Verdict("asked")


def note_silence(validation: Validation, place: Place, code: str, reason: str) -> None:
    """Says that the terminology server did not answer, once for all codes that it was asked for."""
    server = validation.asker.name if validation.asker else ""
    validation.note(
        "server_silent",
        place,
        severity="information",
        clause=CODE_CLAUSE,
        name=server,
        expected=reason,
        found=code,
    )


def _judge_display(validation: Validation, place: Place, verdict: Verdict) -> None:
    shown = place.node.value.get("display")
    concept = verdict.concept
    if not isinstance(shown, str) or concept is None or not concept.display:
        return
    if validation.knowledge.terminology.systems.standing(place.node.value["system"]) != "complete":
        return
    known = {_folded(concept.display), *map(_folded, concept.displays.values())}
    if _folded(shown) not in known:
        validation.note(
            "other_display",
            place,
            severity="information",
            clause=CODING,
            expected=concept.display,
            found=shown,
        )


def _judge_standing(validation: Validation, place: Place, verdict: Verdict) -> None:
    """Advises against a code that its system retired, only groups others by, or lets fade out; R4
    forbids none.
    """
    standing = verdict.concept.standing if verdict.concept else ""
    if standing:
        code = place.node.value["code"]
        validation.note(
            f"code_{standing}",
            place,
            severity=OF_STANDING[standing],
            clause=PROPERTIES,
            name=code,
            system=place.node.value["system"],
            found=code,
        )


def judge_identifier(validation: Validation, place: Place) -> None:
    """Its system is absolute; a value of urn:ietf:rfc:3986 is a URI (FHIR R4
    datatypes.html#Identifier).
    """
    value = place.node.value
    text = value.get("value")
    system = value.get("system")
    if isinstance(system, str) and system and not is_absolute(system):
        validation.note(
            "identifier_system", place.at(place.node, "system"), clause=IDENTIFIER, found=system
        )
    if system == URIS and isinstance(text, str) and not is_absolute(text):
        validation.note(
            "identifier_uri", place.at(place.node, "value"), clause=IDENTIFIER, found=text
        )


def judge_reference(validation: Validation, place: Place) -> None:
    """A literal reference is `#id`, absolute, or `Type/id` of a type of R4 (FHIR R4
    references.html#literal).
    """
    text = place.node.value.get("reference")
    if not isinstance(text, str) or not text or text.startswith("#"):
        return
    at = place.at(place.node, "reference")
    relative = RELATIVE.match(text)
    is_right = (
        URN.match(text) is not None
        if text.startswith("urn:")
        else is_absolute(text) or relative is not None
    )
    if not is_right:
        validation.note("reference_format", at, clause=LITERAL, found=text)
    elif text.startswith("urn:uuid:") and not UUID.match(text):
        # RFC 4122 is broken, R4's own pattern for a string is not: HL7's validator lets such a name
        # pass.
        validation.note("reference_format", at, severity="warning", clause=LITERAL, found=text)
    elif relative and relative["type"] not in resource_types():
        near = nearest(relative["type"], sorted(resource_types()))
        validation.note("unknown_type", at, clause=LITERAL, expected=near, found=relative["type"])
    elif relative and "?" in text:
        _judge_conditional(validation, at, text)


def _judge_conditional(validation: Validation, at: Place, text: str) -> None:
    """A search in place of a reference is for transactions; a resource on its own may become part
    of one.
    """
    kind = validation.bundle.value.get("type") if validation.bundle else None
    if kind in CONDITIONAL:
        return
    severity: Severity = "error" if validation.bundle else "warning"
    validation.note(
        "conditional_reference", at, severity=severity, clause=f"{TRULES}, {LITERAL}", found=text
    )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
