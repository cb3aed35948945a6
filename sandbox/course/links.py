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

if TYPE_CHECKING:  # what opens files is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.receiving import Answer

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
    found, _ = read_link(text)
    if not isinstance(found.content, dict):
        raise ValueError(
            text_of(found.steps[0].findings[0], "en") if found.steps[0].findings else text[:40]
        )
    return found.content


def receive_link(
    text: Any, *, recipient: Any, passcode: Any, language: Language, at: datetime
) -> Received | Blank:
    """Asks for what is behind a link, opens it, and says how each step went."""
    from sandbox.certificates.receiving import receive

    if has_blank([text, recipient, passcode]) or not isinstance(text, str):
        return BLANK
    found = receive(text, fetch, recipient=str(recipient), passcode=str(passcode or ""), at=at)
    told = [
        *(finding for step in found.certificate.steps for finding in step.findings),
        *found.findings,
    ]
    rows = [
        (MARKS[one.severity], f"{text_of(one, language)}\n→ {fix_of(one, language)}")
        for one in told
    ]
    rows += [("✓", f"{file.content_type}, {len(file.content)}") for file in found.files]
    is_there = bool(found.files) and not any(
        finding.severity == "error" for finding in found.findings
    )
    heading = say(f"course.link.{'received' if is_there else 'refused'}", language)
    return Received(
        Card("passed" if is_there else "failed", language, heading, rows),
        [*map(_json, _contents(found))],
    )


def _contents(found: Any) -> list[bytes]:
    return [file.content for file in found.files]


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
            method, address, content=content, headers=headers, timeout=SECONDS, trust_env=False
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise OSError(str(error)) from None
    return Answer(reply.status_code, reply.headers.get("content-type", ""), reply.content)
