"""Builds submissions for simplified publishing (ITI-105) and for generated metadata (ITI-106).
Pure.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.clock import fhir_instant
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, member
from sandbox.submissions.submission import LIST_TYPES, PROFILES, URI

IPS_TYPE = "60591-5"
# sIPS 5.9.2.1
IPS_FORMAT = {"system": URI, "code": "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"}


@dataclass(frozen=True, slots=True)
class Publishing:
    """By which server, and when, a submission is made."""

    base: str
    now: datetime

    def urn(self, *words: str) -> str:
        """Returns an address that is the same for the same words."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, '/'.join((self.base, *words)))}"


def submission_of(reference: Json, document: Json, publishing: Publishing) -> Json:
    """Returns a Provide Document Bundle with Minimal metadata for one DocumentReference and its
    Binary or document.

    Hash and size are those of a Binary's bytes; a FHIR document has none (MHD 3:4.65.4.1.2.1).
    """
    number = str(member(reference.get("masterIdentifier"), "value"))
    words = (fhir_instant(publishing.now), number)
    list_urn, reference_urn, content_urn = (
        publishing.urn(*words, name) for name in ("List", "DocumentReference", "content")
    )
    content = dict(reference["content"][0])
    content["attachment"] = _attachment(content["attachment"], document, url=content_urn)
    reference = {**reference, "content": [content]}
    resources = [
        (list_urn, _submission_set(reference, reference_urn, publishing)),
        (reference_urn, reference),
        (content_urn, document),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILES}IHE.MHD.Minimal.ProvideBundle"]},
        "type": "transaction",
        "entry": [
            {
                "fullUrl": url,
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for url, resource in resources
        ],
    }


def _attachment(attachment: Json, document: Json, *, url: str) -> Json:
    """Returns the attachment as it leads to the stored document, with hash and size for bytes."""
    # what the client said of its bytes is made anew: an empty or wrong hash would be believed
    described = {
        name: value for name, value in attachment.items() if name not in ("data", "hash", "size")
    }
    described["url"] = url
    if document["resourceType"] == "Binary":
        data = read_base64(document["data"]) or b""
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        described |= {"size": len(data), "hash": base64.b64encode(digest).decode()}
    return described


def _submission_set(reference: Json, address: str, publishing: Publishing) -> Json:
    source = {"system": URI, "value": publishing.urn("submission sets")}
    submission_set: Json = {
        "resourceType": "List",
        "extension": [{"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": source}],
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "date": fhir_instant(publishing.now),
        "entry": [{"item": {"reference": address}}],
    }
    return (
        {**submission_set, "subject": reference["subject"]}
        if "subject" in reference
        else submission_set
    )


def metadata_of(document: Json, *, content_type: str, subject: Json | None) -> Json:
    """Returns a DocumentReference with what a FHIR document says of itself (sIPS, PCC 4.1.1);
    without its address.

    `subject` is the patient as this server knows it, or None where it does not.
    """
    composition = document["entry"][0]["resource"]
    identifier = document.get("identifier") or composition.get("identifier")
    reference: Json = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {
            "use": "usual",
            "system": member(identifier, "system") or URI,
            "value": str(
                member(identifier, "value") or f"urn:uuid:{uuid5(NAMESPACE_URL, repr(document))}"
            ),
        },
        "status": "current",
        "date": document.get("timestamp") or composition.get("date"),
        "description": composition.get("title"),
        "type": composition.get("type"),
        "category": [composition["type"]] if composition.get("type") else None,
        "subject": subject or _subject(document, composition),
    }
    attachment = {
        "contentType": content_type,
        "language": document.get("language") or composition.get("language"),
        "title": composition.get("title"),
        "creation": composition.get("date"),
    }
    content: Json = {"attachment": {name: value for name, value in attachment.items() if value}}
    if IPS_TYPE in codes_of(composition.get("type")):
        content["format"] = IPS_FORMAT
    return {**{name: value for name, value in reference.items() if value}, "content": [content]}


def patient_of(document: Json) -> Json | None:
    """Returns the patient of a document: the one that its Composition is about."""
    composition = document["entry"][0]["resource"]
    wanted = str(member(composition.get("subject"), "reference"))
    for entry in document["entry"]:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "Patient":
            names = (entry.get("fullUrl"), f"Patient/{resource.get('id')}")
            if wanted in names:
                return resource
    return None


def is_document(bundle: Any) -> bool:
    """Tells whether a Bundle is a document with its Composition first (FHIR R4 documents.html)."""
    entries = member(bundle, "entry")
    first = member(entries[0], "resource") if isinstance(entries, list) and entries else None
    return bool(
        member(bundle, "type") == "document" and member(first, "resourceType") == "Composition"
    )


def _subject(document: Json, composition: Json) -> Json | None:
    """Returns the patient by identifier, for one that this server does not know."""
    patient = patient_of(document) or {}
    identifiers = patient.get("identifier")
    known = (
        next((identifier for identifier in identifiers if member(identifier, "value")), None)
        if isinstance(identifiers, list)
        else None
    )
    if known is None:
        return None
    named = {name: known[name] for name in ("system", "value") if name in known}
    return {"type": "Patient", "identifier": named}
