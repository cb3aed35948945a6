"""Marks what IPS requires and a record lacks as unknown, instead of leaving it out (IPS 2.0.0, FHIR
R4 data-absent-reason).
"""

from __future__ import annotations

from sandbox.fhir.json import Json

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UNKNOWN: Json = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
# the extension stands at the text: ips-pat-1 asks for family, given or text of each name
UNKNOWN_NAME: Json = {"_text": UNKNOWN}
REASON: Json = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "unknown",
    "display": "Unknown",
}
SAYING = ("value", "component", "hasMember", "dataAbsentReason")


def complete(resource: Json) -> Json:
    """Returns the resource with the elements that its IPS profile requires; those that are unknown
    say so.
    """
    kind = resource.get("resourceType")
    if kind == "Patient":
        return _complete_patient(resource)
    if kind == "MedicationStatement" and not any(
        name.lstrip("_").startswith("effective") for name in resource
    ):
        return {**resource, "_effectiveDateTime": UNKNOWN}
    if kind == "Observation" and not any(name.lstrip("_").startswith(SAYING) for name in resource):
        return {**resource, "dataAbsentReason": {"coding": [REASON]}}  # ips-2
    return resource


def _complete_patient(patient: Json) -> Json:
    added: Json = {}
    if "birthDate" not in patient and "_birthDate" not in patient:
        added["_birthDate"] = UNKNOWN
    names = patient.get("name")
    if not isinstance(names, list) or not names:
        added["name"] = [UNKNOWN_NAME]
    elif not all(
        isinstance(name, dict) and {"family", "given", "text"} & set(name) for name in names
    ):
        # ips-pat-1: each name has a family name, a given name or a text
        kept = [
            name
            for name in names
            if isinstance(name, dict) and {"family", "given", "text"} & set(name)
        ]
        added["name"] = kept or [UNKNOWN_NAME]
    return {**patient, **added}
