"""A test result in a certificate document: the observation, the test that was used, its report, the
specimen and the procedure (DDCC 1.0.0 DDCCTRDocument).  Pure.

The profiles force more than the answers hold: what nobody answered is said to be unknown.
"""

from __future__ import annotations

from typing import Any

from sandbox.ddcc.editions import Edition
from sandbox.ddcc.parts import LOINC, concept, unknown
from sandbox.ddcc.payloads import stated
from sandbox.fhir.json import Json

SECTION = "30954-2"  # relevant diagnostic tests (DDCC 1.0.0 DDCCTRComposition)
KINDS = ("Observation", "Device", "DiagnosticReport", "Specimen", "Procedure")
LABORATORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
PROPERTIES = "DDCC-Device-Property-CodeSystem"


def parts_of(core: Json, names: Json, edition: Edition) -> list[tuple[str, Json]]:
    """Returns the resources of a test result, each with its address in the document.

    Args:
        core: The core data set (DDCC 1.0.0 DDCCCoreDataSetTR), by the names of the questionnaire.
        names: The addresses of the document's parts, by type.
        edition: In whose canonicals they are written.
    """
    written = {
        "Observation": _observation(core, names),
        "Device": _device(core, names, edition),
        "DiagnosticReport": _report(core, names),
        "Specimen": _specimen(core, names),
        "Procedure": _procedure(core, names),
    }
    return [(names[kind], {"resourceType": kind, **written[kind]}) for kind in KINDS]


def _observation(core: Json, names: Json) -> Json:
    return stated(
        {
            "status": "final",
            "category": [concept(LABORATORY, "laboratory")],
            "code": {"coding": [core["type"]]},
            "subject": {"reference": names["Patient"]},
            "effectiveDateTime": core["date"],
            "performer": [_performer(core, names)],
            "valueCodeableConcept": {"coding": [core["result"]]},
            # the guide writes where the sample was taken as the method
            "method": _coded(core.get("origin")),
            "specimen": {"reference": names["Specimen"]},
            "device": {"reference": names["Device"]},
        }
    )


def _device(core: Json, names: Json, edition: Edition) -> Json:
    codes = edition.codes(PROPERTIES)
    properties = [
        {"type": concept(codes, name), "valueCode": [{"coding": [core[name]]}]}
        for name in ("pathogen", "brand")
        if core.get(name)
    ]
    maker = core.get("manufacturer")
    return stated(
        {
            "manufacturer": maker.get("display") or maker["code"] if maker else None,
            "_manufacturer": None if maker else unknown(),
            "type": {"coding": [core["type"]]},
            "property": properties,
            "patient": {"reference": names["Patient"]},
        }
    )


def _report(core: Json, names: Json) -> Json:
    return {
        "status": "final",
        "category": [concept(SERVICE, "LAB")],
        "code": {"coding": [core["type"]]},
        "subject": {"reference": names["Patient"]},
        "effectiveDateTime": core["date"],
        "performer": [_performer(core, names)],
        "specimen": [{"reference": names["Specimen"]}],
        "result": [{"reference": names["Observation"]}],
    }


def _specimen(core: Json, names: Json) -> Json:
    return {
        "type": _coded(core.get("origin")) or unknown(),
        "subject": {"reference": names["Patient"]},
        "collection": {"collectedDateTime": core["date"]},
    }


def _procedure(core: Json, names: Json) -> Json:
    """Returns what was done, and where.

    The guide's profile asks for the country as DDCCCountryOfEvent, which by its own definition may
    stand on an Immunization alone: it is said as the country of the place.
    """
    centre = core.get("centre")
    country = core["country"].get("code") or core["country"].get("display")
    place = {
        "resourceType": "Location",
        "id": "place",
        "name": _called(centre) if centre else None,
        "address": {"country": country},
    }
    return {
        "contained": [stated(place)],
        "status": "completed",
        "code": {"coding": [core["type"]]},
        "subject": {"reference": names["Patient"]},
        "performedDateTime": core["date"],
        "location": {"reference": "#place"},
        "report": [{"reference": names["DiagnosticReport"]}],
        "usedReference": [{"reference": names["Device"]}],
    }


def section_of(names: Json) -> Json:
    """Returns the section of a test result: its focus is the observation.

    Args:
        names: The addresses of the document's parts, by type.
    """
    return {
        "code": concept(LOINC, SECTION),
        "focus": {"reference": names["Observation"]},
        "entry": [{"reference": names[kind]} for kind in KINDS],
    }


def _performer(core: Json, names: Json) -> Json:
    """Returns who tested: the centre where one is named, else who issues."""
    centre = core.get("centre")
    return {"display": _called(centre)} if centre else {"reference": names["Organization"]}


def _called(coding: Json) -> Any:
    return coding.get("display") or coding["code"]


def _coded(coding: Json | None) -> Json | None:
    return {"coding": [coding]} if coding else None
