"""Lesson 03, document sharing by IHE MHD: publish, find, retrieve, replace, and what a Recipient
refuses.
"""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.course.comparing import as_json, compare, compare_hash, swapped, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.lesson_02 import a_document
from sandbox.course.exercises.reading import (
    a_reference,
    a_search,
    as_list,
    as_object,
    at,
    by_name,
    handed_in,
    leads_to,
    not_there,
    relative,
    resources_of,
    wrong_prediction,
)
from sandbox.course.slips import slip_of
from sandbox.fhir.base64binary import read_base64
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_03")
ROSA = "Patient/rosa-fuenzalida"
SYSTEM = "urn:oid:2.16.152"
VALUE = "48215377-1"
NUMBER = f"{SYSTEM}|{VALUE}"
# a hundred on a page: a class may publish more than the usual twenty documents about Rosa
CURRENT = f"DocumentReference?patient.identifier={NUMBER}&status=current&_count=100"
EARLIER = CURRENT.replace("=current", "=superseded")
TRANSACTIONS = {"publish": "ITI-65", "find": "ITI-67", "retrieve": "ITI-68"}
ALL_TRANSACTIONS = ("ITI-65", "ITI-66", "ITI-67", "ITI-68")
# of XDS, which does the same with SOAP
OLDER = {"ITI-18", "ITI-41", "ITI-42", "ITI-43"}
ACTORS = re.compile(r"(?i)document (source|recipient|consumer|responder)")
# the accent is two bytes of UTF-8, so that counting characters gives another size
CONTENT = "Rosa Fuenzalida: alergia a la penicilina, sí".encode()
CODES = {
    "wrong_hash": "XDSRegistryMetadataError",
    "lost_binary": "XDSMissingDocument",
    "two_patients": "XDSPatientIdDoesNotMatch",
    "no_profile": "accepted",
}
CLAUSE_HASH = "MHD 3:4.65.4.1.2.1; FHIR R4 datatypes.html#Attachment"
CHAINS = re.compile(r"^(patient|subject)(:Patient)?\.identifier$")


@EXERCISES.exercise(
    "3.1",
    clause="MHD 1:33.1; ITI TF-2 3.65, 3.67, 3.68",
    asked=Asked(read=by_name(*TRANSACTIONS)),
)
def transactions(answer: Any, evidence: Evidence) -> Finding | None:
    """Which transaction publishes, which finds, which retrieves."""
    given = {name: _transaction(answer[name]) for name in TRANSACTIONS}
    for name in TRANSACTIONS:
        if given[name] in ALL_TRANSACTIONS:
            continue
        found = str(answer[name])
        key = "xds" if given[name] in OLDER else "actor" if ACTORS.search(found) else "none_of_them"
        return wrong(key, where=name, expected="ITI-65 | ITI-67 | ITI-68", found=found)
    both = swapped(given, TRANSACTIONS)
    if both:
        return both
    for name, transaction in TRANSACTIONS.items():
        if given[name] != transaction:
            is_metadata = name == "retrieve" and given[name] == "ITI-67"
            key = "sets" if given[name] == "ITI-66" else "other_of_three"
            return wrong("metadata" if is_metadata else key, where=name, found=given[name])
    return None


def _transaction(value: Any) -> str:
    """Returns the name of the transaction that is meant, such as by 65 or `iti 65`."""
    number = re.search(r"(?i)(?:^|iti[- _]?)(\d\d)\b", str(value).strip())
    return f"ITI-{number[1]}" if number else ""


@EXERCISES.exercise("3.2", points=2, clause=CLAUSE_HASH, asked=Asked(read=by_name("size", "hash")))
def hash_and_size(answer: Any, evidence: Evidence) -> Finding | None:
    """Size and SHA-1 of the bytes, in the form that FHIR has for them."""
    size = answer["size"]
    lengths = {
        len(CONTENT.decode()): "characters",
        len(base64.b64encode(CONTENT)): "size_of_base64",
        CONTENT.__sizeof__(): "size_of_object",
    }
    name = lengths.get(size, "size") if isinstance(size, int) else "size"
    return compare(name, size, len(CONTENT), where="attachment.size") or compare_hash(
        answer["hash"], CONTENT, where="attachment.hash"
    )


def _a_published(**needs: str) -> Asked:
    """Asks for the place of a DocumentReference, which the judge looks at."""
    return Asked(
        read=a_reference("DocumentReference"),
        needs=lambda answer: {"stored": answer, **needs},
        resource=lambda answer, evidence: handed_in(evidence, "stored"),
    )


@EXERCISES.exercise("3.3", points=2, clause="MHD 3:4.65.4.1.2", asked=_a_published())
def published(answer: Any, evidence: Evidence) -> Finding | None:
    """A DocumentReference about Rosa that promises size and hash of its bytes.

    Whether it is current is not asked: 3.6 replaces it, and the grader looks afterwards.
    """
    reference = handed_in(evidence, "stored")
    subject = at(reference, "subject", "reference")
    fault = not_there(evidence, "stored", answer)
    if fault:
        return fault
    if not leads_to(subject, ROSA, evidence):
        where = "DocumentReference.subject"
        return wrong("other_patient", where=where, expected=ROSA, found=as_json(subject))
    attachment = at(reference, "content", 0, "attachment")
    if not at(attachment, "hash") or not at(attachment, "size"):
        where = "DocumentReference.content.attachment"
        return wrong("no_hash", where=where, expected="hash, size", found=as_json(attachment))
    return None


@EXERCISES.exercise(
    "3.4",
    points=2,
    clause="MHD 3:4.67.4.1.2",
    asked=Asked(
        read=a_search("DocumentReference"),
        needs=lambda answer: {"found": answer, "wanted": CURRENT},
    ),
)
def found_by_identifier(answer: Any, evidence: Evidence) -> Finding | None:
    """The search of a Consumer abroad: by an identifier that both sides know, current documents
    only.
    """
    parameters = dict(parse_qsl(urlsplit(answer).query))
    response = evidence["found"]
    fault = _not_by_number(parameters) or _wrong_status(parameters)
    if fault:
        return fault
    if response.status != 200:
        reason = at(response.json, "issue", 0, "details", "text")
        return wrong("refused", expected="200", found=f"{response.status}: {reason}", where=answer)
    ids = {resource.get("id") for resource in resources_of(response.json)}
    wanted = {resource.get("id") for resource in resources_of(evidence["wanted"].json)}
    # fewer than all is right as well: a search may ask for more, such as a type
    if ids and ids <= wanted:
        return None
    total = at(response.json, "total")
    key = "nothing" if not ids else "others"
    return wrong(key, where="Bundle.total", expected=len(wanted), found=total)


def _not_by_number(parameters: dict[str, str]) -> Finding | None:
    """Says that a search does not ask by the national number, or not by the whole of it."""
    chained = next((value for name, value in parameters.items() if CHAINS.match(name)), None)
    where = "patient.identifier"
    if chained is None:
        identifier = next((n for n in parameters if n.partition(":")[2] == "identifier"), "")
        is_number = any("|" in value for value in parameters.values())
        is_own = bool(identifier) or "identifier" in parameters
        name = "not_chained" if is_own or is_number else "by_id"
        found = ", ".join(parameters)
        return wrong(name, where=where, expected="patient.identifier=…|…", found=found)
    system, bar, value = chained.rpartition("|")
    if not bar:
        return wrong("no_system", where=where, expected="system|value", found=chained)
    slip = slip_of(system, SYSTEM)
    if slip:
        return wrong(slip, where=where, expected=SYSTEM, found=system)
    if slip_of(value, VALUE) == "punctuation":
        return wrong("number_form", where=where, expected=VALUE, found=value)
    return None


def _wrong_status(parameters: dict[str, str]) -> Finding | None:
    status = parameters.get("status")
    if status is None:
        return wrong("no_status", where="status", expected="status=current", found="–")
    if set(status.split(",")) <= {"current", "superseded", "entered-in-error"}:
        return None
    return wrong("other_status", where="status", expected="current", found=status)


def _content(answer: Any) -> Any:
    """Reads a document, or says what of it came instead."""
    kind = as_object(answer).get("resourceType")
    if kind == "DocumentReference":
        return wrong("metadata", where="resourceType", expected="Bundle", found=kind)
    if kind == "Binary":
        return wrong("wrapper", where="resourceType", expected="Bundle", found=kind)
    content = read_base64(answer) if isinstance(answer, str) and len(answer) > 40 else None
    if content and content.lstrip().startswith(b"{"):
        return wrong("still_base64", expected="Bundle", found=answer)
    read = a_document(answer)
    if isinstance(read, Finding) and read.key == "no_document":
        return wrong("search_result", where="Bundle.type", expected="document", found=read.found)
    return read


@EXERCISES.exercise(
    "3.5",
    points=2,
    clause="MHD 3:4.68.4.1.2; FHIR R4 binary.html#rest",
    asked=Asked(read=_content, resource=lambda answer, _: answer),
)
def retrieved(answer: Any, evidence: Evidence) -> Finding | None:
    """The document itself, neither what describes it nor what wraps it."""
    if not is_about(answer, VALUE):
        return wrong("other_patient", where="Bundle.entry.resource.identifier", expected=NUMBER)
    return None


@EXERCISES.exercise(
    "3.6",
    points=2,
    clause="MHD 3:4.65.4.1.2.3",
    asked=_a_published(current=CURRENT, earlier=EARLIER),
)
def replaced(answer: Any, evidence: Evidence) -> Finding | None:
    """The new document replaces the old one, which is superseded."""
    fault = not_there(evidence, "stored", answer)
    if fault:
        return fault
    reference = handed_in(evidence, "stored")
    relations = [as_object(relation) for relation in as_list(reference.get("relatesTo"))]
    targets = [
        relative(at(relation, "target", "reference"), evidence)
        for relation in relations
        if relation.get("code") == "replaces"
    ]
    if not targets:
        name = "replaced_one" if reference.get("status") == "superseded" else "no_relation"
        where = "DocumentReference.relatesTo"
        return wrong(name, where=where, expected="replaces", found=as_json(relations))
    return _not_replaced(relative(answer, evidence), set(targets), evidence)


def _not_replaced(mine: str | None, targets: set[str | None], evidence: Evidence) -> Finding | None:
    where = "DocumentReference.status"
    found = ", ".join(map(str, targets))
    current = _places(evidence, "current")
    if mine in targets:
        return wrong("replaces_itself", where="DocumentReference.relatesTo", found=found)
    # by the search of a Consumer: what it still finds as current was not superseded
    if targets & current:
        return wrong("still_current", where=where, expected="superseded", found=found)
    if not targets & _places(evidence, "earlier"):
        return wrong("replaces_nothing", where="DocumentReference.relatesTo", found=found)
    if mine not in current:
        return wrong("not_current", where=where, expected="current", found=mine)
    return None


def _places(evidence: Evidence, name: str) -> set[str | None]:
    """Returns the places of the documents that a search found."""
    found = resources_of(evidence[name].json)
    return {f"DocumentReference/{resource.get('id')}" for resource in found}


@EXERCISES.exercise(
    "3.7",
    points=2,
    clause="ITI TF-3 table 4.2.4.1-2; MHD 3:4.65.4.1.3",
    asked=Asked(read=by_name(*CODES)),
)
def predicted_codes(answer: Any, evidence: Evidence) -> Finding | None:
    """What a Recipient says to four submissions."""
    return wrong_prediction(answer, CODES, tuple(CODES.values()))


def is_about(document: Any, number: Any) -> bool:
    """Tells whether a document holds a patient with this national number."""
    patients = [r for r in resources_of(document) if r.get("resourceType") == "Patient"]
    numbers = [
        as_object(identifier).get("value")
        for patient in patients
        for identifier in as_list(patient.get("identifier"))
    ]
    return number is not None and number in numbers
