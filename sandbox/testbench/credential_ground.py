"""Verifies a credential for the bench: what is not at hand becomes a request of the script, and
what was fetched is handed on to the tests behind.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.certificates.keys import TrustedKey
from sandbox.certificates.steps import StepName
from sandbox.credentials.dialect_2023 import TOLERATED, as_published, is_of_2023
from sandbox.credentials.report import Known, Report, by_thumbprint
from sandbox.credentials.status.checking import entries_of
from sandbox.credentials.texts import Json, as_list, read_json, read_object, write_compact
from sandbox.credentials.verifying import verify
from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.testbench.script import Given, Request

ACCEPT = "application/did+json, application/statuslist+jwt, application/vc, application/json"
MOST_FETCHED = 20
ROUNDS = 4
"""A list may be signed by a key that is to be fetched, and that key by nobody else's."""
LONGEST_RUN = timedelta(minutes=15)
LEDGERS = ("did:lac1:", "did:ebsi:")
"""DIDs whose documents stand in a registry, and at no address of their own."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A credential as it was judged with all that could be fetched for it."""

    report: Report
    documents: Mapping[str, Any]
    missing: Mapping[str, str] = field(default_factory=dict)
    """Addresses from which nothing came, with what came instead."""


def document_in(text: str) -> Json | None:
    """Returns the object of a credential in JSON.

    Args:
        text: In any form.

    Returns:
        The object; None for another form, or for what is no JSON.
    """
    try:
        return read_object(text) if text.lstrip().startswith("{") else None
    except ValueError:
        return None


def judged(
    text: str,
    given: Given,
    documents: Mapping[str, Any],
    *,
    keys: Sequence[TrustedKey] | None = None,
    at: datetime | None = None,
) -> Report:
    """Returns the report of a credential; one of 2023 is read in its dialect.

    Args:
        text: As it was handed in.
        given: Has the moment.
        documents: That were fetched.
        keys: Of a trust list; None where whom to believe is not judged.
        at: The moment, where it is later than that at which the run began.
    """
    document = document_in(text)
    if document is not None and is_of_2023(document):
        text = write_compact(as_published(document)).decode()
    known = Known(documents, None, None if keys is None else by_thumbprint(keys))
    return verify(text, known, at=at or datetime.fromisoformat(given["now"]))


def moment_of(given: Given, answer: Exchange) -> datetime:
    """Returns when something came, by the clock of who sent it: what was made while a run lasts is
    not of the future.

    Args:
        given: Has when the run began.
        answer: With or without a Date (RFC 9110 6.6.1); one that is off counts as the end of the
            longest run.
    """
    begun = datetime.fromisoformat(given["now"])
    try:
        came = parsedate_to_datetime(answer.header("date")).astimezone(UTC)
    except ValueError:
        return begun
    return min(max(begun, came), begun + LONGEST_RUN)


def gathered(
    text: str,
    given: Given,
    documents: Mapping[str, Any],
    *,
    has_lists: bool,
    at: datetime | None = None,
) -> Generator[Request, Exchange, Gathered]:
    """Returns a credential as it is judged once what it names was fetched.

    Args:
        text: The credential.
        given: Has the moment, and `resolver` for DIDs in registries.
        documents: That were fetched before.
        has_lists: Whether status lists are fetched too, or the keys of its issuer alone.
        at: When the credential came, where that was during the run.
    """
    at_hand = dict(documents)
    missing: dict[str, str] = {}
    moment = at or datetime.fromisoformat(given["now"])
    report = judged(text, given, at_hand, at=moment)
    for _ in range(ROUNDS):
        lists = {entry.address for entry in entries_of(report)} if report.claims else set()
        wanted = (report.wanted | _in_registries(report, given)) - set(at_hand) - set(missing)
        wanted -= set() if has_lists else lists
        if not wanted:
            break
        for place in sorted(wanted)[: MOST_FETCHED - len(at_hand) - len(missing)]:
            if not place.startswith(("https://", "http://", *LEDGERS)):
                missing[place] = "–"
                continue
            answer = yield Request("GET", _address(place, given), {"Accept": ACCEPT})
            moment = max(moment, moment_of(given, answer))
            if answer.status == 200:
                at_hand[place] = _content(answer)
            else:
                missing[place] = f"HTTP {answer.status}"
        report = judged(text, given, at_hand, at=moment)
    return Gathered(report, at_hand, missing)


def findings_of(report: Report, *names: StepName) -> list[Finding]:
    """Returns what was found in some steps.

    Args:
        report: The credential's.
        names: Of the steps.

    Returns:
        The findings in the order of the names; what the dialect of 2023 is known for is a warning.
    """
    is_old = report.claims is not None and is_of_2023(report.claims)
    told = [finding for name in names for finding in report.step(name).findings]
    return [
        replace(finding, severity="warning")
        if is_old and TOLERATED.get(finding.key) == finding.where
        else finding
        for finding in told
    ]


def written_documents(documents: Mapping[str, Any]) -> str:
    """Returns documents as a text, for the tests behind."""
    return write_compact(dict(documents)).decode()


def documents_in(given: Given) -> dict[str, Any]:
    """Returns the documents that the tests before have fetched."""
    return read_object(given["documents"]) if given.get("documents") else {}


def registered(report: Report) -> str:
    """Returns the DID that a credential names as its issuer, where a registry has its document.

    Args:
        report: The credential's.

    Returns:
        The DID; empty for one that is resolved otherwise.
    """
    names = [report.issuer]
    for proof in as_list((report.claims or {}).get("proof")):
        names.append(str(member(proof, "verificationMethod")).partition("#")[0])
    return next((name for name in names if name.startswith(LEDGERS)), "")


def _in_registries(report: Report, given: Given) -> set[str]:
    did = registered(report)
    return {did} if did and given.get("resolver") else set()


def _address(place: str, given: Given) -> str:
    """Returns where a document is had: a resolver answers for DIDs in registries."""
    return place if "://" in place else f"{given['resolver'].rstrip('/')}/{place}"


def _content(answer: Exchange) -> Any:
    """Returns what came, as JSON or as text; a resolver wraps a document in its resolution."""
    try:
        content = read_json(answer.body)
    except ValueError:
        return answer.body.decode("utf-8", "replace").strip()
    document = member(content, "didDocument")
    return document if isinstance(document, dict) else content
