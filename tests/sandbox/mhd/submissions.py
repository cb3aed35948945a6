"""Submissions to be sent: the smallest right one, with an IPS document, changed by keyword."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

from sandbox.fhir.json import Json
from sandbox.submissions.submission import PROFILES

RFC = "urn:ietf:rfc:3986"
DOCUMENT = b'{"resourceType": "Bundle", "type": "document"}'
SET, REFERENCE, BINARY, OTHER = (
    f"urn:uuid:0a1b2c3d-0000-4000-8000-00000000000{number}" for number in range(4)
)
PATIENT = "Patient/rosa-fuenzalida"


def sha1(content: bytes) -> str:
    return base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()


def a_document_reference(
    content: bytes = DOCUMENT, *, unique_id: str = "urn:oid:2.999.1", **elements: Any
) -> Json:
    attachment = {
        "contentType": "application/fhir+json",
        "url": BINARY,
        "size": len(content),
        "hash": sha1(content),
    }
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"use": "usual", "system": RFC, "value": unique_id},
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
        "subject": {"reference": PATIENT},
        "content": [{"attachment": attachment}],
        **elements,
    }


def a_submission_set(**elements: Any) -> Json:
    code = {
        "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes",
        "code": "submissionset",
    }
    source = {"system": RFC, "value": "urn:oid:2.999.9"}
    return {
        "resourceType": "List",
        "extension": [{"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": source}],
        "identifier": [{"use": "usual", "system": RFC, "value": "urn:oid:2.999.2"}],
        "status": "current",
        "mode": "working",
        "code": {"coding": [code]},
        "subject": {"reference": PATIENT},
        "date": "2026-07-27T09:00:00Z",
        "entry": [{"item": {"reference": REFERENCE}}],
        **elements,
    }


def a_submission(
    reference: Json | None = None,
    *more: Json,
    content: bytes = DOCUMENT,
    level: str = "Minimal",
    listed: Json | None = None,
) -> Json:
    binary = {
        "resourceType": "Binary",
        "contentType": "application/fhir+json",
        "data": base64.b64encode(content).decode(),
    }
    resources = [
        (SET, listed or a_submission_set()),
        (REFERENCE, reference or a_document_reference(content)),
        (BINARY, binary),
    ]
    entries = [
        {
            "fullUrl": url,
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for url, resource in resources
    ]
    profile = [f"{PROFILES}IHE.MHD.{level}.ProvideBundle"]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": profile},
        "type": "transaction",
        "entry": [*entries, *more],
    }


def changed(bundle: Json, path: str, value: Any = None) -> Json:
    """Returns a copy with one place changed, or taken away; the path is such as `entry.0.resource.date`."""
    copied: Any = copy.deepcopy(bundle)
    holder = copied
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    for step in steps:
        holder = holder[step]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return dict(copied)


def a_superseding_patch(place: str) -> Json:
    words = {
        "type": ("Code", "replace"),
        "path": ("String", "DocumentReference.status"),
        "value": ("Code", "superseded"),
    }
    parts = [{"name": name, f"value{kind}": value} for name, (kind, value) in words.items()]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    return {"fullUrl": OTHER, "resource": body, "request": {"method": "PATCH", "url": place}}
