"""Lesson 03, document sharing by IHE MHD: publish, find, retrieve, replace, and what a Recipient
refuses.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    codings_of,
    handed_in,
    place,
    resources_of,
    wrong_prediction,
)
from sandbox.fhir.base64binary import read_base64
from sandbox.findings import Finding
from sandbox.validation import validate

EXERCISES = ExerciseSet("lesson_03")
ROSA = "Patient/rosa-fuenzalida"
NUMBER = "urn:oid:2.16.152|48215377-1"
# a hundred on a page: a class may publish more than the usual twenty documents about Rosa
CURRENT = f"DocumentReference?patient.identifier={NUMBER}&status=current&_count=100"
TRANSACTIONS = {"publish": "ITI-65", "find": "ITI-67", "retrieve": "ITI-68"}
# the accent is two bytes of UTF-8, so that counting characters gives another size
CONTENT = "Rosa Fuenzalida: alergia a la penicilina, sí".encode()
CODES = {
    "wrong_hash": "XDSRegistryMetadataError",
    "lost_binary": "XDSMissingDocument",
    "two_patients": "XDSPatientIdDoesNotMatch",
    "no_profile": "accepted",
}
CLAUSE_HASH = "MHD 3:4.65.4.1.2.1; FHIR R4 datatypes.html#Attachment"


@EXERCISES.exercise("3.1", clause="MHD 1:33.1; ITI TF-2 3.65, 3.67, 3.68")
def transactions(answer: Any, evidence: Evidence) -> Finding | None:
    """Which transaction publishes, which finds, which retrieves."""
    given = {
        name: str(value).upper().replace(" ", "-") for name, value in as_object(answer).items()
    }
    for name, transaction in TRANSACTIONS.items():
        if given.get(name) == transaction:
            continue
        if given.get(name) == "ITI-66":
            return wrong("sets", where=name, found=given[name])
        if given.get(name) not in TRANSACTIONS.values():
            return wrong(
                "none_of_them",
                where=name,
                expected="ITI-65 | ITI-67 | ITI-68",
                found=given.get(name),
            )
        key = "metadata" if name == "retrieve" and given[name] == "ITI-67" else "swapped"
        return wrong(key, where=name, found=given[name])
    return None


@EXERCISES.exercise("3.2", points=2, clause=CLAUSE_HASH)
def hash_and_size(answer: Any, evidence: Evidence) -> Finding | None:
    """Size and SHA-1 of the bytes, in the form that FHIR has for them."""
    size = at(answer, "size")
    hash = at(answer, "hash")
    if size != len(CONTENT):
        key = (
            "characters"
            if size == len(CONTENT.decode())
            else "size_of_base64"
            if size == len(base64.b64encode(CONTENT))
            else "size"
        )
        return wrong(key, where="attachment.size", found=size)
    digest = hashlib.sha1(CONTENT, usedforsecurity=False)
    if hash == base64.b64encode(digest.digest()).decode():
        return None
    given = str(hash)
    # what other systems write there: each has its own sentence
    mistakes = {
        digest.hexdigest(): "hexadecimal",
        base64.b64encode(digest.hexdigest().encode()).decode(): "base64_of_hex",
        base64.b64encode(hashlib.sha256(CONTENT).digest()).decode(): "sha256",
        hashlib.sha256(CONTENT).hexdigest(): "sha256",
        base64.b64encode(CONTENT).decode(): "no_hash",
    }
    return wrong(
        mistakes.get(given, mistakes.get(given.lower(), "hash")),
        where="attachment.hash",
        found=given,
    )


@EXERCISES.exercise(
    "3.3",
    points=2,
    clause="MHD 3:4.65.4.1.2",
    needs=lambda answer: _read(answer, "DocumentReference", "stored"),
)
def published(answer: Any, evidence: Evidence) -> Finding | None:
    """A current DocumentReference about Rosa that promises size and hash of its bytes."""
    misread = _not_a_place(answer)
    if misread:
        return misread
    stored = evidence["stored"]
    if stored.status != 200:
        return wrong("not_there", expected="200", found=stored.status, where=answer)
    subject = at(stored.json, "subject", "reference")
    if subject != ROSA:
        return wrong(
            "other_patient", where="DocumentReference.subject", expected=ROSA, found=subject
        )
    attachment = at(stored.json, "content", 0, "attachment")
    if not at(attachment, "hash") or not at(attachment, "size"):
        return wrong(
            "no_hash",
            where="DocumentReference.content.attachment",
            expected="hash, size",
            found=attachment,
        )
    return None


@EXERCISES.exercise(
    "3.4",
    points=2,
    clause="MHD 3:4.67.4.1.2",
    needs=lambda answer: {"found": answer, "wanted": CURRENT} if _is_search(answer) else {},
)
def found_by_identifier(answer: Any, evidence: Evidence) -> Finding | None:
    """The search of a Consumer abroad: by an identifier that both sides know, current documents
    only.
    """
    if not _is_search(answer):
        given = answer if isinstance(answer, str) else type(answer).__name__
        return wrong("not_a_search", expected="DocumentReference?…", found=given)
    if "patient.identifier=" not in answer and "subject.identifier=" not in answer:
        return wrong(
            "by_id", where="patient.identifier", expected="patient.identifier=…|…", found=answer
        )
    # the bar may be written as it is or escaped (RFC 3986 2.1)
    if "|" not in answer and "%7C" not in answer.upper():
        return wrong("no_system", where="patient.identifier", expected="system|value", found=answer)
    if "status=" not in answer:
        return wrong("no_status", where="status", expected="status=current", found=answer)
    response = evidence["found"]
    if response.status != 200:
        reason = at(response.json, "issue", 0, "details", "text")
        return wrong("refused", expected="200", found=f"{response.status}: {reason}", where=answer)
    ids = {resource.get("id") for resource in resources_of(response.json)}
    wanted = {resource.get("id") for resource in resources_of(evidence["wanted"].json)}
    # fewer than all is right as well: a search may ask for more, such as a type
    if not ids or not ids <= wanted:
        key = "nothing" if not ids else "others"
        return wrong(
            key, where="Bundle.total", expected=len(wanted), found=at(response.json, "total")
        )
    return None


@EXERCISES.exercise("3.5", points=2, clause="MHD 3:4.68.4.1.2; FHIR R4 binary.html#rest")
def retrieved(answer: Any, evidence: Evidence) -> Finding | None:
    """The document itself, neither what describes it nor what wraps it."""
    kind = as_object(answer).get("resourceType")
    if kind == "DocumentReference":
        return wrong("metadata", where="resourceType", expected="Bundle", found=kind)
    if kind == "Binary":
        return wrong("wrapper", where="resourceType", expected="Bundle", found=kind)
    if kind != "Bundle":
        return wrong(
            "no_bundle",
            where="resourceType",
            expected="Bundle",
            found=kind or type(answer).__name__,
        )
    if answer.get("type") != "document":
        return wrong(
            "search_result", where="Bundle.type", expected="document", found=answer.get("type")
        )
    if not _is_about(answer, NUMBER.partition("|")[2]):
        return wrong("other_patient", where="Patient.identifier", expected=NUMBER)
    return None


@EXERCISES.exercise(
    "3.6",
    points=2,
    clause="MHD 3:4.65.4.1.2.3",
    needs=lambda answer: _read(answer, "DocumentReference", "stored") | {"current": CURRENT},
)
def replaced(answer: Any, evidence: Evidence) -> Finding | None:
    """The new document replaces the old one, which is superseded."""
    misread = _not_a_place(answer)
    if misread:
        return misread
    if evidence["stored"].status != 200:
        return wrong("not_there", expected="200", found=evidence["stored"].status, where=answer)
    relations = [
        as_object(relation) for relation in as_list(at(evidence["stored"].json, "relatesTo"))
    ]
    targets = [
        at(relation, "target", "reference")
        for relation in relations
        if relation.get("code") == "replaces"
    ]
    if not targets:
        return wrong(
            "no_relation",
            where="DocumentReference.relatesTo",
            expected="replaces",
            found=relations or "–",
        )
    current = {
        f"DocumentReference/{resource.get('id')}"
        for resource in resources_of(evidence["current"].json)
    }
    # by the search of a Consumer: what it still finds as current was not superseded
    if set(targets) & current:
        return wrong(
            "still_current",
            where="DocumentReference.status",
            expected="superseded",
            found=", ".join(targets),
        )
    if answer not in current:
        return wrong(
            "not_current", where="DocumentReference.status", expected="current", found=answer
        )
    return None


@EXERCISES.exercise("3.7", points=2, clause="ITI TF-3 table 4.2.4.1-2; MHD 3:4.65.4.1.3")
def predicted_codes(answer: Any, evidence: Evidence) -> Finding | None:
    """What a Recipient says to four submissions."""
    return wrong_prediction(answer, CODES, tuple(CODES.values()))


def _read_open(answer: Any) -> dict[str, str]:
    """Asks for what the open task handed in, and for the submission set that lists the document."""
    kinds = {"patient": "Patient", "document": "DocumentReference", "content": "Binary"}
    named = {
        name: at(answer, name) for name, kind in kinds.items() if place(at(answer, name), kind)
    }
    if "document" in named:
        # found by what it lists: the answer need not name it
        named["sets"] = f"List?code=submissionset&item={named['document']}"
    return named


@EXERCISES.exercise(
    "3.8a", clause="MHD 3:4.65.4.1.2; sIPS 5.9.2.1", needs=_read_open, hidden_part_of="3.8"
)
def open_metadata(answer: Any, evidence: Evidence) -> Finding | None:
    """The metadata say: current, a patient summary, about the patient that was handed in."""
    reference = handed_in(evidence, "document")
    if not reference:
        return wrong(
            "not_there",
            where="document",
            expected="DocumentReference/…",
            found=at(answer, "document"),
        )
    if reference.get("status") != "current":
        where = "DocumentReference.status"
        return wrong("not_current", where=where, expected="current", found=reference.get("status"))
    if not any(c.get("code") == "60591-5" for c in codings_of(reference.get("type"))):
        return wrong(
            "type", where="DocumentReference.type", expected="60591-5", found=reference.get("type")
        )
    subject = at(reference, "subject", "reference")
    if subject != at(answer, "patient") or not handed_in(evidence, "patient"):
        return wrong(
            "subject",
            where="DocumentReference.subject",
            expected=at(answer, "patient"),
            found=subject,
        )
    return None


@EXERCISES.exercise("3.8b", clause=CLAUSE_HASH, needs=_read_open, hidden_part_of="3.8")
def open_bytes(answer: Any, evidence: Evidence) -> Finding | None:
    """Address, size and hash are those of the bytes that were handed in."""
    attachment = as_object(at(handed_in(evidence, "document"), "content", 0, "attachment"))
    content = read_base64(handed_in(evidence, "content").get("data"))
    if content is None:
        return wrong("not_there", where="content", expected="Binary/…", found=at(answer, "content"))
    # a server may make the address absolute
    if not str(attachment.get("url", "")).endswith(str(at(answer, "content"))):
        return wrong(
            "url",
            where="attachment.url",
            expected=at(answer, "content"),
            found=attachment.get("url"),
        )
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    if attachment.get("size") != len(content) or attachment.get("hash") != digest:
        return wrong("hash", where="attachment.hash", expected=digest, found=attachment.get("hash"))
    return None


@EXERCISES.exercise(
    "3.8c", clause="IPS 2.0.0 Bundle-uv-ips", needs=_read_open, hidden_part_of="3.8"
)
def open_document(answer: Any, evidence: Evidence) -> Finding | None:
    """The bytes are an IPS without errors about the patient."""
    content = read_base64(handed_in(evidence, "content").get("data"))
    try:
        document = json.loads(content or b"")
    except (ValueError, RecursionError):
        return wrong(
            "not_readable", where="content", expected="Bundle", found=at(answer, "content")
        )
    errors = [
        finding
        for finding in validate(document, profiles=["ips"])
        if finding.severity in ("error", "fatal")
    ]
    if errors:
        return wrong("errors", where=errors[0].where, found=errors[0].found, count=len(errors))
    identifiers = as_list(handed_in(evidence, "patient").get("identifier"))
    if not any(
        _is_about(document, as_object(identifier).get("value")) for identifier in identifiers
    ):
        return wrong("other_patient", where="Patient.identifier", expected=identifiers)
    return None


@EXERCISES.exercise("3.8d", clause="MHD 3:4.65.4.1.2", needs=_read_open, hidden_part_of="3.8")
def open_submission_set(answer: Any, evidence: Evidence) -> Finding | None:
    """A SubmissionSet about the same patient lists the document and says who sent it."""
    sets = resources_of(handed_in(evidence, "sets"))
    if not sets:
        return wrong("no_set", where="List", expected="submissionset", found=at(answer, "document"))
    subject = at(sets[0], "subject", "reference")
    if subject != at(answer, "patient"):
        return wrong("subject", where="List.subject", expected=at(answer, "patient"), found=subject)
    extensions = [as_object(extension) for extension in as_list(sets[0].get("extension"))]
    if not any(str(extension.get("url", "")).endswith("/ihe-sourceId") for extension in extensions):
        return wrong(
            "no_source", where="List.extension", expected="ihe-sourceId", found=extensions or "–"
        )
    return None


def _read(answer: Any, kind: str, name: str) -> dict[str, str]:
    return {name: answer} if place(answer, kind) else {}


def _not_a_place(answer: Any) -> Finding | None:
    """Says what is wrong with an answer that should be `DocumentReference/id`."""
    if place(answer, "DocumentReference"):
        return None
    if isinstance(answer, dict):
        return wrong("whole_resource", expected="DocumentReference/…", found="{…}")
    if "/_history/" in str(answer):
        return wrong("version_place", expected="DocumentReference/…", found=answer)
    return wrong("other_place", expected="DocumentReference/…", found=answer)


def _is_search(answer: Any) -> bool:
    return isinstance(answer, str) and answer.startswith("DocumentReference?")


def _is_about(document: Any, number: Any) -> bool:
    """Tells whether a document holds a patient with this national number."""
    patients = [
        resource for resource in resources_of(document) if resource.get("resourceType") == "Patient"
    ]
    numbers = [
        as_object(identifier).get("value")
        for patient in patients
        for identifier in as_list(patient.get("identifier"))
    ]
    return number is not None and number in numbers
