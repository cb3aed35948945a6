"""Codings: systems as people write them, codes, displays and check digits (datatypes.html#Coding, terminologies.html)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import Place, catalogue, pick, pick_any
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 datatypes.html#Coding"
SYSTEMS = "FHIR R4 terminologies-systems.html"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
HL7 = "http://terminology.hl7.org/CodeSystem/"


def _coding(
    name: str, rule: str, system: str, edit: Callable[[Json], Any], expected: Expected
) -> None:
    """Registers a change to a random Coding of a system that starts so."""

    @kind(f"coding: {name}", rule, expected=expected)
    def change(resource: Json, random: random.Random) -> bool:
        place = pick(
            resource,
            random,
            "Coding",
            where=lambda place: _starts(place, system) and bool(place.value.get("code")),
        )
        if place is None:
            return False
        edit(place.value)
        return True


def _starts(place: Place, system: str) -> bool:
    return isinstance(place.value, dict) and str(place.value.get("system", "")).startswith(system)


def _set(**members: Any) -> Callable[[Json], None]:
    return lambda coding: coding.update(members)


def _spoil_loinc(coding: Json) -> None:
    """Replaces the check digit behind the hyphen by the next one."""
    number, _, digit = str(coding["code"]).partition("-")
    coding["code"] = f"{number}-{(int(digit) + 1) % 10 if digit.isdigit() else 'x'}"


def _spoil_snomed(coding: Json) -> None:
    code = str(coding["code"])
    coding["code"] = code[:-1] + str((int(code[-1]) + 1) % 10 if code[-1].isdigit() else 0)


# fmt: off
ROWS: tuple[tuple[str, str, str, Callable[[Json], Any], Expected], ...] = (
    ("system loinc", f"{SYSTEMS}: LOINC is http://loinc.org; a uri is absolute", LOINC, _set(system="loinc"), "error"),
    ("system LOINC", f"{SYSTEMS}: LOINC is http://loinc.org; a uri is absolute", LOINC, _set(system="LOINC"), "error"),
    ("system with slash", f"{SYSTEMS}: LOINC is http://loinc.org", LOINC, _set(system=LOINC + "/"), "unknown"),
    ("system https", f"{SYSTEMS}: LOINC is http://loinc.org", LOINC, _set(system="https://loinc.org"), "unknown"),
    ("system www", f"{SYSTEMS}: LOINC is http://loinc.org", LOINC, _set(system="http://www.loinc.org"), "unknown"),
    ("system by its OID", f"{SYSTEMS}: LOINC SHALL be given by its url", LOINC, _set(system="urn:oid:2.16.840.1.113883.6.1"), "unknown"),
    ("system OID without urn", f"{SYSTEMS}: a uri is absolute", LOINC, _set(system="2.16.840.1.113883.6.1"), "error"),
    ("system in capitals", f"{SYSTEMS}: URIs are case-sensitive", LOINC, _set(system="http://LOINC.org"), "unknown"),
    ("system with blank", "FHIR R4 datatypes.html#uri", LOINC, _set(system="http://loinc.org "), "error"),
    ("SNOMED without sct", f"{SYSTEMS}: SNOMED CT is http://snomed.info/sct", SNOMED, _set(system="http://snomed.info"), "unknown"),
    ("SNOMED with slash", f"{SYSTEMS}: SNOMED CT is http://snomed.info/sct", SNOMED, _set(system=SNOMED + "/"), "unknown"),
    ("SNOMED https", f"{SYSTEMS}: SNOMED CT is http://snomed.info/sct", SNOMED, _set(system="https://snomed.info/sct"), "unknown"),
    ("SNOMED edition in system", f"{SYSTEMS}: the edition is the version", SNOMED, _set(system=SNOMED + "/900000000000207008"), "unknown"),
    ("SNOMED by its name", f"{SYSTEMS}: a uri is absolute", SNOMED, _set(system="SNOMED-CT"), "error"),
    ("system a value set", f"{PAGE}: system is a code system, never a value set", "http", _set(system="http://hl7.org/fhir/ValueSet/observation-status"), "error"),
    ("system taken", f"{PAGE}: a code has no meaning without its system", "http", lambda coding: coding.pop("system"), "unknown"),
    ("system empty", "FHIR R4 datatypes.html#uri: never empty", "http", _set(system=""), "error"),
    ("system a list", f"{PAGE}: one system", "http", lambda coding: coding.update(system=[coding["system"]]), "error"),
    ("LOINC check digit", f"{SYSTEMS}: a code that LOINC does not have", LOINC, _spoil_loinc, "unknown"),
    ("LOINC without check digit", f"{SYSTEMS}: a code that LOINC does not have", LOINC, lambda coding: coding.update(code=str(coding["code"]).split("-")[0]), "unknown"),
    ("SNOMED check digit", f"{SYSTEMS}: a code that SNOMED CT does not have", SNOMED, _spoil_snomed, "unknown"),
    ("SNOMED code a number", f"{PAGE}: code is a string", SNOMED, lambda coding: coding.update(code=int(coding["code"]) if str(coding["code"]).isdigit() else 1), "error"),
    ("SNOMED code with term", f"{PAGE}: code has the symbol alone", SNOMED, lambda coding: coding.update(code=f"{coding['code']} |{coding.get('display', 'a')}|"), "unknown"),
    ("unknown code of HL7", "FHIR R4 terminologies.html: a code that its system does not define", HL7, _set(code="no-such-code"), "error"),
    ("code of HL7 in other case", "FHIR R4 terminologies.html: case-sensitive unless the system says not", HL7 + "v3", lambda coding: coding.update(code=str(coding["code"]).swapcase()), "unknown"),
    ("display wrong, HL7", f"{PAGE}: display is a representation that the system defines", HL7, _set(display="No such display"), "unknown"),
    ("display wrong, LOINC", f"{PAGE}: display is a representation that the system defines", LOINC, _set(display="No such display"), "unknown"),
    ("display empty", "FHIR R4 datatypes.html#string: never empty", "http", _set(display=""), "error"),
    ("display a list", f"{PAGE}: one display", "http", lambda coding: coding.update(display=[coding.get("display", "a")]), "error"),
    ("code empty", "FHIR R4 datatypes.html#code: never empty", "http", _set(code=""), "error"),
    ("code with blank after", "FHIR R4 datatypes.html#code", "http", lambda coding: coding.update(code=f"{coding['code']} "), "error"),
    ("userSelected a text", f"{PAGE}: userSelected is a boolean", "http", _set(userSelected="true"), "error"),
    ("userSelected", f"{PAGE}: userSelected is free", "http", _set(userSelected=True), "ok"),
    ("version a number", f"{PAGE}: version is a string", "http", _set(version=2.0), "error"),
    ("a name for display", f"{PAGE}: system, version, code, display, userSelected", "http", _set(name="a"), "error"),
)
# fmt: on
for row in ROWS:
    _coding(*row)


@kind("concept: coding an object", "FHIR R4 json.html#repeat: coding repeats")
def single_coding(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource, random, "CodeableConcept", where=lambda place: bool(place.value.get("coding"))
    )
    if place is None:
        return False
    place.value["coding"] = place.value["coding"][0]
    return True


@kind("concept: code directly in it", "FHIR R4 datatypes.html#CodeableConcept: coding and text")
def flat_concept(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource, random, "CodeableConcept", where=lambda place: bool(place.value.get("coding"))
    )
    return place is not None and place.put(dict(place.value["coding"][0]))


@kind(
    "concept: two user selections",
    "FHIR R4 datatypes.html#CodeableConcept: at most one userSelected",
    expected="unknown",
)
def select_twice(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "CodeableConcept",
        where=lambda place: len(place.value.get("coding", [])) > 1,
    )
    if place is None:
        return False
    for coding in place.value["coding"]:
        coding["userSelected"] = True
    return True


@kind(
    "concept: a coding twice",
    "FHIR R4 datatypes.html#CodeableConcept: nothing forbids it",
    expected="unknown",
)
def repeat_coding(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource, random, "CodeableConcept", where=lambda place: bool(place.value.get("coding"))
    )
    if place is None:
        return False
    place.value["coding"].append(dict(place.value["coding"][0]))
    return True


@kind(
    "code: not of its required value set",
    "FHIR R4 terminologies.html#required: SHALL be from the value set",
)
def unbind(resource: Json, random: random.Random) -> bool:
    names = (
        "status",
        "gender",
        "use",
        "intent",
        "mode",
        "kind",
        "type",
        "comparator",
        "criticality",
        "severity",
        "priority",
    )
    place = pick(
        resource,
        random,
        "code",
        where=lambda place: place.name in names and not place.owner_type.endswith("Extension"),
    )
    return place is not None and place.put("no-such-code")


@kind("code: display for code", "FHIR R4 terminologies.html#required: the code, not its display")
def write_display(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "code",
        where=lambda place: (
            place.name in ("status", "gender", "intent") and str(place.value).islower()
        ),
    )
    return place is not None and place.put(str(place.value).capitalize())


@kind("code: a CodeableConcept for it", "FHIR R4 datatypes.html#code: a string")
def widen_code(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "code",
        where=lambda place: place.index is None and place.owner_type != "Extension",
    )
    return place is not None and place.put({"coding": [{"code": place.value}]})


@kind("concept: a text for it", "FHIR R4 datatypes.html#CodeableConcept: an object")
def narrow_concept(resource: Json, random: random.Random) -> bool:
    def is_bound(place: Place) -> bool:
        return place.type == "CodeableConcept" and place.name in catalogue().members(
            place.owner_type
        )

    place = pick_any(resource, random, is_bound)
    return place is not None and place.put("a")
