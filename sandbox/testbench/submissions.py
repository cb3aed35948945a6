"""The right submission, of which the tests of a Document Recipient are made: the same for the same
run and test.

Minimal metadata (MHD 4.2.3), one document, and its patient, so that no server needs to know her
beforehand.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sandbox.fhir.json import Json
from sandbox.submissions.submission import LIST_TYPES, PROFILES, URI

FORMATS = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
IDENTIFIER_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType"
PATIENTS = "urn:oid:2.999.152"  # an arc for examples: nobody's patients
OTHER_PATIENTS = f"{PATIENTS}.404"  # of another country, which gives the same numbers
LIST, REFERENCE, BINARY, PATIENT = range(4)
SOURCE = {"system": URI, "value": "urn:oid:2.999.1"}
TEXT = "text/plain"
PEOPLE = {
    "1": ("Ensayo", "Prueba Íñiga", "female", "1980-02-29"),
    "2": ("Ensaio", "Prova Conceição", "male", "1958-11-02"),
    "3": ("Trial", "Third Zoë", "other", "2019-08-15"),
}
"""Their names, and the text of documents, have letters that a wrong encoding breaks."""


def urn(given: Mapping[str, str], *words: str) -> str:
    """Returns a UUID as an address: the same for the same run and words."""
    return f"urn:uuid:{uuid5(NAMESPACE_OID, '/'.join((given['run'], *words)))}"


def unique_id(given: Mapping[str, str], word: str) -> str:
    """Returns an identifier in the form `urn:oid:2.25.NUMBER` (ITU-T X.667)."""
    return f"urn:oid:2.25.{uuid5(NAMESPACE_OID, given['run'] + '/' + word).int}"


def patient_token(given: Mapping[str, str]) -> str:
    """Returns the identifier of the run's patient as a search has it."""
    return f"{PATIENTS}|{given['run']}"


def a_submission(
    given: Mapping[str, str], word: str, *, document: bytes = b"", kind: str = TEXT
) -> Json:
    """Returns the right submission; its entries stand in the order LIST, REFERENCE, BINARY,
    PATIENT.
    """
    # of its own for each test, so that no hash is another's by chance
    content = document or f"A document of test {word} in run {given['run']}: ñ, ç, é.\n".encode()
    binary = {
        "resourceType": "Binary",
        "contentType": kind,
        "data": base64.b64encode(content).decode(),
    }
    resources = [
        ("list", _submission_set(given, word)),
        ("reference", _document_reference(given, word, content, kind)),
        ("binary", binary),
        ("patient", the_patient(given)),
    ]
    entries: list[Json] = [_entry(urn(given, word, name), resource) for name, resource in resources]
    # the submissions of a run are about one patient, who comes with each and is stored once
    entries[PATIENT]["request"]["ifNoneExist"] = f"identifier={patient_token(given)}"
    profile = [f"{PROFILES}IHE.MHD.Minimal.ProvideBundle"]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": profile},
        "type": "transaction",
        "entry": entries,
    }


def a_comprehensive_submission(given: Mapping[str, str], word: str) -> Json:
    """Returns the right submission with Comprehensive metadata (MHD 4.2.3): all that it asks for,
    contained.
    """
    submission = a_submission(given, word)
    who = {
        "resourceType": "Practitioner",
        "id": "who",
        "name": [{"given": ["Amparo"], "family": "Araucaria"}],
    }
    whose = {**the_patient(given), "id": "whose"}
    reference = _comprehensive(submission["entry"][REFERENCE]["resource"], now=given["now"])
    listed = submission["entry"][LIST]["resource"]
    kind = {
        "url": f"{PROFILES}ihe-designationType",
        "valueCodeableConcept": coded("http://loinc.org", "11369-6"),
    }
    listed = {
        **listed,
        "contained": [who],
        "source": {"reference": "#who"},
        "extension": [*listed["extension"], kind],
    }
    reference["contained"] = [who, whose]
    submission = changed(submission, f"entry.{REFERENCE}.resource", reference)
    submission = changed(submission, f"entry.{LIST}.resource", listed)
    return dict(
        changed(submission, "meta.profile", [f"{PROFILES}IHE.MHD.Comprehensive.ProvideBundle"])
    )


def _comprehensive(reference: Json, *, now: str) -> Json:
    """Returns a DocumentReference with what Comprehensive metadata ask for beside `#who` and
    `#whose`.
    """
    attachment = {**reference["content"][0]["attachment"], "language": "es", "creation": now}
    return {
        **reference,
        "category": [coded("http://loinc.org", "11369-6")],
        "author": [{"reference": "#who"}],
        "securityLabel": [coded("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N")],
        "content": [
            {
                "attachment": attachment,
                "format": {"system": FORMATS, "code": "urn:ihe:iti:xds-sd:text:2008"},
            }
        ],
        "context": {
            "facilityType": coded("http://snomed.info/sct", "22232009"),
            "practiceSetting": coded("http://snomed.info/sct", "408443003"),
            "sourcePatientInfo": {"reference": "#whose"},
        },
    }


def an_uncontained_submission(given: Mapping[str, str], word: str) -> Json:
    """Returns the right submission with Comprehensive metadata whose author stands elsewhere (MHD
    4.2.3, UnContained).

    The patient is the one of the submission, so that a system which follows references finds her.
    """
    submission = a_comprehensive_submission(given, word)
    who = {"reference": f"https://directory.example.org/fhir/Practitioner/{given['run']}"}
    patient = "patient"
    reference, listed = (
        dict(submission["entry"][place]["resource"]) for place in (REFERENCE, LIST)
    )
    for resource in (reference, listed):
        del resource["contained"]
    whose = {"reference": urn(given, word, patient)}
    reference |= {"author": [who], "context": {**reference["context"], "sourcePatientInfo": whose}}
    submission = changed(submission, f"entry.{REFERENCE}.resource", reference)
    submission = changed(submission, f"entry.{LIST}.resource", {**listed, "source": who})
    return dict(
        changed(
            submission,
            "meta.profile",
            [f"{PROFILES}IHE.MHD.UnContained.Comprehensive.ProvideBundle"],
        )
    )


def a_submission_with_folder(given: Mapping[str, str], word: str) -> Json:
    """Returns the right submission with a folder that holds its document; the folder is the last
    entry.
    """
    submission = a_submission(given, word)
    common = {
        name: submission["entry"][LIST]["resource"][name]
        for name in ("status", "mode", "subject", "entry")
    }
    resource = {
        "resourceType": "List",
        **common,
        "code": {"coding": [{"system": LIST_TYPES, "code": "folder"}]},
        "identifier": [_identifier(given, f"{word}/folder")],
        "title": word,
    }
    return {
        **submission,
        "entry": [*submission["entry"], _entry(urn(given, word, "folder"), resource)],
    }


def a_related_submission(given: Mapping[str, str], word: str, code: str, target: str) -> Json:
    """Returns the right submission of a document that replaces, appends to, transforms or signs
    another.
    """
    relation = [{"code": code, "target": {"reference": target}}]
    path = f"entry.{REFERENCE}.resource.relatesTo"
    return dict(changed(a_submission(given, word), path, relation))


def a_superseding_entry(given: Mapping[str, str], word: str, target: str) -> Json:
    """Returns the entry that supersedes a DocumentReference, the other half of a replacement (MHD
    3:4.65.4.1.2.3).
    """
    operation = {
        "name": "operation",
        "part": [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "DocumentReference.status"},
            {"name": "value", "valueCode": "superseded"},
        ],
    }
    return {
        "fullUrl": urn(given, word, "patch"),
        "resource": {"resourceType": "Parameters", "parameter": [operation]},
        "request": {"method": "PATCH", "url": target},
    }


def with_second(first: Json, second: Json) -> Json:
    """Returns one submission of two: the documents of both, under the first one's SubmissionSet and
    patient.
    """
    patient = first["entry"][LIST]["resource"]["subject"]
    reference, binary = second["entry"][1:3]
    reference = {**reference, "resource": {**reference["resource"], "subject": patient}}
    items = [
        *first["entry"][LIST]["resource"]["entry"],
        {"item": {"reference": reference["fullUrl"]}},
    ]
    listed = changed(first, f"entry.{LIST}.resource.entry", items)
    return {**listed, "entry": [*listed["entry"], reference, binary]}


def coded(system: str, code: str) -> Json:
    """Returns a CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def changed(value: Any, path: str, new: Any = None) -> Any:
    """Returns a copy with one place set, or taken away for None; the path is such as
    `entry.0.resource.date`.
    """
    first, _, rest = path.partition(".")
    key: Any = int(first) if isinstance(value, list) else first
    copy = list(value) if isinstance(value, list) else dict(value)
    if rest:
        copy[key] = changed(copy[key], rest, new)
    elif new is None:
        del copy[key]
    else:
        copy[key] = new
    return copy


def _identifier(given: Mapping[str, str], word: str) -> Json:
    """Returns a unique id as MHD 4.2.x writes it, told by its use; after 4.2.3 its type tells it as
    well.
    """
    written = {"use": "usual", "system": URI, "value": unique_id(given, word)}
    kind = {"coding": [{"system": IDENTIFIER_TYPES, "code": "uniqueId"}]}
    return {**written, "type": kind} if given.get("mhd") == "ci" else written


def _submission_set(given: Mapping[str, str], word: str) -> Json:
    return {
        "resourceType": "List",
        "extension": [{"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": SOURCE}],
        "identifier": [_identifier(given, f"{word}/set")],
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "subject": {"reference": urn(given, word, "patient")},
        "date": given["now"],
        "entry": [{"item": {"reference": urn(given, word, "reference")}}],
    }


def _document_reference(given: Mapping[str, str], word: str, content: bytes, kind: str) -> Json:
    # of the bytes: MHD 4.2.3's own examples have Base64 of the hexadecimal form, which was a
    # mistake (issue 248)
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    attachment = {
        "contentType": kind,
        "url": urn(given, word, "binary"),
        "size": len(content),
        "hash": base64.b64encode(digest).decode(),
    }
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": _identifier(given, word),
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
        "subject": {"reference": urn(given, word, "patient")},
        "date": given["now"],
        "content": [{"attachment": attachment}],
    }


def the_patient(given: Mapping[str, str]) -> Json:
    """Returns the patient whom the submissions of a run are about; `known` chooses one of three."""
    family, name, gender, born = PEOPLE[given.get("known") or "1"]
    return {
        "resourceType": "Patient",
        "identifier": [{"system": PATIENTS, "value": given["run"]}],
        "name": [{"family": family, "given": name.split()}],
        "gender": gender,
        "birthDate": born,
    }


def a_submission_of_a_namesake(given: Mapping[str, str], word: str) -> Json:
    """Returns the right submission for somebody whose number is the same, in another domain."""
    submission = a_submission(given, word)
    entry = f"entry.{PATIENT}"
    submission = changed(submission, f"{entry}.resource.identifier.0.system", OTHER_PATIENTS)
    condition = f"identifier={OTHER_PATIENTS}|{given['run']}"
    return dict(changed(submission, f"{entry}.request.ifNoneExist", condition))


def _entry(url: str, resource: Json) -> Json:
    return {
        "fullUrl": url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }
