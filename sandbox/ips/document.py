"""Writes an IPS document: first the Composition with its narratives, then what it refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sandbox import __version__
from sandbox.clock import fhir_instant
from sandbox.fhir.json import Json
from sandbox.i18n import Language, say
from sandbox.ips.narrative import empty_text, section_text
from sandbox.ips.sections import Section, sections

BUNDLE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
COMPOSITION = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"
LOINC = "http://loinc.org"
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
URI = "urn:ietf:rfc:3986"
DEVICE: Json = {
    "resourceType": "Device",
    "id": "connectathon-sandbox",
    "deviceName": [{"name": "connectathon sandbox", "type": "user-friendly-name"}],
    "version": [{"value": __version__}],
}


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How a summary is written.

    Attributes:
        base: The address of the server on which the record is.
        now: The moment of the document.
        language: Of titles and narratives.
        profiles: Those that the Bundle declares besides that of IPS.
        absent_as_entry: Whether a required section about which nothing is known says so by an
            entry, as IPS 1.1.0 asks, instead of an emptyReason, as IPS 2.0.0 does.
    """

    base: str
    now: datetime
    language: Language
    profiles: tuple[str, ...] = ()
    absent_as_entry: bool = False

    def device(self) -> str:
        """Returns the address of this program as author."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.base}/Device/connectathon-sandbox')}"


def write_document(
    chosen: Mapping[str, Sequence[str]],
    resources: Mapping[str, Json],
    options: SummaryOptions,
    *,
    custodian: str = "",
    more: Mapping[str, Json] | None = None,
) -> Json:
    """Returns the document Bundle (IPS 2.0.0 Bundle-uv-ips).

    Args:
        chosen: The addresses of the entries of each section, by its name.
        resources: All entries by address, the patient first.
        options: How the document is written.
        custodian: The address of the organization that keeps the document; empty for none.
        more: Entries by address that stand behind all others, such as a Provenance.
    """
    subject = next(iter(resources))
    # asked twice at one moment it is one document; later it is another
    bundle_id = uuid5(
        NAMESPACE_URL, f"{options.base}/{subject}/$summary/{fhir_instant(options.now)}"
    )
    composition = _composition(chosen, resources, subject, options)
    if custodian:
        composition["custodian"] = {"reference": custodian}
    # a document begins with its Composition (FHIR R4 documents.html, bdl-11)
    first = {f"urn:uuid:{uuid5(bundle_id, 'Composition')}": composition}
    entries = {**first, **resources, options.device(): DEVICE, **(more or {})}
    return {
        "resourceType": "Bundle",
        "id": str(bundle_id),
        "meta": {"profile": [BUNDLE, *options.profiles]},
        "language": options.language,
        "identifier": {"system": URI, "value": f"urn:uuid:{bundle_id}"},
        "type": "document",
        "timestamp": fhir_instant(options.now),
        "entry": [
            {"fullUrl": address, "resource": resource} for address, resource in entries.items()
        ],
    }


def _composition(
    chosen: Mapping[str, Sequence[str]],
    resources: Mapping[str, Json],
    subject: str,
    options: SummaryOptions,
) -> Json:
    return {
        "resourceType": "Composition",
        "meta": {"profile": [COMPOSITION]},
        "language": options.language,
        "status": "final",
        "type": {
            "coding": [{"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}]
        },
        "subject": {"reference": subject},
        "date": fhir_instant(options.now),
        "author": [{"reference": options.device()}],
        "title": say("ips.title", options.language),
        "section": [
            _section(section, chosen.get(section.name, ()), resources, options)
            for section in sections()
            if chosen.get(section.name) or section.is_required
        ],
    }


def _section(
    section: Section,
    addresses: Sequence[str],
    resources: Mapping[str, Json],
    options: SummaryOptions,
) -> Json:
    written: Json = {
        "title": say(f"ips.section.{section.name}", options.language),
        "code": {"coding": [{"system": LOINC, "code": section.code, "display": section.display}]},
    }
    if addresses:
        written["text"] = section_text(
            [resources[address] for address in addresses], options.language, named=resources
        )
        return {**written, "entry": [{"reference": address} for address in addresses]}
    # not `nilknown`: that nothing is recorded here does not say that there is nothing
    reason = {"system": EMPTY_REASON, "code": "unavailable", "display": "Unavailable"}
    return {
        **written,
        "text": empty_text(section.name, options.language),
        "emptyReason": {"coding": [reason]},
    }
