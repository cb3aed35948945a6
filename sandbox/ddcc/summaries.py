"""Extracts the core data set of one dose from an IPS, using only what the summary actually says.

Where the event's mediator puts the values of its template for what is missing, here the place that
lacks is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.ddcc.forms import Form, lacking
from sandbox.errors import BadRequest, InvalidResource, NotCertified, NotFound
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.ids import id_of

CLAUSE = "DDCC 1.0.0 generateHealthCertificate"
GENDER = "http://hl7.org/fhir/administrative-gender"
COUNTRIES = "urn:iso:std:iso:3166"
# the code system was renamed; older summaries have its first address
ICD11 = ("http://id.who.int/icd11/mms", "http://id.who.int/icd/release/11/mms")
NATIONALITY = ("patient-nationality", "patient-citizenship")
# the names of the published guide, and those of its earlier build
BRAND = ("DDCCEventBrand", "DDCCVaccineBrand")
COUNTRY = ("DDCCCountryOfEvent", "DDCCCountryOfVaccination")
HOLDER = ("DDCCVaccineMarketAuthorization",)
PRODUCT = ("ProductID",)
VALID_FROM = ("DDCCVaccineValidFrom",)
PLACES = {
    "name": "Patient.name",
    "birthDate": "Patient.birthDate",
    "vaccine": "Immunization.vaccineCode.coding",
    "brand": "Immunization.extension(DDCCEventBrand)",
    "lot": "Immunization.lotNumber",
    "ma_holder": "Immunization.extension(DDCCVaccineMarketAuthorization)",
    "date": "Immunization.occurrenceDateTime",
    "manufacturer": "Immunization.manufacturer",
    "dose": "Immunization.protocolApplied.doseNumberPositiveInt",
    "country": "Immunization.extension(DDCCCountryOfEvent)",
    "centre": "Immunization.location.display",
    "pha": "Organization.name",
    "hw": "Immunization.performer.actor",
    "product": "Immunization.extension(ProductID)",
    "disease": "Immunization.protocolApplied.targetDisease",
}


def core_of_summary(
    document: Json, form: Form, *, immunization: str = "", organization: str = ""
) -> Json:
    """Returns the core data set of one immunization of a document.

    Args:
        document: The summary, a document Bundle.
        form: The form that says what must be there.
        immunization: The logical id of the one to certify; empty where there is only one.
        organization: The logical id of who issues; empty for the custodian, else the first.

    Raises:
        NotCertified: The summary says too little; the places are named.
        NotFound: There is no immunization or organization of that id.
        BadRequest: There are several immunizations, and none was chosen.
        InvalidResource: There is no patient, or no immunization at all.
    """
    entries = Entries(document)
    dose = _chosen(entries.of_type("Immunization"), immunization)
    patient = entries.find(
        member(entries.composition.get("subject"), "reference")
    ) or entries.first("Patient")
    if patient is None:
        raise InvalidResource("ddcc.no_patient", where="Bundle.entry", clause=CLAUSE)
    issuer = _issuer(entries, organization)
    core = {
        **person_of(patient),
        **_dose(dose, entries),
        "pha": member(issuer, "name"),
        "hcid": id_of(
            str(member(document.get("identifier"), "value") or document.get("id")),
            str(dose.get("id")),
        ),
    }
    core = {name: value for name, value in core.items() if value not in (None, "", {})}
    findings = lacking(core, form, within="Bundle", places=PLACES)
    if findings:
        raise NotCertified(findings, type="Bundle")
    return core


class Entries:
    """The resources of a document, found by the references in it."""

    def __init__(self, document: Json) -> None:
        entries = [
            entry
            for entry in as_list(document.get("entry"))
            if isinstance(member(entry, "resource"), dict)
        ]
        self._held: list[tuple[str, Json]] = [
            (str(item.get("fullUrl", "")), item["resource"]) for item in entries
        ]
        self.composition: Json = self.first("Composition") or {}

    def of_type(self, type: str) -> list[Json]:
        """Returns the resources of a type, in their order."""
        return [resource for _, resource in self._held if resource.get("resourceType") == type]

    def first(self, type: str) -> Json | None:
        """Returns the first resource of a type."""
        return next(iter(self.of_type(type)), None)

    def find(self, reference: Any) -> Json | None:
        """Returns what a reference in the document leads to."""
        if not isinstance(reference, str) or not reference:
            return None
        for url, resource in self._held:
            # a relative reference means what is below an entry's base (bundle.html#references)
            if (
                url == reference
                or reference == f"{resource.get('resourceType')}/{resource.get('id')}"
                or url.endswith(f"/{reference}")
            ):
                return resource
        return None


def _chosen(doses: list[Json], id: str) -> Json:
    known = ", ".join(str(dose.get("id", "–")) for dose in doses) or "–"
    if id:
        chosen = next((dose for dose in doses if dose.get("id") == id), None)
        if chosen is None:
            raise NotFound(
                "ddcc.no_such_dose", where="immunizationId", clause=CLAUSE, found=id, known=known
            )
        return chosen
    if not doses:
        raise InvalidResource("ddcc.no_dose", where="Bundle.entry", clause=CLAUSE)
    if len(doses) > 1:
        raise BadRequest("ddcc.several_doses", where="immunizationId", clause=CLAUSE, known=known)
    return doses[0]


def _issuer(entries: Entries, id: str) -> Json | None:
    """Returns who issues: the organization that is asked for, else the custodian, else the first
    one.
    """
    known = entries.of_type("Organization")
    if id:
        issuer = next((each for each in known if each.get("id") == id), None)
        if issuer is None:
            names = ", ".join(str(each.get("id", "–")) for each in known) or "–"
            raise NotFound(
                "ddcc.no_such_issuer", where="organizationId", clause=CLAUSE, found=id, known=names
            )
        return issuer
    return entries.find(member(entries.composition.get("custodian"), "reference")) or next(
        iter(known), None
    )


def person_of(patient: Json) -> Json:
    """Returns what a core data set says of a person."""
    names = [
        human_name for human_name in as_list(patient.get("name")) if isinstance(human_name, dict)
    ]
    name = next(
        (human_name for human_name in names if human_name.get("use") == "official"),
        names[0] if names else {},
    )
    parts = [*map(str, as_list(name.get("given"))), str(name.get("family") or "")]
    identifier, kind = _identifier(patient)
    gender = patient.get("gender")
    return {
        "name": name.get("text") or " ".join(filter(None, parts)),
        "family": name.get("family"),
        "given": " ".join(map(str, as_list(name.get("given")))),
        "birthDate": patient.get("birthDate"),
        "identifier": identifier,
        "document": {"code": kind} if kind else None,
        "sex": {"system": GENDER, "code": gender} if gender else None,
        "nationality": _nationality(patient),
    }


def _identifier(patient: Json) -> tuple[str, str]:
    """Returns the number by which a person is known: the national one, else the passport's, else
    the first.
    """
    identifiers = [
        identifier
        for identifier in as_list(patient.get("identifier"))
        if member(identifier, "value")
    ]
    # a certificate has room for one number, and ICVP's `ndt` knows these two kinds
    for kind in ("NI", "PPN"):
        for candidate in identifiers:
            if kind in codes_of(candidate.get("type")):
                return str(candidate["value"]), kind
    return (str(identifiers[0]["value"]), "") if identifiers else ("", "")


def _nationality(patient: Json) -> Json | None:
    for extension in _extensions(patient, NATIONALITY):
        # FHIR's own extensions have the country one level below, national ones at the top
        for part in [
            extension,
            *(inner for inner in as_list(extension.get("extension")) if isinstance(inner, dict)),
        ]:
            coding = _coding(part.get("valueCodeableConcept"))
            if coding:
                return coding
    return None


def _dose(dose: Json, entries: Entries) -> Json:
    protocol = next(
        (applied for applied in as_list(dose.get("protocolApplied")) if isinstance(applied, dict)),
        {},
    )
    maker = member(dose.get("manufacturer"), "display") or member(
        entries.find(member(dose.get("manufacturer"), "reference")), "name"
    )
    country = _value(dose, COUNTRY)
    return {
        "vaccine": _coding(dose.get("vaccineCode"), first=ICD11),
        "brand": _value(dose, BRAND),
        "ma_holder": _value(dose, HOLDER),
        "manufacturer": {"display": maker} if maker else None,
        "product": _value(dose, PRODUCT),
        "lot": dose.get("lotNumber"),
        # certificates carry days: the time of day is left out, as in the event
        "date": str(dose.get("occurrenceDateTime") or "").partition("T")[0],
        "vaccine_valid": _value(dose, VALID_FROM),
        "valid_until": dose.get("expirationDate"),  # DDCC and ICVP carry the end of validity there
        "dose": protocol.get("doseNumberPositiveInt"),
        "total_doses": protocol.get("seriesDosesPositiveInt"),
        "disease": _coding(protocol.get("targetDisease"), first=ICD11),
        "country": {"system": COUNTRIES, "code": country} if isinstance(country, str) else country,
        "centre": member(dose.get("location"), "display")
        or member(entries.find(member(dose.get("location"), "reference")), "name"),
        "hw": _performer(dose, entries),
    }


def _performer(dose: Json, entries: Entries) -> str:
    for performer in as_list(dose.get("performer")):
        actor = member(performer, "actor")
        resource = entries.find(member(actor, "reference"))
        if member(actor, "display"):
            return str(actor["display"])
        if resource is not None and resource.get("resourceType") == "PractitionerRole":
            resource = entries.find(member(resource.get("practitioner"), "reference"))
        if resource is not None and resource.get("resourceType") == "Practitioner":
            return str(person_of(resource)["name"])
    return ""


def _coding(concept: Any, *, first: tuple[str, ...] = ()) -> Json | None:
    """Returns the coding of a concept, or of the first of several, of a preferred system where
    there is one.
    """
    concepts = concept if isinstance(concept, list) else [concept]
    codings = [
        coding
        for each in concepts
        for coding in as_list(member(each, "coding"))
        if member(coding, "code")
    ]
    chosen = next(
        (candidate for candidate in codings if candidate.get("system") in first),
        codings[0] if codings else None,
    )
    return (
        {name: chosen[name] for name in ("system", "code", "display") if name in chosen}
        if chosen
        else None
    )


def _extensions(resource: Json, names: tuple[str, ...]) -> Iterator[Json]:
    """Yields the extensions with one of some names, whatever the guide whose canonical it has."""
    for extension in as_list(resource.get("extension")):
        if str(member(extension, "url") or "").rpartition("/")[2] in names:
            yield extension


def _value(resource: Json, names: tuple[str, ...]) -> Any:
    for extension in _extensions(resource, names):
        value: Mapping[str, Any] | str | None = next(
            (content for key, content in extension.items() if key.startswith("value")), None
        )
        return value
    return None
