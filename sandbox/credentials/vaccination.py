"""A vaccination as claims of a credential: read from ICVP, DDCC core data or an Immunization,
written for each form.

Tables say which member becomes which claim.  Nothing is filled in, and what no table names is told
as left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.credentials.texts import Json, as_list
from sandbox.errors import BadRequest

VCT = "urn:connectathon:vaccination:1"
TYPE = "VaccinationCertificate"
NEEDED = ("name", "vaccine.product", "vaccine.date")
# Claims that a holder shows one by one; a vaccine as a whole, and each part of it.
DISCLOSABLE = (
    ("name",),
    ("birthdate",),
    ("sex",),
    ("nationality",),
    ("id",),
    ("guardian",),
    ("vaccine",),
    ("vaccine", "product"),
    ("vaccine", "disease"),
    ("vaccine", "date"),
    ("vaccine", "lot"),
    ("vaccine", "dose"),
    ("vaccine", "issuer"),
    ("vaccine", "centre"),
    ("vaccine", "country"),
    ("vaccine", "holder"),
)
ICVP = {
    "n": "name",
    "dob": "birthdate",
    "s": "sex",
    "ntl": "nationality",
    "nt": "nationality",
    "nid": "id",
    "id": "id",
    "gn": "guardian",
    "v.vp": "vaccine.product",
    "v.tg": "vaccine.disease",
    "v.dt": "vaccine.date",
    "v.bo": "vaccine.lot",
    "v.dn": "vaccine.dose",
    "v.is": "vaccine.issuer",
    "v.cn": "vaccine.centre",
    "vx.vp": "vaccine.product",
    "vx.dt": "vaccine.date",
    "vx.dv": "vaccine.date",
    "vx.bo": "vaccine.lot",
    "vx.is": "vaccine.issuer",
    "vx.cn": "vaccine.centre",
}
DDCC = {
    "name": "name",
    "birthDate": "birthdate",
    "sex.code": "sex",
    "sex": "sex",
    "identifier.value": "id",
    "identifier": "id",
    "vaccination.brand.code": "vaccine.product",
    "vaccination.vaccine.code": "vaccine.disease",
    "vaccination.date": "vaccine.date",
    "vaccination.lot": "vaccine.lot",
    "vaccination.dose": "vaccine.dose",
    "vaccination.centre": "vaccine.centre",
    "vaccination.country.code": "vaccine.country",
    "certificate.issuer.identifier.value": "vaccine.issuer",
    "certificate.issuer": "vaccine.issuer",
}
FHIR = {
    "Patient.name.text": "name",
    "Patient.birthDate": "birthdate",
    "Patient.gender": "sex",
    "Patient.identifier.value": "id",
    "Immunization.vaccineCode.coding.code": "vaccine.product",
    "Immunization.occurrenceDateTime": "vaccine.date",
    "Immunization.lotNumber": "vaccine.lot",
    "Immunization.protocolApplied.targetDisease.coding.code": "vaccine.disease",
    "Immunization.protocolApplied.doseNumberPositiveInt": "vaccine.dose",
    "Immunization.protocolApplied.doseNumberString": "vaccine.dose",
    "Immunization.location.display": "vaccine.centre",
    "Immunization.manufacturer.display": "vaccine.holder",
}
# Where each claim stands in the subject of a credential of W3C, in the words of the vaccination
# vocabulary.
SUBJECT = {
    "name": "recipient.name",
    "birthdate": "recipient.birthDate",
    "sex": "recipient.gender",
    "nationality": "recipient.nationality",
    "id": "recipient.identifier",
    "guardian": "recipient.guardian",
    "vaccine.product": "vaccine.medicinalProductName",
    "vaccine.disease": "vaccine.disease",
    "vaccine.holder": "vaccine.marketingAuthorizationHolder",
    "vaccine.date": "dateOfVaccination",
    "vaccine.lot": "batchNumber",
    "vaccine.dose": "order",
    "vaccine.issuer": "healthProfessional",
    "vaccine.centre": "administeringCentre",
    "vaccine.country": "countryOfVaccination",
}
VOCABULARY = "https://w3id.org/vaccination#"
TERMS = {
    TYPE: f"{VOCABULARY}{TYPE}",
    **{name: VOCABULARY + name for name in ("VaccinationEvent", "Vaccine", "VaccineRecipient")},
    "name": "https://schema.org/name",
    **{
        name: VOCABULARY + name
        for place in SUBJECT.values()
        for name in place.split(".")
        if name != "name"
    },
}
TYPES = {"vaccine": "Vaccine", "recipient": "VaccineRecipient"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a credential is to say, and the members of the source that it does not."""

    claims: Json
    left_out: tuple[str, ...]


def read_vaccination(content: Any) -> Said:
    """Returns the claims in a content.

    Args:
        content: ICVP (one dose), a DDCC core data set, an Immunization, or a Bundle with one and
            its Patient.

    Raises:
        BadRequest: It is none of them, or says too little to be a certificate.
    """
    source, table = _recognized(content)
    claims, left_out = filled(leaves(source), table)
    return lacking(Said(claims, tuple(dict.fromkeys(left_out))), NEEDED)


def filled(source: Iterable[tuple[str, Any]], table: Mapping[str, str]) -> tuple[Json, list[str]]:
    """Returns claims by a table, and the places that it does not take.

    Args:
        source: Places and values, as `leaves` yields them.
        table: The claim of each place; of two for one claim the first is taken.
    """
    claims: Json = {}
    left_out = []
    for path, value in source:
        claim = table.get(path)
        if claim is None or not _put(claims, claim, value):
            left_out.append(path)
    return claims, left_out


def lacking(said: Said, needed: Iterable[str]) -> Said:
    """Returns what is said, where all that is needed is there; raises BadRequest."""
    missing = [claim for claim in needed if not _get(said.claims, claim)]
    if missing:
        raise BadRequest("credentials.too_little", where=missing[0], found=", ".join(missing))
    return said


def subject_of(claims: Json, holder: str) -> Json:
    """Returns the subject of a credential of W3C.

    Args:
        claims: As they were read.
        holder: The DID of whom the credential is bound to; empty for nobody.
    """
    subject: Json = {"type": "VaccinationEvent", **({"id": holder} if holder else {})}
    for claim, place in SUBJECT.items():
        value = _get(claims, claim)
        if value is not None:
            outer = place.rpartition(".")[0]
            if outer:
                subject.setdefault(outer, {"type": TYPES[outer]})
            _put(subject, place, str(value) if claim == "vaccine.dose" else value)
    return subject


def _recognized(content: Any) -> tuple[Json, Mapping[str, str]]:
    """Returns a content by names of its members, and the table that fits it."""
    if isinstance(content, dict) and content.get("resourceType") in ("Bundle", "Immunization"):
        return _resources(content), FHIR
    if isinstance(content, dict) and "n" in content and ("v" in content or "vx" in content):
        doses = content.get("v")
        # one credential says one dose: with several the holder could not show one alone
        several = isinstance(doses, list) and len(doses) > 1
        if not several:
            return content, ICVP
        raise BadRequest("credentials.several_doses", where="v", found=str(len(doses or ())))
    if isinstance(content, dict) and isinstance(content.get("vaccination"), dict):
        return content, DDCC
    raise BadRequest("credentials.no_vaccination", where="content")


def entries_of(bundle: Json) -> list[Json]:
    """Returns the resources of a Bundle."""
    entries = [entry for entry in as_list(bundle.get("entry")) if isinstance(entry, dict)]
    resources = [entry.get("resource") for entry in entries]
    return [each for each in resources if isinstance(each, dict) and "resourceType" in each]


def _resources(content: Json) -> Json:
    """Returns the Immunization and the Patient by their types."""
    is_bundle = content["resourceType"] == "Bundle"
    found: Json = {}
    for resource in entries_of(content) if is_bundle else [content]:
        kind = resource["resourceType"]
        if kind in ("Immunization", "Patient"):
            if kind in found:
                raise BadRequest("credentials.several_doses", where=kind, found="2")
            found[kind] = {name: part for name, part in resource.items() if name != "resourceType"}
    if "Immunization" not in found:
        raise BadRequest("credentials.no_vaccination", where="Immunization")
    status = found["Immunization"].get("status")
    # of a dose that was not given nobody is vaccinated (FHIR R4 Immunization.status)
    if status in ("not-done", "entered-in-error"):
        raise BadRequest("credentials.not_given", where="Immunization.status", found=status)
    if "Patient" in found:
        found["Patient"] = named(found["Patient"])
    return found


def named(patient: Json) -> Json:
    """Returns a patient with the first name as text, where it has its parts alone."""
    names = patient.get("name")
    first = names[0] if isinstance(names, list) and names else None
    if not isinstance(names, list) or not isinstance(first, dict) or "text" in first:
        return patient
    parts = [*first.get("given", []), first.get("family", "")]
    rest = {name: part for name, part in first.items() if name not in ("given", "family")}
    text = " ".join(map(str, filter(None, parts)))
    return {**patient, "name": [{**rest, "text": text}, *names[1:]]}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the places of values, without those in lists, and what stands there."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from leaves(child, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, path)
    elif value not in (None, ""):
        yield path, value


def _put(claims: Json, path: str, value: Any) -> bool:
    """Puts a value in its place; tells whether nothing stood there yet."""
    *outer, last = path.split(".")
    for name in outer:
        claims = claims.setdefault(name, {})
    return last not in claims and claims.setdefault(last, value) is value


def _get(claims: Json, path: str) -> Any:
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
