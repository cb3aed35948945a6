"""What a Document Recipient may support: richer metadata, folders, FHIR documents and Simplified
Publish (MHD 1:33.2).

A Recipient that refuses what it does not support passes, where the refusal says so.
"""

from __future__ import annotations

import base64

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.submissions.submission import PROFILES
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import Asking
from sandbox.testbench.script import Given, Request, Script, answer_text, depends_on, get, post
from sandbox.testbench.submissions import (
    LIST,
    REFERENCE,
    a_comprehensive_submission,
    a_submission,
    a_submission_with_folder,
    an_uncontained_submission,
    patient_token,
    unique_id,
)
from sandbox.testbench.submitted_documents import a_submission_of_a_document
from sandbox.testbench.tracks.mhd_recipient_checks import (
    accepted,
    finding,
    kept_as_sent,
    refusal_of,
    refuses_all,
    shows_fault,
    warned,
)
from sandbox.testbench.tracks.mhd_recipient_looking import (
    nothing_stored,
    offered,
    places_of,
    read_at,
)


def comprehensive(given: Given) -> Script:
    """A right submission with Comprehensive metadata is taken (RCP-07)."""
    submission = a_comprehensive_submission(given, "RCP-07")
    answer = yield post("", submission)
    yield from accepted(answer)
    yield from kept_as_sent(submission, answer, only=(LIST, REFERENCE))
    return {"takes_comprehensive": "yes" if answer.status == 200 else "no"}


def uncontained(given: Given) -> Script:
    """A right submission with Comprehensive metadata whose author stands elsewhere is taken
    (RCP-08).
    """
    answer = yield post("", an_uncontained_submission(given, "RCP-08"))
    yield from accepted(answer)


def _folders(given: Given, answer: Exchange) -> Asking:
    """Returns the folders that a search finds, or where none is offered those that can be read;
    None where nobody can look.
    """
    query = {"patient.identifier": patient_token(given), "status": "current", "code": "folder"}
    # with all that ITI-66 makes mandatory, so that a strict server has no reason to refuse
    search = yield from whole_search(get("List", query))
    lists = resources_of(search, "List")
    declared = {} if lists else (yield get("metadata")).json
    if not lists and "List" not in offered(declared, "search-type"):
        # a Recipient owes no search (MHD 1:33.1): the folder is the last entry
        lists = yield from read_at("List", places_of(answer, "List")[-1:], declared)
    return lists


def folder(given: Given) -> Script:
    """A folder is stored with the documents in it, or refused, or said not to be processed
    (RCP-22).
    """
    submission = a_submission_with_folder(given, "RCP-22")
    answer = yield post("", submission)
    # to refuse folders is right; to refuse them as everything else is no answer to the question
    if answer.status >= 400:
        if refuses_all(given):
            yield depends_on("RCP-01")
            return
        yield from refusal_of(answer, "error")
        yield from nothing_stored(given, "RCP-22")
        yield from shows_fault(given, answer, a_submission(given, "RCP-22"))
        return
    yield from accepted(answer)
    if warned(answer, "PartialFolderContentNotProcessed"):
        yield finding(
            "recipient.not_processed",
            "information",
            "Bundle.entry.response.outcome",
            found="folder",
        )
        return
    lists = yield from _folders(given, answer)
    if lists is None:
        return
    values = [
        str(member(identifier, "value"))
        for each in lists
        for identifier in as_list(each.get("identifier"))
    ]
    name = unique_id(given, "RCP-22/folder")
    if name not in values:
        yield finding(
            "recipient.no_folder", "error", "List", expected=name, found=", ".join(values) or "–"
        )
    yield from kept_as_sent(submission, answer, only=(len(submission["entry"]) - 1,))


def fhir_document(given: Given) -> Script:
    """A FHIR document is taken in place of a Binary, or refused with the code for it (RCP-23)."""
    answer = yield post("", a_submission_of_a_document(given, "RCP-23"))
    if answer.status < 400:
        yield from accepted(answer)
        return
    if refuses_all(given):
        yield depends_on("RCP-01")
        return
    yield from refusal_of(answer, "error")
    yield from nothing_stored(given, "RCP-23")
    names = ("FHIRDocumentNotSupported", "InvalidDocumentContent")
    yield from shows_fault(given, answer, a_submission(given, "RCP-23"), names=names)
    if "FHIRDocumentNotSupported" not in answer.body.decode("utf-8", "replace"):
        yield finding(
            "recipient.no_code",
            "warning",
            "OperationOutcome",
            expected="FHIRDocumentNotSupported",
            found=answer_text(answer),
        )


def simplified(given: Given) -> Script:
    """Simplified Publish (ITI-105): the data become a document that can be fetched, where it is
    offered (RCP-26).
    """
    reference = dict(a_submission(given, "RCP-26")["entry"][REFERENCE]["resource"])
    content = f"A document of run {given['run']}.\n".encode()
    attachment = {"contentType": "text/plain", "data": base64.b64encode(content).decode()}
    reference |= {
        "meta": {"profile": [f"{PROFILES}IHE.MHD.SimplifiedPublish.DocumentReference"]},
        "content": [{"attachment": attachment}],
        "subject": {
            "identifier": dict(
                zip(("system", "value"), patient_token(given).split("|"), strict=True)
            )
        },
    }
    answer = yield post("DocumentReference", reference)
    if answer.status not in (200, 201):
        yield finding(
            "recipient.not_accepted", "error", "status", expected="201", found=answer_text(answer)
        )
        return
    stored = answer.json
    if member(stored, "resourceType") != "DocumentReference":
        stored = (yield get(answer.header("location").partition("/_history/")[0])).json
    kept = member(next(iter(as_list(member(stored, "content"))), None), "attachment")
    url = str(member(kept, "url") or "")
    if member(kept, "data") is not None or not url:
        yield finding(
            "recipient.data_kept",
            "error",
            "DocumentReference.content.attachment",
            expected="url",
            found="data",
        )
        return
    # asked for as FHIR, a Binary would come in its wrapper (binary.html#rest)
    document = yield Request("GET", url, {"Accept": "text/plain"})
    if document.status != 200 or document.body != content:
        yield finding("recipient.not_readable", "error", url, found=answer_text(document))
