"""Lesson 02, what a region asks on top of an IPS: two identifiers of the patient, and who keeps the
document.
"""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_02 import EXERCISES, NELIDA, a_document
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    codings_of,
    resources_of,
)
from sandbox.fhir.json import Json
from sandbox.findings import Finding

# by their code of HL7 v2, table 0203
NUMBERS = {
    "NI": NELIDA,
    "PPN": {"system": "urn:oid:2.16.840.1.113883.4.330.152", "value": "P48612309"},
}
COUNTRY = "CL"


@EXERCISES.exercise(
    "2.8",
    points=3,
    clause="RACSEL 0.2.0 LACPatient.identifier, LACCompositionIPS.custodian",
    asked=Asked(read=a_document, resource=lambda answer, _: answer, profile="lac-2026"),
)
def summary_for_the_region(answer: Any, evidence: Evidence) -> Finding | None:
    """Both numbers are Nélida's and the custodian is of her country; what is absent the judge
    tells.
    """
    by_type = {resource.get("resourceType"): resource for resource in resources_of(answer)}
    return (
        _wrong_numbers(as_object(by_type.get("Patient")))
        or _wrong_custodian(answer, as_object(by_type.get("Composition")))
        or _lost(by_type)
    )


def _wrong_numbers(patient: Json) -> Finding | None:
    where = "Patient.identifier"
    for identifier in map(as_object, as_list(patient.get("identifier"))):
        kinds = {coding.get("code") for coding in codings_of(identifier.get("type"))}
        kind = next((kind for kind in NUMBERS if kind in kinds), None)
        if kind is None:
            continue
        fault = compare(
            "number", identifier.get("value"), NUMBERS[kind]["value"], where=f"{where}.value"
        ) or compare(
            "number_system", identifier.get("system"), NUMBERS[kind]["system"], where=where
        )
        if fault:
            return fault
    return None


def _wrong_custodian(document: Json, composition: Json) -> Finding | None:
    reference = at(composition, "custodian", "reference")
    # what nothing leads to the judge finds as well, and names the entry rather than the reason
    where = "custodian"
    if reference is None:
        kept = [r for r in resources_of(document) if r.get("resourceType") == "Organization"]
        return wrong("custodian_unlinked", where=where, expected="{…}") if kept else None
    entries = as_list(document.get("entry"))
    keeper = next((at(e, "resource") for e in entries if at(e, "fullUrl") == reference), None)
    if keeper is None:
        return wrong("custodian_away", where=where, expected="fullUrl", found=reference)
    kind = at(keeper, "resourceType")
    if kind != "Organization":
        return wrong("custodian_kind", where=where, expected="Organization", found=kind)
    country = at(keeper, "address", 0, "country")
    where = "Organization.address.country"
    return compare("country", country, COUNTRY, where=where) if country else None


def _lost(by_type: dict[Any, Json]) -> Finding | None:
    """Says that the document no longer says what it did before the region's part."""
    for name in ("Condition", "AllergyIntolerance", "MedicationStatement"):
        if name not in by_type:
            found = as_json(list(by_type))
            return wrong("emptied", where="Bundle.entry", expected=name, found=found, type=name)
    return None
