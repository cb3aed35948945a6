"""Builds a summary from a patient and resources that a program holds: fhir.resources objects or
dicts.

For those who have no FHIR server yet: nothing is stored anywhere, and what refers to the patient
must mean this one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, member, parse_json
from sandbox.fhir.references import parse_reference
from sandbox.i18n import Language
from sandbox.ips.assembly import assemble
from sandbox.ips.document import SummaryOptions

BASE = "https://sandbox.example/fhir"
ABOUT = ("subject", "patient")
BY_SUBJECT = (
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "Procedure",
    "Observation",
    "DiagnosticReport",
    "DeviceUseStatement",
    "ImagingStudy",
    "CarePlan",
    "ClinicalImpression",
    "Flag",
)
BY_PATIENT = ("AllergyIntolerance", "Immunization", "ImmunizationRecommendation", "Consent")
# Where the types of an IPS section say whom they are about (FHIR R4).
SUBJECTS = {**dict.fromkeys(BY_SUBJECT, "subject"), **dict.fromkeys(BY_PATIENT, "patient")}


def build_summary(
    patient: Any,
    *resources: Any,
    language: Language = "en",
    base: str = BASE,
    now: datetime | None = None,
) -> Json:
    """Returns the IPS document of a patient (IPS 2.0.0 Bundle-uv-ips), ready to validate and
    publish.

    A resource without an id gets one; one that does not say whom it is about is taken to be about
    the patient.

    Args:
        patient: An R4B object of fhir.resources, or a dict.
        resources: What is known of the patient, in the same forms.
        language: The language of titles and narratives.
        base: The address that references out of the document get.
        now: When it is made; now where there is none.

    Raises:
        InvalidResource: Something is no resource, the first is no patient, or one is about somebody
            else.
    """
    subject = _with_id(as_json(patient), 0)
    if subject["resourceType"] != "Patient":
        raise InvalidResource("ips.not_a_patient", where="patient", found=subject["resourceType"])
    place = f"Patient/{subject['id']}"
    record = [
        _about(_with_id(as_json(resource), number), place)
        for number, resource in enumerate(resources, 1)
    ]
    return assemble(subject, record, SummaryOptions(base, now or datetime.now(UTC), language))


def as_json(resource: Any) -> Json:
    """Returns a resource as plain JSON, numbers as they were written.

    Raises:
        InvalidResource: The value is no resource.
    """
    value = as_plain(resource)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise InvalidResource(
            "ips.not_a_resource", where=type(resource).__name__, found=type(resource).__name__
        )
    return value


def as_plain(value: Any) -> Any:
    """Returns an object of fhir.resources as JSON, anything else as it is."""
    # by its method, not its class: fhir.resources need not be installed
    dump = getattr(value, "model_dump_json", None)
    # over its text: a float of Python loses digits that FHIR keeps (datatypes.html#decimal)
    return parse_json(dump().encode()) if dump else value


def _with_id(resource: Json, number: int) -> Json:
    return (
        resource
        if "id" in resource
        else {**resource, "id": f"{resource['resourceType'].lower()}-{number}"}
    )


def _about(resource: Json, place: str) -> Json:
    """Returns the resource with its subject; a subject that is another patient would mix two
    people's data.
    """
    for name in ABOUT:
        reference = member(resource.get(name), "reference")
        literal = parse_reference(reference) if isinstance(reference, str) else None
        if literal and literal.type == "Patient" and f"Patient/{literal.id}" != place:
            where = f"{resource['resourceType']}.{name}"
            raise InvalidResource("ips.other_patient", where=where, found=reference, expected=place)
    required = SUBJECTS.get(resource["resourceType"])
    if required and required not in resource:
        return {**resource, required: {"reference": place}}
    return resource
