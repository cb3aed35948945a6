"""What the tests of a Document Recipient have in common: what taking and refusing a submission look
like.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.comparing import Comparison, Difference, is_same_moment, told
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import Asking, issues_of, only_fault
from sandbox.testbench.script import (
    Given,
    answer_text,
    depends_on,
    finding_at,
    get,
    post,
)
from sandbox.testbench.submissions import (
    PATIENT,
    a_comprehensive_submission,
    a_submission,
    patient_token,
)

RESPONSE = "MHD 3:4.65.4.2.2"
MAKERS = {"minimal": a_submission, "comprehensive": a_comprehensive_submission}
RIGHT_ONES = {"minimal": "RCP-01", "comprehensive": "RCP-07"}


finding = partial(finding_at, clause=RESPONSE)
"""Returns a finding about what a Recipient answers."""


def accepted(answer: Exchange) -> Iterator[Finding]:
    """Judges whether a right submission was taken (MHD 3:4.65.4.2.2); what else a response must say
    is RCP-03.
    """
    if answer.status != 200:
        yield finding(
            "recipient.not_accepted", "error", "status", expected="200", found=answer_text(answer)
        )
    elif member(answer.json, "type") != "transaction-response":
        kind = f"{member(answer.json, 'resourceType')} {member(answer.json, 'type')}"
        yield finding(
            "recipient.no_transaction_response",
            "error",
            "Bundle.type",
            expected="transaction-response",
            found=kind,
        )


def refuses_all(given: Given, base: str = "minimal") -> bool:
    """Tells whether an earlier test of the run has found that the system refuses even a right
    submission: then it can refuse no fault.
    """
    return given.get(f"takes_{base}") == "no"


def shows_fault(
    given: Given,
    answer: Exchange,
    right: Json,
    *,
    base: str = "minimal",
    names: Collection[str] = (),
) -> Asking:
    """Sends a submission without its fault, and tells what makes the answer to the wrong one no
    proof that the fault was seen.

    Args:
        given: What the test takes.
        answer: To the submission with the fault.
        right: The same without it.
        base: The kind of submission, by its name in MAKERS; empty for one that a system need not
            take.
        names: Error codes and issue types that name the fault.

    Returns: The answer to the right one; None where it was not sent.
    """
    # played alone, it has no earlier test that has told whether the system takes any submission
    after = "" if given.get(f"takes_{base}") else RIGHT_ONES.get(base, "RCP-16b")
    return (yield from only_fault(answer, post("", right), names=names, after=after))


def somebody_else(given: Given, word: str) -> Asking:
    """Submits a document of another patient, and returns how to refer to her: whoever refuses her
    afterwards cannot do so because she is unknown.
    """
    other = {**given, "run": f"{given['run']}-other"}
    answer = yield post("", a_submission(other, word))
    response = next(iter(responses_of(answer)[PATIENT:]), {})
    place = str(response.get("location", "")).partition("/_history/")[0]
    if place:
        # of the address type and id alone: the same server may be reached by several
        return "/".join(place.rstrip("/").split("/")[-2:])
    search = yield get("Patient", {"identifier": patient_token(other)})
    return next((f"Patient/{found.get('id')}" for found in resources_of(search, "Patient")), "")


def refusal_of(answer: Exchange, level: Severity) -> Iterator[Finding]:
    """Judges the answer to a submission that is to be refused; `level` is how grave it is to take
    it.
    """
    # which 4xx is nowhere said (MHD 3:4.65.4.2.2): NIST's tests expect 400, IPF answers 422
    if answer.status < 400:
        # a warning in the response is an answer as good; an error in its place reads as success
        is_response = member(answer.json, "resourceType") == "Bundle"
        # a 200 that tells nothing of the entries is none of a submission that was taken
        if level != "error" and not any(responses_of(answer)):
            yield depends_on("RCP-01")
        elif not (level == "warning" and is_response and issues_of(answer)):
            yield finding(
                "recipient.taken", level, "status", expected="4xx", found=str(answer.status)
            )
        return
    # a server that breaks has stored nothing, but nobody learns what was wrong
    if answer.status >= 500:
        yield finding(
            "recipient.broke", "warning", "status", expected="4xx", found=answer_text(answer)
        )
    if member(answer.json, "resourceType") != "OperationOutcome":
        yield finding("recipient.no_outcome", "warning", "body", expected="OperationOutcome")


def responses_of(answer: Exchange) -> list[Mapping[str, Any]]:
    """Returns the response of each entry of a transaction-response."""
    responses = [member(entry, "response") for entry in as_list(member(answer.json, "entry"))]
    return [response if isinstance(response, dict) else {} for response in responses]


def has_outcome(answer: Exchange) -> bool:
    """Tells whether an entry of a response carries an OperationOutcome."""
    return any("outcome" in response for response in responses_of(answer))


def changed_in_store(sent: Json, kept: Any, places: Mapping[str, str]) -> Iterator[Finding]:
    """Tells what of a submitted resource is not as it was submitted (MHD 3:4.65.4.1.3).

    Args:
        sent: The resource as it was submitted.
        kept: The same as it is given back.
        places: Where entries of the submission were stored, by their fullUrl.
    """
    # XDS on FHIR adds what it derives, such as an entryUUID or the patient as the source knows her
    grows = frozenset({"identifier", "contained"})
    comparison = Comparison(places=places, grows=grows)
    yield from told(comparison.differences(sent, kept), "MHD 3:4.65.4.1.3", added="warning")


def kept_as_sent(submission: Json, answer: Exchange, *, only: Collection[int]) -> Asking:
    """Reads what was stored and tells what is not as it was submitted; whether it can be read at
    all is for RCP-05 to say.

    Args:
        submission: As it was sent.
        answer: To it.
        only: The places of the entries that are read.
    """
    for index, response in enumerate(responses_of(answer)):
        place = str(response.get("location", "")).partition("/_history/")[0]
        if index in only and place:
            stored = yield get(place)
            if stored.status == 200:
                sent = submission["entry"][index]["resource"]
                yield from changed_in_store(sent, stored.json, places_in(submission, answer))


def other_version(where: str, response: Mapping[str, Any], stored: Any) -> Iterator[Finding]:
    """Tells where a response names another version or moment than what was stored has (FHIR R4
    Bundle.entry.response.etag, .lastModified).
    """
    meta = member(stored, "meta")
    version = str(member(meta, "versionId") or "")
    etag = str(response.get("etag", ""))
    clause = "FHIR R4 http.html#transaction-response"
    if version and etag and etag.removeprefix("W/").strip('"') != version:
        yield from told(iter([Difference(f"{where}.etag", f'W/"{version}"', etag)]), clause)
    moments = (str(member(meta, "lastUpdated") or ""), str(response.get("lastModified", "")))
    if all(moments) and not is_same_moment(*moments):
        yield from told(iter([Difference(f"{where}.lastModified", *moments)]), clause)


def places_in(submission: Json, answer: Exchange) -> dict[str, str]:
    """Returns where the entries of a submission were stored, by their fullUrl."""
    pairs = zip(submission["entry"], responses_of(answer), strict=False)
    return {
        entry["fullUrl"]: str(response["location"])
        for entry, response in pairs
        if response.get("location")
    }


def warned(answer: Exchange, code: str) -> bool:
    """Tells whether an outcome in a response names a code."""
    return has_outcome(answer) and code in answer.body.decode("utf-8", "replace")
