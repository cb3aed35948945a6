"""What a refusal proves: that a system minds one fault, and nothing else.  Pure.

The fault is the only difference between two requests.  Refused or warned of with it, and taken
without it and without that word: so the fault was the reason.  An answer that names another reason
is told as a warning, since its sender would look for the fault in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Request, answer_text, depends_on

Asking = Generator[Request | Finding, Exchange, Any]

GRAVE = frozenset({"warning", "error", "fatal"})
# Of who asks, how, or how much at once, and not of what was sent (RFC 9110 15.5, RFC 6585).
STATUSES_ELSE = frozenset({401, 403, 405, 406, 408, 413, 414, 415, 431})
BUSY = frozenset({429, 502, 503, 504})
# IssueType (FHIR R4 valueset-issue-type.html): security, processing and transient, as far as they
# cannot be said of content.
ISSUES_ELSE = frozenset({
    "security", "login", "unknown", "expired", "forbidden", "suppressed", "duplicate", "not-found",
    "deleted", "too-costly", "throttled", "transient", "lock-error", "no-store", "timeout",
})  # fmt: skip
# ITI TF-3 table 4.2.4.1-2 and MHD 3:4.65.4.1.3, without those that are said of any fault.
ERROR_CODES = frozenset({
    "XDSMissingDocument", "XDSMissingDocumentMetadata", "XDSNonIdenticalHash",
    "XDSDocumentUniqueIdError", "XDSDuplicateUniqueIdInRegistry", "XDSPatientIdDoesNotMatch",
    "XDSUnknownPatientId", "XDSReplaceFailed", "XDSRegistryBusy", "XDSRepositoryBusy",
    "XDSRegistryOutOfResources", "XDSRepositoryOutOfResources", "XDSUnknownRepositoryId",
    "XDSUnknownCommunity", "XDSUnavailableCommunity", "XDSUnreferencedObjectException",
    "UnresolvedReferenceException", "InvalidDocumentContent", "UnknownRecipient",
    "UnavailableRecipient", "FHIRDocumentNotSupported",
})  # fmt: skip
WORD = re.compile(r"\b[A-Z]\w+\b")
# Numbers and identifiers within words, in which two submissions differ.
NUMBERED = re.compile(r"[\w.-]*\d[\w.-]*")
# A resource that is not there, as servers write it: "Resource Patient/7 not found, specified in …".
MISSING = re.compile(
    r"\b(?:[A-Z][A-Za-z]+/[\w.-]+|urn:(?:uuid|oid):[\w.-]+)['\"]? (?:is |was )?"
    r"(?:not found|not known|unknown|does not exist)",
)


def only_fault(
    answer: Exchange, right: Request, *, names: Collection[str] = (), after: str = ""
) -> Asking:
    """Asks the same without the fault, and tells what makes a refusal or a warning no proof of it.

    Args:
        answer: To the request with the fault.
        right: The same request without the fault; with identifiers of its own where the wrong one
            may have been stored.
        names: Error codes and issue types that name this fault, beside those said of any.
        after: The number of the test that says whether right ones are taken, where it was not
            played.

    Returns: The answer to the right one; None where it was not sent, since the wrong one was taken
        without a word, which whoever asked tells.
    """
    warnings = issues_of(answer)
    if answer.status < 400 and not warnings:
        return None
    if answer.status in BUSY:
        yield _finding("busy", answer, answer_text(answer))
    elif answer.status >= 400 and (reason := other_reason(answer, names=names)):
        yield _finding("other_reason", answer, reason)
    mended = yield right
    if mended.status >= 400 and after:
        yield depends_on(after)
    elif mended.status >= 400:
        yield _finding("right_refused", mended, answer_text(mended))
    elif answer.status < 400 and _words(warnings) <= _words(issues_of(mended)):
        yield _finding("warns_of_all", mended, answer_text(answer))
    return mended


def other_reason(answer: Exchange, *, names: Collection[str] = ()) -> str:
    """Returns what a refusal names as its reason where that is not the fault.

    Args:
        answer: With a status of 400 or more.
        names: As in `only_fault`.

    Returns: Its status, code or words; empty where it names the fault, or nothing that could be
        told from it.
    """
    if answer.status in STATUSES_ELSE:
        return answer_text(answer)
    issues = issues_of(answer)
    codes = {str(member(issue, "code")) for issue in issues}
    words = {word for issue in issues for word in _said(issue)}
    if not names or not (codes | words) & set(names):
        named = sorted((words & ERROR_CODES) | (codes & ISSUES_ELSE))
        if named:
            return ", ".join(named)
        if "not-found" not in names:
            texts = [text for issue in issues for text in _texts(issue)]
            missing = next((found for text in texts if (found := MISSING.search(text))), None)
            return missing.group() if missing else ""
    return ""


def issues_of(answer: Exchange) -> list[Json]:
    """Returns the issues of an answer that warn of something or worse, in its body or in its
    entries; information warns of nothing (FHIR R4 valueset-issue-severity.html).
    """
    outcomes = [answer.json]
    for entry in as_list(member(answer.json, "entry")):
        outcomes += [member(member(entry, "response"), "outcome"), member(entry, "resource")]
    return [
        issue
        for outcome in outcomes
        if member(outcome, "resourceType") == "OperationOutcome"
        for issue in as_list(member(outcome, "issue"))
        if member(issue, "severity") in GRAVE
    ]


def _words(issues: list[Json]) -> set[tuple[str, ...]]:
    """Returns what issues say, so that the same word about another submission is the same."""
    return {
        (
            str(issue.get("code")),
            *sorted(_said(issue) or {NUMBERED.sub("#", text) for text in _texts(issue)}),
        )
        for issue in issues
    }


def _said(issue: Json) -> set[str]:
    """Returns the codes in an issue: those of its details, and error codes within its text."""
    written = {word for text in _texts(issue) for word in WORD.findall(text)} & ERROR_CODES
    return codes_of(issue.get("details")) | written


def _texts(issue: Json) -> Iterator[str]:
    for text in (member(member(issue, "details"), "text"), issue.get("diagnostics")):
        if isinstance(text, str):
            yield text


def _finding(name: str, answer: Exchange, found: str) -> Finding:
    severity: Severity = "error" if name == "right_refused" else "warning"
    key = f"testbench.{name}"
    return Finding(key, severity, key, {}, where=answer.url, found=found)
