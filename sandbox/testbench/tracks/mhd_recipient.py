"""Document Recipient (MHD, ITI-65): what it must take, what it must answer, and what it must refuse
and not store.

Every follow-up search carries what MHD asks of a
Consumer, patient and status, so that a strict server has no reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sandbox.definitions.xml_writing import write_xml
from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    get,
    post,
)
from sandbox.testbench.submissions import (
    BINARY,
    PATIENT,
    a_related_submission,
    a_submission,
    a_submission_of_a_namesake,
    a_superseding_entry,
    unique_id,
    with_second,
)
from sandbox.testbench.tracks.mhd_recipient_checks import (
    RESPONSE,
    accepted,
    changed_in_store,
    finding,
    kept_as_sent,
    other_version,
    places_in,
    responses_of,
    warned,
)
from sandbox.testbench.tracks.mhd_recipient_looking import (
    not_offered,
    offered,
    places_of,
    status_of,
    stored_documents,
    stored_reference,
)
from sandbox.testbench.tracks.mhd_recipient_options import (
    comprehensive,
    fhir_document,
    folder,
    simplified,
    uncontained,
)
from sandbox.testbench.tracks.mhd_recipient_refusals import (
    CASES,
    all_or_nothing,
    reason_told,
    refuses,
)
from sandbox.validation import knowledge_at_hand

XML = "application/fhir+xml"
PARTLY = "PartialRelationshipContentNotProcessed"
UNPROCESSED = {
    "appends": ("PartialAppendContentNotProcessed", PARTLY),
    "transforms": ("PartialTransformNotProcessed", PARTLY),
    "signs": (PARTLY,),
}
ORDER = ("List", "DocumentReference", "Binary", "Patient")  # of the entries of a submission


def minimal_json(given: Given) -> Script:
    """A right submission in JSON is taken (RCP-01)."""
    answer = yield post("", a_submission(given, "RCP-01"))
    yield from accepted(answer)
    return {"takes_minimal": "yes" if answer.status == 200 else "no"}


def minimal_xml(given: Given) -> Script:
    """The same in XML: a Recipient takes both (RCP-02)."""
    body = write_xml(a_submission(given, "RCP-02"), knowledge_at_hand().types)
    answer = yield Request(
        "POST", "", {"Accept": "application/fhir+json", "Content-Type": XML}, body
    )
    yield from accepted(answer)


def response_shape(given: Given) -> Script:
    """The response has an entry for each of the request, in its order, with status and location
    (RCP-03).
    """
    answer = yield post("", a_submission(given, "RCP-03"))
    yield from accepted(answer)
    if answer.status != 200:
        return
    # a Source knows by the order alone which of its entries was stored where
    # (http.html#transaction-response)
    responses = responses_of(answer)
    if len(responses) != len(ORDER):
        yield finding(
            "recipient.entry_count",
            "error",
            "Bundle.entry",
            expected=str(len(ORDER)),
            found=str(len(responses)),
        )
    for index, (response, type) in enumerate(zip(responses, ORDER, strict=False)):
        yield from _entry_shape(f"Bundle.entry[{index}].response", response, type)


def _entry_shape(where: str, response: Mapping[str, Any], type: str) -> Iterator[Finding]:
    status = str(response.get("status", ""))
    location = response.get("location")
    # a patient may have been there before; what else is sent is made (MHD 3:4.65.4.2.2)
    is_made = status.startswith("201") or (type == "Patient" and status.startswith("20"))
    if not is_made:
        place = f"{where}.status"
        yield finding("recipient.entry_status", "error", place, expected="201", found=status or "–")
    elif not location:
        yield finding("recipient.no_location", "error", f"{where}.location")
    # absolute or relative, with a version or without: MHD leaves it open
    elif f"{type}/" not in f"/{location}":
        yield finding(
            "recipient.entry_order",
            "error",
            f"{where}.location",
            expected=f"{type}/…",
            found=str(location),
        )


def versions_told(given: Given) -> Script:
    """The response tells etag and lastModified of what was stored (RCP-04)."""
    answer = yield post("", a_submission(given, "RCP-04"))
    yield from accepted(answer)
    for index, response in enumerate(responses_of(answer)):
        for name in ("etag", "lastModified"):
            if name not in response and str(response.get("status", "")).startswith("201"):
                yield finding(
                    "recipient.not_told", "warning", f"Bundle.entry[{index}].response.{name}"
                )


def readable(given: Given) -> Script:
    """What was stored is readable at its location, as it was submitted; who has the same number in
    another domain is somebody else (RCP-05).
    """
    submission = a_submission(given, "RCP-05")
    answer = yield post("", submission)
    yield from accepted(answer)
    unread: dict[str, str] = {}
    for index, response in enumerate(responses_of(answer)):
        where = f"Bundle.entry[{index}].response"
        place = str(response.get("location", "")).partition("/_history/")[0]
        if not place:
            yield finding("recipient.no_location", "error", f"{where}.location")
            continue
        stored = yield get(place)
        if stored.status != 200:
            unread[submission["entry"][index]["resource"]["resourceType"]] = answer_text(stored)
        elif index != BINARY:  # which may come as its bytes, and is fetched in RSP-19
            sent = submission["entry"][index]["resource"]
            yield from changed_in_store(sent, stored.json, places_in(submission, answer))
            yield from other_version(where, response, stored.json)
    yield from _not_readable(unread)
    # who identifies people by the number alone keeps her documents with the wrong one; a Recipient
    # may refuse patients of a domain that it does not know
    namesake = a_submission_of_a_namesake(given, "RCP-05b")
    yield from kept_as_sent(namesake, (yield post("", namesake)), only=(PATIENT,))


def _not_readable(unread: Mapping[str, str]) -> Script:
    """Tells of types that could not be read; a Recipient takes ITI-65 alone and owes no read
    (MHD 1:33.1), unless its CapabilityStatement says that it offers one.
    """
    if not unread:
        return
    declared = offered((yield get("metadata")).json, "read")
    for type, said in unread.items():
        if type in declared:
            yield finding("recipient.not_readable", "error", type, found=said)
        else:
            yield not_offered(type, said)


def two_documents(given: Given) -> Script:
    """Two documents in one submission are both found afterwards (RCP-06)."""
    both = with_second(a_submission(given, "RCP-06"), a_submission(given, "RCP-06b"))
    answer = yield post("", both)
    yield from accepted(answer)
    if answer.status != 200:
        return
    places = places_of(answer, "DocumentReference")
    for word in ("RCP-06", "RCP-06b"):
        references = yield from stored_documents(given, word, places)
        if references is not None and len(references) != 1:
            where = unique_id(given, word)
            yield finding(
                "recipient.not_found", "error", where, expected="1", found=str(len(references))
            )


def replaced(given: Given) -> Script:
    """A replacement becomes current and supersedes what it replaces and nothing else, or is said
    not to be processed (RCP-20).
    """
    old = yield from stored_reference(given, "RCP-20")
    if not old:
        return
    another = yield from stored_reference(given, "RCP-20c")
    submission = a_related_submission(given, "RCP-20b", "replaces", old)
    # the relation alone replaces nothing: the same transaction has to supersede the old one
    patch = a_superseding_entry(given, "RCP-20b", old)
    answer = yield post("", {**submission, "entry": [*submission["entry"], patch]})
    yield from accepted(answer)
    # a Recipient need not know replacements, if it says so (MHD 3:4.65.4.1.3)
    if warned(answer, "PartialReplaceContentNotProcessed"):
        yield finding(
            "recipient.not_processed",
            "information",
            "Bundle.entry.response.outcome",
            found="replaces",
        )
        return
    status = yield from status_of(given, "RCP-20", old)
    if status not in ("", "superseded"):
        yield finding(
            "recipient.not_superseded", "error", f"{old} DocumentReference.status", found=status
        )
    if another:
        status = yield from status_of(given, "RCP-20c", another)
        yield from _still_current(another, status)
    if answer.status == 200:
        yield from _relation_kept(given, "RCP-20b", old, "replaces", answer=answer)


def added_to(given: Given, *, code: str) -> Script:
    """What is appended, transformed or signed stays current (RCP-21)."""
    word = f"RCP-21-{code}"
    old = yield from stored_reference(given, word)
    if not old:
        return
    answer = yield post("", a_related_submission(given, f"{word}b", code, old))
    yield from accepted(answer)
    status = yield from status_of(given, word, old)
    yield from _still_current(old, status)
    # a Recipient need not know relations, if it says so (MHD 3:4.65.4.1.3)
    if answer.status == 200 and not any(warned(answer, said) for said in UNPROCESSED[code]):
        yield from _relation_kept(given, f"{word}b", old, code, answer=answer)


def _still_current(place: str, status: str) -> Iterator[Finding]:
    if status not in ("", "current"):
        yield finding(
            "recipient.not_current", "error", f"{place} DocumentReference.status", found=status
        )


def _relation_kept(given: Given, word: str, old: str, code: str, *, answer: Exchange) -> Script:
    """Tells whether a document is stored, and says to which other it belongs, and how."""
    places = places_of(answer, "DocumentReference")
    references = yield from stored_documents(given, word, places)
    if references is not None and len(references) != 1:
        where = unique_id(given, word)
        yield finding(
            "recipient.not_found", "error", where, expected="1", found=str(len(references))
        )
    for reference in references or ():
        type = {"resourceType": "DocumentReference"}
        sent = {**type, "relatesTo": [{"code": code, "target": {"reference": old}}]}
        kept = {**type, "relatesTo": reference.get("relatesTo")}
        yield from changed_in_store(sent, kept, {old: old})


def capabilities(given: Given) -> Script:
    """The capabilities name FHIR 4.0.1 and the transaction (RCP-28)."""
    answer = yield get("metadata")
    version = member(answer.json, "fhirVersion")
    if answer.status != 200 or version != "4.0.1":
        yield finding(
            "recipient.no_capabilities",
            "error",
            "metadata",
            expected="4.0.1",
            found=str(version or answer_text(answer)),
        )
        return
    words = {
        member(interaction, "code")
        for rest in as_list(answer.json.get("rest"))
        for interaction in as_list(member(rest, "interaction"))
    }
    # MHD asks for metadata, and for nothing that stands in it (its open issue MHD_063)
    if "transaction" not in words:
        yield finding(
            "recipient.no_transaction",
            "warning",
            "CapabilityStatement.rest.interaction",
            expected="transaction",
        )


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(
        f"mhd.recipient.{words}", number, clause, script, "03", needs, takes=("mhd", "known")
    )


def _added(number: str, code: str) -> Test:
    return _test(number, partial(added_to, code=code), "MHD 3:4.65.4.1.3", code)


TESTS = (
    _test("RCP-01", minimal_json, "MHD 3:4.65.4.1.3, 3:4.65.4.2.2"),
    _test("RCP-02", minimal_xml, "MHD 3:4.65.4.1.3"),
    _test("RCP-03", response_shape, RESPONSE),
    _test("RCP-04", versions_told, RESPONSE),
    _test("RCP-05", readable, RESPONSE),
    _test("RCP-06", two_documents, "MHD 3:4.65.4.1.2"),
    _test("RCP-07", comprehensive, "MHD 3:4.65.4.1.2.1", needs=("comprehensive",)),
    _test("RCP-08", uncontained, "MHD 3:4.65.4.1.2.1, 1:33.2", needs=("uncontained",)),
    *(
        _test(
            case.number,
            partial(refuses, case=case),
            case.clause,
            case.name,
            needs=("comprehensive",) if case.base == "comprehensive" else (),
        )
        for case in CASES
    ),
    _test("RCP-22", folder, "MHD 3:4.65.4.1.3"),
    _test("RCP-23", fhir_document, "MHD 1:33.2.5, 3:4.65.4.1.3"),
    _test("RCP-26", simplified, "MHD 3:4.105", needs=("simplified",)),
    _test("RCP-18", all_or_nothing, "MHD 3:4.65.4.1.3"),
    _test("RCP-20", replaced, "MHD 3:4.65.4.1.2.3"),
    _added("RCP-21a", "appends"),
    _added("RCP-21b", "transforms"),
    _added("RCP-21c", "signs"),
    _test("RCP-25", reason_told, "MHD 3:4.65.4.1.3"),
    _test("RCP-28", capabilities, "ITI TF-2 Appendix Z.3"),
)
TRACK = Track(
    "mhd.recipient",
    "recipient",
    TESTS,
    actor="document-recipient",
    inputs={"comprehensive": Input("yes"), "uncontained": Input("yes")},
)
