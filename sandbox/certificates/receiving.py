"""Receives a health link: requests its manifest, fetches and opens its files, and explains each
step.

Whoever calls brings the way to the network; an answer that cannot be used is a finding, not an
exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urljoin

from sandbox.certificates.links import Link, NotOpened, links_in, note, opened, read_link
from sandbox.certificates.steps import Certificate
from sandbox.findings import Finding

MOST_FILES = 50
CLAUSE = "SMART Health Links 1 manifest"
TYPES = ("application/fhir+json", "application/smart-health-card", "application/smart-api-access")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, content type and bytes."""

    status: int
    content_type: str
    content: bytes


Fetch = Callable[[str, str, dict[str, Any] | None], Answer]
"""Carries out METHOD on an address with a JSON body or none; raises OSError where nothing comes
back.
"""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file behind a link, opened: its bytes and content type; `is_sealed` tells whether it came
    as JWE.
    """

    content: bytes
    content_type: str
    is_sealed: bool


@dataclass(slots=True)
class Received:
    """What was received: the steps of reading the link, its files, and what was amiss on the
    way.
    """

    certificate: Certificate
    link: Link | None
    files: list[ReceivedFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def link_of(certificate: Certificate) -> str:
    """Returns the link that a health certificate holds; empty for none."""
    return next(iter(links_in(certificate.content)), "")


def receive(
    text: str, fetch: Fetch, *, recipient: str, passcode: str = "", at: datetime | None = None
) -> Received:
    """Returns what is behind a link; a link that is over is asked for all the same, and the step
    says so.
    """
    certificate, link = read_link(text, at=at)
    received = Received(certificate, link)
    if link is None:
        return received
    # flag U: no manifest, and so no passcode; the recipient is told in the address
    if link.is_direct:
        address = (
            f"{link.url}{'&' if '?' in link.url else '?'}{urlencode({'recipient': recipient})}"
        )
        _file(received, link, fetch, "GET", address, declared="")
        return received
    body: dict[str, Any] = {"recipient": recipient, **({"passcode": passcode} if passcode else {})}
    answer = _asked(received, fetch, "POST", link.url, body)
    for entry in _manifest(received, answer)[:MOST_FILES] if answer else ():
        declared = str(entry.get("contentType") or "")
        if declared.partition(";")[0] not in TYPES:
            received.findings.append(
                note("file_type", "warning", where="contentType", found=declared, clause=CLAUSE)
            )
        embedded = entry.get("embedded")
        location = entry.get("location")
        if isinstance(embedded, str):
            _opened(received, link, embedded.encode(), declared)
        elif isinstance(location, str):
            _file(received, link, fetch, "GET", urljoin(link.url, location), declared=declared)
        else:
            received.findings.append(note("no_location", "error", where="files", clause=CLAUSE))
    return received


def _asked(
    received: Received, fetch: Fetch, method: str, address: str, body: dict[str, Any] | None
) -> Answer | None:
    """Returns the answer where it is one of success; else says why not."""
    try:
        answer = fetch(method, address, body)
    except OSError as error:
        received.findings.append(
            note("no_answer", "error", where=address, found=str(error)[:200], clause=CLAUSE)
        )
        return None
    if answer.status == 401:
        left = _json(answer.content)
        remaining = str(left.get("remainingAttempts", "?")) if isinstance(left, dict) else "?"
        received.findings.append(
            note("passcode_refused", "error", where=address, found=remaining, clause=CLAUSE)
        )
    elif answer.status == 404:
        received.findings.append(note("link_dead", "error", where=address, clause=CLAUSE))
    elif answer.status != 200:
        received.findings.append(
            note("bad_status", "error", where=address, found=str(answer.status), clause=CLAUSE)
        )
    return answer if answer.status == 200 else None


def _manifest(received: Received, answer: Answer) -> list[dict[str, Any]]:
    manifest = _json(answer.content)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if (
        not isinstance(files, list)
        or not files
        or not all(isinstance(file, dict) for file in files)
    ):
        received.findings.append(note("no_manifest", "error", where="files", clause=CLAUSE))
        return []
    return files


def _file(
    received: Received, link: Link, fetch: Fetch, method: str, address: str, *, declared: str
) -> None:
    answer = _asked(received, fetch, method, address, None)
    if answer is not None:
        _opened(received, link, answer.content, declared or answer.content_type)


def _opened(received: Received, link: Link, content: bytes, declared: str) -> None:
    """Opens a file; one that lies open, as the event's service has it, is read with a warning."""
    # a compact JWE is base64url: it never begins with a brace
    if content.lstrip()[:1] == b"{":
        received.findings.append(
            note("not_sealed", "warning", where="files", clause="SMART Health Links 1 files")
        )
        received.files.append(ReceivedFile(content, declared, is_sealed=False))
        return
    try:
        plain, kind = opened(content.decode("ascii"), link.key)
    except (NotOpened, UnicodeDecodeError) as error:
        reason = error.reason if isinstance(error, NotOpened) else "no_jwe"
        received.findings.append(
            note(reason, "error", where="files", clause="SMART Health Links 1 files")
        )
        return
    # without a manifest the declared type is that of the answer: of the seal, not of what is in it
    if declared and kind and declared.partition(";")[0] not in (kind, "application/jose"):
        received.findings.append(
            note("other_cty", "warning", where="cty", found=kind, expected=declared, clause=CLAUSE)
        )
    received.files.append(ReceivedFile(plain, kind or declared, is_sealed=True))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
