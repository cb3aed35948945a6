"""A Document Source in a page of code (IHE MHD, ITI-65): what your system does to publish a
summary.  Read it.

A submission is one transaction Bundle of three: the SubmissionSet says that something is submitted,
the DocumentReference describes it, the Binary holds its bytes.  They refer to each other by names
made on the spot.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.client import FHIR_JSON, Client
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, write_json

MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
IPS_FORMAT = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
URI = "urn:ietf:rfc:3986"
SOURCE = "urn:oid:2.25.176435098213345"  # which system this is; yours has an OID of its own


def new_urn() -> str:
    """Returns a name for something that has no address yet."""
    return f"urn:uuid:{uuid.uuid4()}"


def describe(content: bytes, *, url: str, title: str = "") -> Json:
    """Returns the attachment that describes bytes: SHA-1 and size are those of the bytes
    themselves, not of their Base64 (MHD 3:4.65.4.1.2.1).

    Args:
        content: The bytes as they are stored.
        url: Where they are.
        title: What a person reads in a list of documents.
    """
    hash = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    return {
        "contentType": FHIR_JSON,
        "url": url,
        "size": len(content),
        "hash": hash,
        "title": title,
    }


def submission(document: Json, *, patient: str, replaces: str = "") -> Json:
    """Returns the Provide Document Bundle (MHD 3:4.65.4.1.2) of a document.

    Args:
        document: A Bundle of type document, its Composition first.
        patient: Where the server has the patient, such as `Patient/1`.
        replaces: The DocumentReference that the new one takes the place of; it is superseded in the
            same transaction.
    """
    content = write_json(document)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    set_name = new_urn()
    reference_name = new_urn()
    binary_name = new_urn()
    reference = document_reference(document, patient=patient, url=binary_name, now=now)
    binary = {
        "resourceType": "Binary",
        "contentType": FHIR_JSON,
        "data": base64.b64encode(content).decode(),
    }
    entries = [
        _post(set_name, submission_set(reference_name, patient=patient, now=now)),
        _post(reference_name, reference),
        _post(binary_name, binary),
    ]
    if replaces:
        reference["relatesTo"] = [{"code": "replaces", "target": {"reference": replaces}}]
        entries.append({"resource": SUPERSEDE, "request": {"method": "PATCH", "url": replaces}})
    profile = [f"{MHD}IHE.MHD.Minimal.ProvideBundle"]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": profile},
        "type": "transaction",
        "entry": entries,
    }


def document_reference(document: Json, *, patient: str, url: str, now: str) -> Json:
    """Returns the DocumentReference that describes a document whose bytes are at `url`."""
    composition = document["entry"][0]["resource"]
    attachment = describe(write_json(document), url=url, title=composition.get("title", ""))
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "date": now,
        "masterIdentifier": {
            "system": URI,
            "value": new_urn(),
            **document.get("identifier", {}),
            "use": "usual",
        },
        "type": composition["type"],
        "subject": {"reference": patient},
        "content": [
            {"attachment": attachment, "format": {"system": URI, "code": IPS_FORMAT}},
        ],
    }


def submission_set(reference: str, *, patient: str, now: str) -> Json:
    """Returns the SubmissionSet: the List that says who submits what, and when."""
    return {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "date": now,
        "extension": [
            {"url": f"{MHD}ihe-sourceId", "valueIdentifier": {"system": URI, "value": SOURCE}}
        ],
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "subject": {"reference": patient},
        "entry": [{"item": {"reference": reference}}],
    }


def _post(name: str, resource: Json) -> Json:
    return {
        "fullUrl": name,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


# What makes an older document superseded (MHD 3:4.65.4.1.2.3, FHIR R4 fhirpatch.html).
PARTS = (
    ("type", "valueCode", "replace"),
    ("path", "valueString", "DocumentReference.status"),
    ("value", "valueCode", "superseded"),
)
SUPERSEDE: Json = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "operation", "part": [{"name": name, kind: value} for name, kind, value in PARTS]}
    ],
}


class DocumentSource:
    """Publishes documents on the server of a client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def publish(self, document: Any, *, patient: str, replaces: str = "") -> Exchange | Blank:
        """Sends a document as a submission; the answer names where each of the three parts was
        stored.
        """
        if has_blank([document, patient, replaces]):
            return BLANK
        return self.client.transact(submission(document, patient=patient, replaces=replaces))
