"""Lesson 03, its open task: a summary of one's own, published."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_03 import CLAUSE_HASH, EXERCISES, is_about
from sandbox.course.exercises.reading import (
    a_reference,
    as_list,
    as_object,
    at,
    by_name,
    codings_of,
    handed_in,
    leads_to,
    not_all_there,
    not_there,
    place,
    resources_of,
)
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json
from sandbox.findings import Finding

KINDS = {"patient": "Patient", "document": "DocumentReference", "content": "Binary"}


def _an_open(*names: str) -> Asked:
    """Asks for what the open task handed in under these names."""

    def needs(answer: Any) -> dict[str, str]:
        wanted = {name: answer[name] for name in names}
        if "document" in wanted:
            # found by what it lists: the answer need not name it
            document = place(wanted["document"])
            item = f"DocumentReference/{document.id}" if document else ""
            wanted["sets"] = f"List?code=submissionset&item={item}"
        return wanted

    return Asked(read=by_name(**{name: a_reference(KINDS[name]) for name in names}), needs=needs)


@EXERCISES.exercise(
    "3.8a",
    clause="MHD 3:4.65.4.1.2; sIPS 5.9.2.1",
    asked=_an_open("document", "patient"),
    hidden_part_of="3.8",
)
def open_metadata(answer: Any, evidence: Evidence) -> Finding | None:
    """The metadata say: current, a patient summary, about the patient that was handed in."""
    reference = handed_in(evidence, "document")
    fault = not_there(evidence, "document", answer["document"]) or compare(
        "not_current", reference.get("status"), "current", where="DocumentReference.status"
    )
    if fault:
        return fault
    type = reference.get("type")
    if not any(c.get("code") == "60591-5" for c in codings_of(type)):
        where = "DocumentReference.type"
        return wrong("type", where=where, expected="60591-5", found=as_json(type))
    return _other_subject("DocumentReference", reference, answer, evidence)


def _other_subject(type: str, resource: Json, answer: Any, evidence: Evidence) -> Finding | None:
    """Says that a resource is not about the patient who was handed in."""
    subject = at(resource, "subject", "reference")
    if leads_to(subject, answer["patient"], evidence) and handed_in(evidence, "patient"):
        return None
    where = f"{type}.subject"
    return wrong("subject", where=where, expected=answer["patient"], found=as_json(subject))


@EXERCISES.exercise(
    "3.8b", clause=CLAUSE_HASH, asked=_an_open("document", "content"), hidden_part_of="3.8"
)
def open_bytes(answer: Any, evidence: Evidence) -> Finding | None:
    """Address, size and hash are those of the bytes that were handed in."""
    fault = not_all_there(evidence, answer, "content", "document")
    if fault:
        return fault
    attachment = as_object(at(handed_in(evidence, "document"), "content", 0, "attachment"))
    content = read_base64(handed_in(evidence, "content").get("data"))
    if content is None:
        return wrong("not_there", where="content", expected="Binary/…", found=answer["content"])
    url = attachment.get("url")
    if not leads_to(url, answer["content"], evidence):
        where = "attachment.url"
        return wrong("url", where=where, expected=answer["content"], found=as_json(url))
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    if attachment.get("size") != len(content) or attachment.get("hash") != digest:
        given = f"{attachment.get('size')}, {attachment.get('hash')}"
        expected = f"{len(content)}, {digest}"
        return wrong("hash", where="attachment", expected=expected, found=given)
    return None


def _document(evidence: Evidence) -> Any:
    """Returns the document in the Binary that was handed in, or None."""
    content = read_base64(handed_in(evidence, "content").get("data"))
    try:
        return json.loads(content or b"")
    except (ValueError, RecursionError):
        return None


@EXERCISES.exercise(
    "3.8c",
    clause="IPS 2.0.0 Bundle-uv-ips",
    asked=Asked(
        read=_an_open("content", "patient").read,
        needs=_an_open("content", "patient").needs,
        resource=lambda _, evidence: _document(evidence),
        profile="ips",
    ),
    hidden_part_of="3.8",
)
def open_document(answer: Any, evidence: Evidence) -> Finding | None:
    """The bytes are an IPS without errors about the patient."""
    fault = not_all_there(evidence, answer, "content", "patient")
    if fault:
        return fault
    document = _document(evidence)
    if document is None:
        return wrong("not_readable", expected="Bundle", found=answer["content"])
    identifiers = as_list(handed_in(evidence, "patient").get("identifier"))
    numbers = [as_object(identifier).get("value") for identifier in identifiers]
    if not any(is_about(document, number) for number in numbers):
        where = "Bundle.entry.resource.identifier"
        return wrong("other_patient", where=where, expected=as_json(identifiers))
    return None


@EXERCISES.exercise(
    "3.8d",
    clause="MHD 3:4.65.4.1.2",
    asked=_an_open("document", "patient"),
    hidden_part_of="3.8",
)
def open_submission_set(answer: Any, evidence: Evidence) -> Finding | None:
    """A SubmissionSet about the same patient lists the document and says who sent it."""
    fault = not_there(evidence, "document", answer["document"])
    if fault:
        return fault
    sets = resources_of(handed_in(evidence, "sets"))
    if not sets:
        return wrong("no_set", where="List", expected="submissionset", found=answer["document"])
    fault = _other_subject("List", sets[0], answer, evidence)
    if fault:
        return fault
    extensions = [as_object(extension) for extension in as_list(sets[0].get("extension"))]
    if not any(str(extension.get("url", "")).endswith("/ihe-sourceId") for extension in extensions):
        given = as_json(extensions)
        return wrong("no_source", where="List.extension", expected="ihe-sourceId", found=given)
    return None
