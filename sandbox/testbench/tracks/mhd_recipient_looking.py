"""How the tests of a Document Recipient look at what it has stored.

A Recipient takes ITI-65 alone and owes neither search nor read (MHD 1:33.1), unless its
CapabilityStatement says that it offers one: so each look takes what is offered, and where nobody
can look, that is told and is no failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.findings import Finding
from sandbox.submissions.submission import URI
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import Asking
from sandbox.testbench.script import Given, answer_text, get, post
from sandbox.testbench.submissions import a_submission, patient_token, unique_id
from sandbox.testbench.tracks.mhd_recipient_checks import (
    RESPONSE,
    accepted,
    finding,
    responses_of,
)

REFERENCE = "DocumentReference"


def offered(capabilities: Any, interaction: str) -> set[str]:
    """Returns the types of which a CapabilityStatement offers an interaction, such as read."""
    return {
        str(member(resource, "type"))
        for rest in as_list(member(capabilities, "rest"))
        for resource in as_list(member(rest, "resource"))
        if any(
            member(listed, "code") == interaction
            for listed in as_list(member(resource, "interaction"))
        )
    }


def not_offered(type: str, said: str) -> Finding:
    """Returns that nobody can look at what was stored; the test is inconclusive then."""
    key = "testbench.no_read"
    return Finding(key, "information", key, {"type": type}, where=type, found=said, clause=RESPONSE)


def find_documents(given: Given, word: str, *, status: str = "current") -> Asking:
    """Returns the documents with the identifier of a submission; None where the search itself
    fails, which is told of one that is offered.
    """
    # patient and status are what every query has to have (MHD 3:4.67.4.1.2.1)
    identifier = f"{URI}|{unique_id(given, word)}"
    query = {
        "patient.identifier": patient_token(given),
        "status": status,
        "identifier": identifier,
    }
    answer = yield from whole_search(get(REFERENCE, query))
    if answer.status == 200 and member(answer.json, "type") == "searchset":
        return resources_of(answer, REFERENCE)
    if REFERENCE in offered((yield get("metadata")).json, "search-type"):
        yield finding("recipient.no_search", "warning", REFERENCE, found=answer_text(answer))
    return None


def stored_documents(given: Given, word: str, places: Iterable[str]) -> Asking:
    """Returns the documents of a submission that was taken: those that a search finds, or else
    those that are read where the response says that they are.

    Args:
        given: What the test takes.
        word: Of the submission.
        places: Where its answer says that DocumentReferences were stored.

    Returns: None where nobody can look, which is told.
    """
    documents = yield from find_documents(given, word)
    if documents:
        return documents
    declared = (yield get("metadata")).json
    # what it offers has to find what it has taken
    if documents is not None and REFERENCE in offered(declared, "search-type"):
        return documents
    read = yield from read_at(REFERENCE, places, declared)
    if read is None:
        return None
    name = unique_id(given, word)
    return [each for each in read if member(member(each, "masterIdentifier"), "value") == name]


def read_at(type: str, places: Iterable[str], declared: Any) -> Asking:
    """Returns what is read at the places of a response.

    Args:
        type: Of what is to be read.
        places: Where it was stored.
        declared: The CapabilityStatement, which says whether a read is offered.

    Returns: None where nobody can look, which is told.
    """
    resources = []
    for place in places:
        stored = yield get(place)
        if stored.status == 200:
            resources.append(stored.json)
        elif type in offered(declared, "read"):
            yield finding("recipient.not_readable", "error", place, found=answer_text(stored))
        else:
            yield not_offered(type, answer_text(stored))
            return None
    return resources


def stored_reference(given: Given, word: str) -> Asking:
    """Submits a document and returns the place of its DocumentReference; an empty text where it
    cannot be found.
    """
    answer = yield post("", a_submission(given, word))
    yield from accepted(answer)
    if answer.status != 200:
        return ""
    # not taken from the response unread: what a location there is worth is for RCP-03 to say
    documents = yield from stored_documents(given, word, places_of(answer, REFERENCE))
    if documents:
        return f"{REFERENCE}/{documents[0].get('id')}"
    if documents is not None:
        yield finding(
            "recipient.not_found", "error", unique_id(given, word), expected="1", found="0"
        )
    return ""


def status_of(given: Given, word: str, place: str) -> Asking:
    """Returns the status of a stored document as it is read, or as a search finds it; an empty text
    where nobody can look, which is told.
    """
    stored = yield get(place)
    if stored.status == 200:
        return str(member(stored.json, "status"))
    if REFERENCE in offered((yield get("metadata")).json, "read"):
        yield finding("recipient.not_readable", "error", place, found=answer_text(stored))
        return ""
    for status in ("current", "superseded"):
        if (yield from find_documents(given, word, status=status)):
            return status
    yield not_offered(REFERENCE, answer_text(stored))
    return ""


def nothing_stored(given: Given, *words: str) -> Asking:
    """Tells of what a search finds of submissions that were refused; whether it finds any that was
    taken is for `shows_nothing` to say.
    """
    for word in words:
        stored = yield from find_documents(given, word)
        if stored:
            yield finding(
                "recipient.stored",
                "error",
                unique_id(given, word),
                expected="0",
                found=str(len(stored)),
            )


def shows_nothing(given: Given, word: str, mended: Exchange | None) -> Asking:
    """Tells whether a search finds nothing even of what was taken: then it has not shown that
    nothing was stored of what was refused.

    Args:
        given: What the test takes.
        word: Of the right submission.
        mended: The answer to it; None where it was not sent.
    """
    if mended is None or mended.status >= 400:
        return False
    return not (yield from find_documents(given, word))


def places_of(answer: Exchange, type: str) -> list[str]:
    """Returns where a transaction has stored resources of a type, without their versions."""
    places = [
        str(response.get("location", "")).partition("/_history/")[0]
        for response in responses_of(answer)
    ]
    return [place for place in places if f"/{type}/" in f"/{place}"]
