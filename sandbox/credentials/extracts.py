"""Medicines, problems, allergies and vaccines of a person as claims, each to be shown alone: read
from a medication overview (MEOW), or from a Bundle such as a patient summary.

Tables say which element becomes which claim.  Nothing is filled in, and what no table names is told
as left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.vaccination import (
    FHIR,
    Said,
    entries_of,
    filled,
    lacking,
    leaves,
    named,
)
from sandbox.errors import BadRequest

MEOW = {"n": "name", "dob": "birthdate", "s": "sex", "id": "id"}
MEDICINE = {
    "m": "text",
    "es": "since",
    "ee": "until",
    "da": "asserted",
    "d": "dosage",
    "r": "reason",
}
PERSON = {path: claim for path, claim in FHIR.items() if path.startswith("Patient.")}
LISTS: Mapping[str, str] = {
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "Condition": "problems",
    "AllergyIntolerance": "allergies",
    "Immunization": "vaccines",
}
CONCEPTS = ("medicationCodeableConcept", "code", "vaccineCode")
ENTRY = {
    **{
        f"{concept}.{place}": claim
        for concept in CONCEPTS
        for place, claim in (
            ("coding.display", "text"),
            ("text", "text"),
            ("coding.code", "code"),
            ("coding.system", "system"),
        )
    },
    "medicationReference.display": "text",
    "effectiveDateTime": "since",
    "effectivePeriod.start": "since",
    "effectivePeriod.end": "until",
    "authoredOn": "since",
    "dateAsserted": "asserted",
    "dosage.text": "dosage",
    "dosageInstruction.text": "dosage",
    "reasonCode.text": "reason",
    "onsetDateTime": "since",
    "abatementDateTime": "until",
    "criticality": "criticality",
    "occurrenceDateTime": "date",
    "lotNumber": "lot",
}
UNTRUE = frozenset({"entered-in-error", "not-taken", "not-done", "refuted"})
"""Words by which a resource says that what it names is not so (FHIR R4)."""
STATED = ("status", "verificationStatus")


def read_medications(content: Any) -> Said:
    """Returns the claims of a medication overview.

    Args:
        content: MEOW, or a Bundle with a Patient and its medicines.

    Raises:
        BadRequest: It is neither, or names nobody or no medicine.
    """
    if isinstance(content, dict) and isinstance(content.get("m"), list):
        rest = {name: part for name, part in content.items() if name != "m"}
        claims, left_out = filled(leaves(rest), MEOW)
        rows = [filled(leaves(row), MEDICINE) for row in content["m"]]
        claims["medications"] = [row for row, _ in rows if "text" in row]
        left_out += [f"m.{path}" for _, more in rows for path in more]
        return lacking(Said(claims, tuple(left_out)), ("name", "medications"))
    return lacking(_extract(content, ("medications",)), ("name", "medications"))


def read_summary(content: Any) -> Said:
    """Returns the claims of an extract of a patient summary: what the person has, takes and got.

    Args:
        content: A Bundle with a Patient, such as an International Patient Summary.

    Raises:
        BadRequest: It is none, or names nobody, or nothing of the four lists.
    """
    said = _extract(content, tuple(dict.fromkeys(LISTS.values())))
    lists = [name for name in LISTS.values() if name in said.claims]
    return lacking(said, ("name", *(lists[:1] or ("problems",))))


def _extract(content: Any, wanted: tuple[str, ...]) -> Said:
    if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        raise BadRequest("credentials.no_extract", where="content")
    resources = entries_of(content)
    patients = [each for each in resources if each["resourceType"] == "Patient"]
    if len(patients) != 1:
        found = str(len(patients))
        raise BadRequest("credentials.several_patients", where="Patient", found=found)
    claims, left_out = filled(leaves({"Patient": named(patients[0])}), PERSON)
    for resource in resources:
        kind = resource["resourceType"]
        name = LISTS.get(kind, "")
        if kind == "Patient":
            continue
        if name not in wanted or _is_untrue(resource):
            left_out.append(kind)
            continue
        row, more = filled(leaves(_plain(resource, content)), ENTRY)
        if "text" in row or "code" in row:
            claims.setdefault(name, []).append(row)
        left_out += [f"{kind}.{path}" for path in more]
    return Said(claims, tuple(dict.fromkeys(left_out)))


def _is_untrue(resource: Json) -> bool:
    """Tells whether a resource says that something is not so."""
    said = [resource.get(name) for name in STATED]
    codes = [value for state in said for _, value in leaves(state)]
    return bool(UNTRUE & set(map(str, codes)))


def _plain(resource: Json, bundle: Json) -> Json:
    """Returns a resource with one coding of each concept, so that no code gets the system of
    another, and with the medicine that it refers to.
    """
    names = ("resourceType", "id", "meta", "text")
    plain = {name: part for name, part in resource.items() if name not in names}
    reference = plain.get("medicationReference")
    medication = _found(reference, bundle) if isinstance(reference, dict) else None
    if medication is not None:
        plain["medicationCodeableConcept"] = medication.get("code")
    for name in CONCEPTS:
        concept = plain.get(name)
        if isinstance(concept, dict) and isinstance(concept.get("coding"), list):
            plain[name] = {**concept, "coding": concept["coding"][:1]}
    return plain


def _found(reference: Json, bundle: Json) -> Json | None:
    """Returns the resource of a Bundle that a reference means."""
    target = reference.get("reference")
    for entry, resource in _placed(bundle):
        place = f"{resource.get('resourceType')}/{resource.get('id')}"
        if isinstance(target, str) and target in (entry.get("fullUrl"), place):
            return resource
    return None


def _placed(bundle: Json) -> Iterator[tuple[Json, Json]]:
    for entry in as_list(bundle.get("entry")):
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry, entry["resource"]
