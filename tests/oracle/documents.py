"""The documents that are mutated, none of them written by us: IPS of the connectathons, and examples of R4, IPS, US Core, MHD."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.fhir.json import Json, parse_json
from tests import corpora

LARGEST = 400_000
R4_TYPES = [
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AuditEvent",
    "Basic",
    "BodyStructure",
    "CarePlan",
    "CareTeam",
    "ChargeItem",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "Communication",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "DetectedIssue",
    "Device",
    "DeviceMetric",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "Encounter",
    "Endpoint",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "Group",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationRecommendation",
    "Invoice",
    "List",
    "Location",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Patient",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "RiskAssessment",
    "Schedule",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "Substance",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "VisionPrescription",
]
R4_BUNDLES = [
    "batch",
    "batch-response",
    "collection",
    "document",
    "message",
    "searchset",
    "transaction",
    "transaction-response",
    "history",
]
TWICE = ("Observation", "Patient", "MedicationRequest", "Procedure", "Questionnaire", "Claim")


@dataclass(frozen=True, slots=True)
class Document:
    """A published document: its source, its name there, and the profile that it claims ('' for R4 alone)."""

    source: str
    name: str
    profile: str
    resource: Json


def documents(vectors: Path) -> list[Document]:
    """Returns every document, in a fixed order.

    Args:
        vectors: the folder of the public test vectors.
    """
    sources = (
        ips_of_connectathons(vectors),
        r4_examples(),
        ips_examples(),
        us_core(vectors),
        mhd(vectors),
    )
    return [document for source in sources for document in source]


def ips_of_connectathons(vectors: Path) -> Iterator[Document]:
    """Yields the patient summaries that others brought to connectathons."""
    for file in sorted((vectors / "ips").glob("*.json")):
        content = file.read_bytes()
        if len(content) <= LARGEST:
            yield Document("connectathons", file.name, corpora.BUNDLE_IPS, parse_json(content))


def r4_examples() -> Iterator[Document]:
    """Yields the first and last examples of many types by name, and the Bundles of each type, as R4 publishes them."""
    yield from _r4_examples()


@cache
def _r4_examples() -> tuple[Document, ...]:
    by_type: dict[str, list[tuple[str, bytes]]] = {}
    for name, content in sorted(corpora.members(corpora.R4)):
        type = name.split("-")[0]
        if len(content) <= LARGEST and type in (*R4_TYPES, "Bundle"):
            resource = parse_json(content)
            type += ":" + resource["type"] if type == "Bundle" else ""
            by_type.setdefault(type, []).append((name, content))
    chosen = [by_type[type][0] for type in R4_TYPES]
    chosen += [by_type[type][-1] for type in TWICE]
    for type in R4_BUNDLES:
        chosen += by_type.get("Bundle:" + type, [])[:4]
    return tuple(Document("R4", name, "", parse_json(content)) for name, content in chosen)


def ips_examples() -> Iterator[Document]:
    """Yields the examples that the IPS guide publishes."""
    for name, content, profile in sorted(corpora.ips_examples()):
        if len(content) <= LARGEST:
            yield Document("IPS", name, profile, parse_json(content))


def us_core(vectors: Path) -> Iterator[Document]:
    """Yields the examples that US Core publishes, every second of them."""
    package = vectors / "guides" / "hl7.fhir.us.core-6.1.0.tgz"
    listed = sorted(
        (name, content) for name, content in corpora.members(package) if name.startswith("example/")
    )
    for name, content in listed[::2]:
        resource = parse_json(content)
        profile = resource.get("meta", {}).get("profile", [""])[0]
        yield Document("US Core", name.removeprefix("example/"), profile, resource)


def mhd(vectors: Path) -> Iterator[Document]:
    """Yields the examples that IHE publishes for MHD."""
    for name, content, profile in corpora.mhd_examples(vectors):
        yield Document("MHD", name, profile, parse_json(content))
