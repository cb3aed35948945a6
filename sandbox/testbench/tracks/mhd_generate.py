"""Document Recipient of Generate Metadata (MHD, ITI-106): a document comes alone, and says of
itself what it is.

The document is a right International Patient Summary of the run's patient, so that a Recipient that
takes nothing else has no reason to refuse it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Severity
from sandbox.ips import SummaryOptions, assemble
from sandbox.testbench.comparing import is_same_moment
from sandbox.testbench.reading import document_of
from sandbox.testbench.refusing import Asking, only_fault
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    get,
    post,
)
from sandbox.testbench.submissions import PATIENTS

NAMES = ("FHIRDocumentNotSupported", "InvalidDocumentContent")  # of what is no document
OPERATION = "DocumentReference/$generate-metadata"
CLAUSE = "MHD 3:4.106.4.1.2"
ANSWER = "MHD 3:4.106.4.2.2"
IPS_FORMAT = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"  # sIPS 5.9.2.1


def taken(given: Given) -> Script:
    """A document Bundle is taken, and the answer refers to its DocumentReference (GEN-01)."""
    answer = yield _asked(a_summary(given, "GEN-01"))
    place = _place(answer)
    if answer.status != 200 or not place:
        yield finding_at(
            "generate.not_taken",
            "error",
            "status",
            ANSWER,
            expected="200, Parameters",
            found=answer_text(answer),
        )
        return {"takes_documents": "no"}
    return {"takes_documents": "yes", "generated": place}


def taken_in_a_binary(given: Given) -> Script:
    """The same document in a Binary is taken as well (GEN-02)."""
    # a Binary is how a document that is not FHIR would come: the operation has to look inside
    data = base64.b64encode(write_json(a_summary(given, "GEN-02"))).decode()
    answer = yield _asked({"resourceType": "Binary", "contentType": FHIR_JSON, "data": data})
    if answer.status != 200 or not _place(answer):
        yield finding_at(
            "generate.not_taken",
            "error",
            "status",
            ANSWER,
            expected="200, Parameters",
            found=answer_text(answer),
        )


def metadata(given: Given) -> Script:
    """Type, format, creation, language, title and content type are those of the document
    (GEN-03).
    """
    reference = yield from _generated(given)
    if reference is None:
        return
    # made anew and not read back: the same run and word give the same document
    rows = _statements(a_summary(given, "GEN-01"), reference)
    for name, wanted, found, level in rows:
        if wanted != found and not is_same_moment(str(wanted), str(found)):
            where = f"DocumentReference.{name}"
            yield finding_at(
                "generate.other_metadata",
                level,
                where,
                "PCC 4.1.1",
                expected=str(wanted),
                found=str(found or "–"),
            )


def _statements(document: Json, reference: Json) -> list[tuple[str, Any, Any, Severity]]:
    """Returns elements of the metadata with what the document says, what is there, and how grave
    another value is.
    """
    composition = document["entry"][0]["resource"]
    content: Any = next(iter(as_list(reference.get("content"))), {})
    attachment = member(content, "attachment") or {}
    place = "content.attachment"
    type = member(_coding(composition["type"]), "code")
    types = sorted(codes_of(reference.get("type")), key=lambda code: code != type)
    kind = str(attachment.get("contentType")).partition(";")[0]
    unique_id = member(reference.get("masterIdentifier"), "value")
    return [
        ("type", type, next(iter(types), None), "error"),
        ("content.format", IPS_FORMAT, member(member(content, "format"), "code"), "error"),
        (f"{place}.contentType", FHIR_JSON, kind, "error"),
        (f"{place}.creation", composition["date"], attachment.get("creation"), "error"),
        ("masterIdentifier", member(document.get("identifier"), "value"), unique_id, "warning"),
        (f"{place}.title", composition["title"], attachment.get("title"), "warning"),
    ]


def fetched(given: Given) -> Script:
    """The document can be fetched where the metadata say, and is the one that was sent (GEN-04)."""
    reference = yield from _generated(given)
    if reference is None:
        return
    attachment = member(next(iter(as_list(reference.get("content"))), None), "attachment")
    answer = yield Request("GET", str(member(attachment, "url") or "–"), {"Accept": FHIR_JSON})
    sent = a_summary(given, "GEN-01")
    # by the rules of Binary it may come in its wrapper (RSP-20)
    came = document_of(answer)
    # not byte by byte: what is stored as a Bundle has got an id and a version
    is_same = member(came, "identifier") == sent["identifier"]
    if (
        answer.status != 200
        or not is_same
        or len(as_list(member(came, "entry"))) != len(sent["entry"])
    ):
        yield finding_at(
            "generate.other_document",
            "error",
            "content.attachment.url",
            "MHD 3:4.68.4.2.2",
            found=answer_text(answer),
        )


def refuses_what_is_no_document(given: Given) -> Script:
    """No document, a Bundle that is none, and bytes that are none are refused with an
    OperationOutcome (GEN-05).
    """
    known = given.get("takes_documents")
    if known == "no":
        yield depends_on("GEN-01")
        return
    # of the right type each, so that only what is inside can be refused
    collection = {"resourceType": "Bundle", "type": "collection", "entry": []}
    text = {
        "resourceType": "Binary",
        "contentType": FHIR_JSON,
        "data": base64.b64encode(b"not a document").decode(),
    }
    wrong_ones = {"–": None, "Bundle collection": collection, "Binary": text}
    for number, (word, resource) in enumerate(wrong_ones.items()):
        answer = yield _asked(resource)
        if not 400 <= answer.status < 500:
            yield finding_at(
                "generate.not_refused",
                "error",
                word,
                ANSWER,
                expected="4xx",
                found=answer_text(answer),
            )
        elif member(answer.json, "resourceType") != "OperationOutcome":
            yield finding_at(
                "generate.no_outcome", "warning", word, ANSWER, expected="OperationOutcome"
            )
        right = _asked(a_summary(given, f"GEN-05-{number}"))
        after = "" if known else "GEN-01"
        yield from only_fault(answer, right, names=NAMES, after=after)


def a_summary(given: Given, word: str) -> Json:
    """Returns a right IPS 2.0.0 document of the run's patient, of whom nothing is known yet."""
    patient = {
        "resourceType": "Patient",
        "id": f"{given['run']}-{word}"[:64],
        "name": [{"family": "Ensayo", "given": ["Prueba"]}],
        "identifier": [{"system": PATIENTS, "value": given["run"]}],
        "gender": "female",
        "birthDate": "1981-03-01",
    }
    options = SummaryOptions(
        f"https://sandbox.example/{word}", datetime.fromisoformat(given["now"]), "es"
    )
    return assemble(patient, [], options)


def _test(
    number: str, script: Callable[[Given], Script], clause: str, *, after: bool = False
) -> Test:
    needed = {"generated": "GEN-01"} if after else {}
    name = getattr(script, "__name__", "")
    return Test(f"mhd.generate.{name}", number, clause, script, "03", after=needed)


TESTS = (
    _test("GEN-01", taken, CLAUSE),
    _test("GEN-02", taken_in_a_binary, CLAUSE),
    _test("GEN-03", metadata, "MHD 3:4.106.4.1.3, PCC 4.1.1", after=True),
    _test("GEN-04", fetched, "MHD 3:4.68.4.2.2", after=True),
    _test("GEN-05", refuses_what_is_no_document, ANSWER),
)
TRACK = Track("mhd.generate", "generate", TESTS, actor="document-recipient")


def _asked(document: Json | None) -> Request:
    parameter = [] if document is None else [{"name": "document", "resource": document}]
    return post(OPERATION, {"resourceType": "Parameters", "parameter": parameter})


def _generated(given: Given) -> Asking:
    """Returns the DocumentReference that was made; None, with a finding, where it cannot be
    read.
    """
    answer = yield get(given["generated"])
    if answer.status != 200 or member(answer.json, "resourceType") != "DocumentReference":
        yield finding_at(
            "generate.not_readable", "error", given["generated"], ANSWER, found=answer_text(answer)
        )
        return None
    return answer.json


def _place(answer: Exchange) -> str:
    """Returns where the DocumentReference is, by the answer."""
    for parameter in as_list(member(answer.json, "parameter")):
        reference = member(member(parameter, "valueReference"), "reference") or member(
            parameter, "valueUri"
        )
        if isinstance(reference, str) and "DocumentReference/" in reference:
            return reference.partition("/_history/")[0]
    return ""


def _coding(concept: Any) -> Any:
    return next(iter(as_list(member(concept, "coding"))), None)
