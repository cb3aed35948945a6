"""Document Recipient (MHD, ITI-65): what it must take, what it must answer, and what it must refuse and not store.

Negative cases are rows of `mhd_recipient.toml`.  Every follow-up search carries what MHD asks of a Consumer, patient
and status, so that a strict server has no reason to refuse it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.definitions.xml_writing import write_xml
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Given, Request, Script, Test, Track, get, post, said
from sandbox.testbench.submissions import (
    LIST,
    REFERENCE,
    URI,
    a_submission,
    changed,
    patient_token,
    unique_id,
    urn,
)
from sandbox.validation import knowledge_at_hand

XML = "application/fhir+xml"
RESPONSE = "MHD 3:4.65.4.2.2"
ORDER = ("List", "DocumentReference", "Binary", "Patient")  # of the entries of a submission
Asking = Generator[Request | Finding, Exchange, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table of negative cases."""

    number: str
    name: str
    clause: str
    change: list[list[Any]]
    level: Severity = "error"


CASES = [Case(**row) for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["case"]]


def minimal_json(given: Given) -> Script:
    """A right submission in JSON is taken (RCP-01)."""
    answer = yield post("", a_submission(given, "RCP-01"))
    yield from _accepted(answer)


def minimal_xml(given: Given) -> Script:
    """The same in XML: a Recipient takes both (RCP-02)."""
    body = write_xml(a_submission(given, "RCP-02"), knowledge_at_hand().types)
    answer = yield Request("POST", "", {"Accept": "application/fhir+json", "Content-Type": XML}, body)
    yield from _accepted(answer)


def response_shape(given: Given) -> Script:
    """The response has an entry for each of the request, in its order, with status and location (RCP-03)."""
    answer = yield post("", a_submission(given, "RCP-03"))
    yield from _accepted(answer)
    if answer.status != 200:
        return
    responses = _responses(answer)
    if len(responses) != len(ORDER):
        yield _finding("entry_count", "error", "Bundle.entry", expected=str(len(ORDER)), found=str(len(responses)))
    for index, (one, type) in enumerate(zip(responses, ORDER, strict=False)):
        where, status, location = f"Bundle.entry[{index}].response", str(one.get("status", "")), one.get("location")
        if not status.startswith("20"):
            yield _finding("entry_status", "error", f"{where}.status", expected="201", found=status or "–")
        elif not location:
            yield _finding("no_location", "error", f"{where}.location")
        elif f"{type}/" not in f"/{location}":
            yield _finding("entry_order", "error", f"{where}.location", expected=f"{type}/…", found=str(location))


def versions_told(given: Given) -> Script:
    """The response tells etag and lastModified of what was stored (RCP-04)."""
    answer = yield post("", a_submission(given, "RCP-04"))
    yield from _accepted(answer)
    for index, one in enumerate(_responses(answer)):
        for name in ("etag", "lastModified"):
            if name not in one and str(one.get("status", "")).startswith("201"):
                yield _finding("not_told", "warning", f"Bundle.entry[{index}].response.{name}")


def readable(given: Given) -> Script:
    """What was stored is readable at its location, with its identifier (RCP-05)."""
    answer = yield post("", a_submission(given, "RCP-05"))
    yield from _accepted(answer)
    for index, one in enumerate(_responses(answer)):
        place = str(one.get("location", "")).partition("/_history/")[0]
        if not place:
            yield _finding("no_location", "error", f"Bundle.entry[{index}].response.location")
            continue
        stored = yield get(place)
        if stored.status != 200:
            yield _finding("not_readable", "error", f"Bundle.entry[{index}].response.location", found=said(stored))
        elif index == REFERENCE:
            kept = member(member(stored.json, "masterIdentifier"), "value")
            if kept != unique_id(given, "RCP-05"):
                where = "DocumentReference.masterIdentifier"
                yield _finding("other_identifier", "error", where, expected=unique_id(given, "RCP-05"), found=str(kept))


def two_documents(given: Given) -> Script:
    """Two documents in one submission are both found afterwards (RCP-06)."""
    both = _with_second(a_submission(given, "RCP-06"), a_submission(given, "RCP-06b"))
    answer = yield post("", both)
    yield from _accepted(answer)
    for word in ("RCP-06", "RCP-06b"):
        found = yield from _found(given, word)
        if found is not None and len(found) != 1:
            where = unique_id(given, word)
            yield _finding("not_found", "error", where, expected="1", found=str(len(found)))


def all_or_nothing(given: Given) -> Script:
    """A submission with one right and one wrong document leaves neither (RCP-18)."""
    wrong = changed(a_submission(given, "RCP-18b"), f"entry.{REFERENCE}.resource.content.0.attachment.contentType")
    answer = yield post("", _with_second(a_submission(given, "RCP-18"), wrong))
    yield from _refused(answer, "error")
    yield from _nothing_stored(given, "RCP-18", "RCP-18b")


def replaced(given: Given) -> Script:
    """A replacement becomes current and supersedes what it replaces, or is said not to be processed (RCP-20)."""
    old = yield from _stored_reference(given, "RCP-20")
    if not old:
        return
    related = _related(given, "RCP-20b", "replaces", old)
    patch = {
        "name": "operation",
        "part": [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "DocumentReference.status"},
            {"name": "value", "valueCode": "superseded"},
        ],
    }
    superseding = {
        "fullUrl": urn(given, "RCP-20b", "patch"),
        "resource": {"resourceType": "Parameters", "parameter": [patch]},
        "request": {"method": "PATCH", "url": old},
    }
    answer = yield post("", {**related, "entry": [*related["entry"], superseding]})
    yield from _accepted(answer)
    if _warned(answer, "PartialReplaceContentNotProcessed"):
        yield _finding("not_processed", "information", "Bundle.entry.response.outcome", found="replaces")
        return
    before = yield get(old)
    if member(before.json, "status") != "superseded":
        status = str(member(before.json, "status"))
        yield _finding("not_superseded", "error", f"{old} DocumentReference.status", found=status)
    new = yield from _found(given, "RCP-20b")
    if new is not None and len(new) != 1:
        yield _finding("not_found", "error", unique_id(given, "RCP-20b"), expected="1", found=str(len(new)))


def added_to(given: Given, *, code: str) -> Script:
    """What is appended, transformed or signed stays current (RCP-21)."""
    word = f"RCP-21-{code}"
    old = yield from _stored_reference(given, word)
    if not old:
        return
    answer = yield post("", _related(given, f"{word}b", code, old))
    yield from _accepted(answer)
    before = yield get(old)
    if member(before.json, "status") != "current":
        status = str(member(before.json, "status"))
        yield _finding("not_current", "error", f"{old} DocumentReference.status", found=status, code=code)


def capabilities(given: Given) -> Script:
    """The capabilities name FHIR 4.0.1 and the transaction (RCP-28)."""
    answer = yield get("metadata")
    version = member(answer.json, "fhirVersion")
    if answer.status != 200 or version != "4.0.1":
        yield _finding("no_capabilities", "error", "metadata", expected="4.0.1", found=str(version or said(answer)))
        return
    words = {
        member(one, "code") for rest in as_list(answer.json.get("rest")) for one in as_list(member(rest, "interaction"))
    }
    if "transaction" not in words:
        yield _finding("no_transaction", "warning", "CapabilityStatement.rest.interaction", expected="transaction")


def refuses(given: Given, *, case: Case) -> Script:
    """A submission with one thing wrong is refused, and nothing of it is stored."""
    submission = a_submission(given, case.number)
    for path, *new in case.change:
        submission = changed(submission, path, *new)
    answer = yield post("", submission)
    yield from _refused(answer, case.level)
    if answer.status >= 400:
        yield from _nothing_stored(given, case.number)


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(f"mhd.recipient.{words}", number, clause, script, "03")


TESTS = (
    _test("RCP-01", minimal_json, "MHD 3:4.65.4.1.3, 3:4.65.4.2.2"),
    _test("RCP-02", minimal_xml, "MHD 3:4.65.4.1.3"),
    _test("RCP-03", response_shape, RESPONSE),
    _test("RCP-04", versions_told, RESPONSE),
    _test("RCP-05", readable, RESPONSE),
    _test("RCP-06", two_documents, "MHD 3:4.65.4.1.2"),
    *(_test(one.number, partial(refuses, case=one), one.clause, one.name) for one in CASES),
    _test("RCP-18", all_or_nothing, "MHD 3:4.65.4.1.3"),
    _test("RCP-20", replaced, "MHD 3:4.65.4.1.2.3"),
    *(
        _test(f"RCP-21{letter}", partial(added_to, code=code), "MHD 3:4.65.4.1.3", code)
        for letter, code in zip("abc", ("appends", "transforms", "signs"), strict=True)
    ),
    _test("RCP-28", capabilities, "ITI TF-2 Appendix Z.3"),
)
TRACK = Track("mhd.recipient", "recipient", TESTS)


def _accepted(answer: Exchange) -> Iterator[Finding]:
    """Judges whether a right submission was taken (MHD 3:4.65.4.2.2); what else a response must say is RCP-03."""
    if answer.status != 200:
        yield _finding("not_accepted", "error", "status", expected="200", found=said(answer))
    elif member(answer.json, "type") != "transaction-response":
        kind = f"{member(answer.json, 'resourceType')} {member(answer.json, 'type')}"
        yield _finding("no_transaction_response", "error", "Bundle.type", expected="transaction-response", found=kind)


def _refused(answer: Exchange, level: Severity) -> Iterator[Finding]:
    if answer.status < 400:
        if not (level == "warning" and _has_outcome(answer)):  # a warning in the response is an answer as good
            yield _finding("taken", level, "status", expected="4xx", found=str(answer.status))
        return
    if answer.status >= 500:
        yield _finding("broke", "warning", "status", expected="4xx", found=said(answer))
    if member(answer.json, "resourceType") != "OperationOutcome":
        yield _finding("no_outcome", "warning", "body", expected="OperationOutcome")


def _nothing_stored(given: Given, *words: str) -> Asking:
    for word in words:
        found = yield from _found(given, word)
        if found:
            yield _finding("stored", "error", unique_id(given, word), expected="0", found=str(len(found)))


def _found(given: Given, word: str) -> Asking:
    """Returns the documents with the identifier of a submission; None where the search itself fails."""
    identifier = f"{URI}|{unique_id(given, word)}"
    query = {"patient.identifier": patient_token(given), "status": "current", "identifier": identifier}
    answer = yield get("DocumentReference", query)
    if answer.status != 200 or member(answer.json, "type") != "searchset":
        yield _finding("no_search", "warning", "DocumentReference", found=said(answer))
        return None
    held = [member(one, "resource") for one in as_list(answer.json.get("entry"))]
    return [one for one in held if member(one, "resourceType") == "DocumentReference"]


def _stored_reference(given: Given, word: str) -> Asking:
    """Submits a document and returns the place of its DocumentReference; an empty text where it cannot be found."""
    answer = yield post("", a_submission(given, word))
    yield from _accepted(answer)
    found = yield from _found(given, word)
    if found:
        return f"DocumentReference/{found[0].get('id')}"
    yield _finding("not_found", "error", unique_id(given, word), expected="1", found="0")
    return ""


def _related(given: Given, word: str, code: str, target: str) -> Json:
    relation = [{"code": code, "target": {"reference": target}}]
    return dict(changed(a_submission(given, word), f"entry.{REFERENCE}.resource.relatesTo", relation))


def _with_second(first: Json, second: Json) -> Json:
    """Returns one submission of two: the documents of both, under the first one's SubmissionSet and patient."""
    patient = first["entry"][LIST]["resource"]["subject"]
    reference, binary = second["entry"][1:3]
    reference = {**reference, "resource": {**reference["resource"], "subject": patient}}
    items = [*first["entry"][LIST]["resource"]["entry"], {"item": {"reference": reference["fullUrl"]}}]
    listed = changed(first, f"entry.{LIST}.resource.entry", items)
    return {**listed, "entry": [*listed["entry"], reference, binary]}


def _responses(answer: Exchange) -> list[Mapping[str, Any]]:
    held = [member(one, "response") for one in as_list(member(answer.json, "entry"))]
    return [one if isinstance(one, dict) else {} for one in held]


def _has_outcome(answer: Exchange) -> bool:
    return any("outcome" in one for one in _responses(answer))


def _warned(answer: Exchange, code: str) -> bool:
    return _has_outcome(answer) and code in answer.body.decode("utf-8", "replace")


def _finding(
    name: str, severity: Severity, where: str, *, expected: str = "", found: str = "", **params: object
) -> Finding:
    key = f"recipient.{name}"
    return Finding(key, severity, key, params, where=where, expected=expected, found=found, clause=RESPONSE)
