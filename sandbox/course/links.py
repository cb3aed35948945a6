"""Health links in a notebook: what a link says, and what is behind it, received step by step."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.cards import Card
from sandbox.fhir.json import write_json
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of
from sandbox.web.egress import authorities, way_out

if TYPE_CHECKING:  # what opens files is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.receiving import Answer

# as long as the lesson's FHIR client waits
SECONDS = 30
MARKS = {"error": "✗", "fatal": "✗", "warning": "!", "information": "○"}


class Received:
    """What came of opening a link: a card of the way there, and the documents that were behind
    it.
    """

    def __init__(self, card: Card, documents: list[Any]) -> None:
        self.card = card
        self.documents = documents
        self.document = documents[0] if documents else None

    def __repr__(self) -> str:
        return repr(self.card)

    def _repr_html_(self) -> str:
        return self.card._repr_html_()


def unlink(text: Any) -> Any:
    """Returns what a link says, as it stands in it.

    Raises:
        ValueError: The text is no link; the message says why.
    """
    from sandbox.certificates.links import read_link

    if has_blank(text) or not isinstance(text, str):
        return BLANK
    certificate, _ = read_link(text)
    if not isinstance(certificate.content, dict):
        raise ValueError(
            text_of(certificate.steps[0].findings[0], "en")
            if certificate.steps[0].findings
            else text[:40]
        )
    return certificate.content


def unseal(text: Any, key: Any) -> str | Blank:
    """Returns what a sealed file holds (JWE with A256GCM, RFC 7516).

    Args:
        text: The file as it was fetched.
        key: That of the link, in base64url.

    Raises:
        NotOpened: It is no such file, or sealed with another key.
        ValueError: The key is no base64url.
    """
    from sandbox.certificates.links import opened
    from sandbox.certificates.unpacking import from_base64

    if has_blank([text, key]):
        return BLANK
    return opened(str(text), from_base64(str(key)))[0].decode()


def receive_link(
    text: Any, *, recipient: Any, passcode: Any, language: Language, at: datetime
) -> Received | Blank:
    """Opens a health link as its receiver does.

    Args:
        text: The link, or what stands in its QR code.
        recipient: Who asks, as shown to whoever shares.
        passcode: What the sharer told; empty for none.
        language: Of the card.
        at: The moment for which the link is judged.

    Returns:
        How each step went, and the documents; a blank where a blank was given.
    """
    from sandbox.certificates.receiving import receive

    if has_blank([text, recipient, passcode]) or not isinstance(text, str):
        return BLANK
    outcome = receive(text, fetch, recipient=str(recipient), passcode=str(passcode or ""), at=at)
    findings = [
        *(finding for step in outcome.certificate.steps for finding in step.findings),
        *outcome.findings,
    ]
    rows = [
        (MARKS[finding.severity], f"{text_of(finding, language)}\n→ {fix_of(finding, language)}")
        for finding in findings
    ]
    rows += [("✓", f"{file.content_type}, {len(file.content)}") for file in outcome.files]
    is_there = bool(outcome.files) and not any(
        finding.severity == "error" for finding in outcome.findings
    )
    heading = say(f"course.link.{'received' if is_there else 'refused'}", language)
    return Received(
        Card("passed" if is_there else "failed", language, heading, rows),
        [*map(_json, _contents(outcome))],
    )


def _contents(outcome: Any) -> list[bytes]:
    return [file.content for file in outcome.files]


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def fetch(method: str, address: str, body: dict[str, Any] | None) -> Answer:
    """Carries out a request as a receiver of links does.

    Raises:
        OSError: Nothing comes back.
    """
    from sandbox.certificates.receiving import Answer

    try:
        content = None if body is None else write_json(body)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        reply = httpx.request(
            method,
            address,
            content=content,
            headers=headers,
            timeout=SECONDS,
            trust_env=False,
            proxy=way_out(address),
            verify=authorities(),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise OSError(str(error)) from None
    return Answer(reply.status_code, reply.headers.get("content-type", ""), reply.content)
