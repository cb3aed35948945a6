"""The right submission of a FHIR document: a summary of what is known of a patient, so that
whatever a server changes in it is found when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.fhir.json import Json
from sandbox.submissions.submission import URI
from sandbox.testbench.known_patient import known_facts
from sandbox.testbench.submissions import (
    BINARY,
    REFERENCE,
    a_submission,
    changed,
    coded,
    the_patient,
    urn,
)

LOINC = "http://loinc.org"
SECTIONS = {  # IPS 2.0.0 Composition.section
    "AllergyIntolerance": ("48765-2", "Alergias"),
    "MedicationStatement": ("10160-0", "Medicamentos"),
    "Condition": ("11450-4", "Problemas"),
    "Immunization": ("11369-6", "Vacunas"),
}


def a_submission_of_a_document(given: Mapping[str, str], word: str) -> Json:
    """Returns the right submission of a FHIR document in place of a Binary, without hash and size
    (MHD 1:33.2.5).
    """
    submission = a_submission(given, word, kind="application/fhir+json")
    for name in ("hash", "size"):
        submission = changed(submission, f"entry.{REFERENCE}.resource.content.0.attachment.{name}")
    submission = changed(submission, f"entry.{BINARY}.resource", a_document(given, word))
    return dict(changed(submission, f"entry.{BINARY}.request.url", "Bundle"))


def a_document(given: Mapping[str, str], word: str) -> Json:
    """Returns a FHIR document about the run's patient, with all that is known of her."""
    about = urn(given, word, "document/patient")
    author = urn(given, word, "document/author")
    device = {
        "resourceType": "Device",
        "deviceName": [{"name": "connectathon sandbox", "type": "user-friendly-name"}],
    }
    facts = {
        urn(given, word, f"document/{type}/{number}"): resource
        for type, resources in known_facts(given, about).items()
        for number, resource in enumerate(resources)
    }
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": coded(LOINC, "60591-5"),
        "subject": {"reference": about},
        "date": given["now"],
        "author": [{"reference": author}],
        "title": word,
        "section": [_section(type, facts) for type in SECTIONS],
    }
    entries = {urn(given, word, "composition"): composition, about: the_patient(given)}
    entries |= {author: device, **facts}
    return {
        "resourceType": "Bundle",
        "type": "document",
        "timestamp": given["now"],
        "identifier": {"system": URI, "value": urn(given, word, "document")},
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries.items()],
    }


def _section(type: str, facts: Mapping[str, Json]) -> Json:
    code, title = SECTIONS[type]
    text = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{title}</div>',
    }
    held = [url for url, resource in facts.items() if resource["resourceType"] == type]
    return {
        "title": title,
        "code": coded(LOINC, code),
        "text": text,
        "entry": [{"reference": url} for url in held],
    }
