"""Certificates in a notebook: peel their layers by hand, show their steps as a card, draw their QR
code.

Whatever is given a blank gives a blank back, so that later cells still run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.cards import Card, Row
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of

# what reads certificates is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.keys import TrustedKey
    from sandbox.certificates.steps import Certificate

T = TypeVar("T")
# what deviates is believed all the same; a link is judged by what it leads to
KINDS = {"valid": "passed", "deviates": "passed", "link": "passed"}
MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skipped": "○"}


class Code:
    """A text as QR code: a picture in a notebook, the text elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from sandbox.certificates.qr import svg_of

        # white behind it: on a dark theme a code on no ground cannot be scanned
        style = "max-width:18em;background:#fff"
        return f'<div role="img" aria-label="QR" style="{style}">{svg_of(self.text)}</div>'


def code(text: Any) -> Code | Blank:
    """Returns a text as QR code."""
    return BLANK if has_blank(text) or not isinstance(text, str) else Code(text)


def unbase45(text: Any) -> bytes | Blank:
    """Returns the bytes of a Base45 text (RFC 9285).

    Raises:
        BadRequest: This is no text.
        NotBase45: The text is no Base45.
    """
    from sandbox.certificates import base45

    return BLANK if has_blank(text) else base45.decode(_taken("unbase45", text, str))


def unzip(content: Any) -> bytes | Blank:
    """Returns what zlib has packed (RFC 1950).

    Raises:
        BadRequest: These are no bytes.
        zlib.error: The bytes are no zlib stream.
    """
    return BLANK if has_blank(content) else zlib.decompress(_taken("unzip", content, bytes))


def uncbor(content: Any) -> Any:
    """Returns the value that CBOR holds (RFC 8949); a tagged one with its `tag` and `value`.

    Raises:
        BadRequest: These are no bytes.
        cbor2.CBORDecodeError: The bytes are no CBOR.
    """
    from cbor2 import loads

    return BLANK if has_blank(content) else loads(_taken("uncbor", content, bytes))


def _taken(function: str, value: Any, kind: type[T]) -> T:
    """Returns what a function takes; another type is said, for it comes of a layer left on."""
    if isinstance(value, kind):
        return value
    wanted = "text" if kind is str else "bytes"
    key = f"failures.takes_{wanted}"
    raise BadRequest(key, where=function, function=function, found=type(value).__name__)


def rezip(content: Any) -> str | Blank:
    """Returns bytes as the text of a certificate again: packed, in Base45, behind the prefix."""
    from sandbox.certificates.hcert import as_text

    return BLANK if has_blank(content) or not isinstance(content, bytes) else as_text(content)


def codes_in(document: Any) -> list[str] | Blank:
    """Returns the texts of the QR codes in a document, or in the answer that brought it."""
    from sandbox.ddcc.document import texts_of

    content = document.json if isinstance(document, Exchange) else document
    return BLANK if has_blank(document) or not isinstance(content, dict) else texts_of(content)


def steps_card(
    text: str,
    keys: Sequence[TrustedKey],
    language: Language,
    *,
    at: datetime,
    revoked: frozenset[str] = frozenset(),
) -> Card:
    """Returns every step of verifying a text, with the reason and what to do where a step is not
    right.

    Args:
        text: What stands in a QR code.
        keys: Those that are trusted.
        language: Of the card.
        at: The moment for which the certificate is judged.
        revoked: Ids that were taken back.
    """
    from sandbox.certificates.judging import judge
    from sandbox.certificates.keys import KeyList

    certificates = judge(text, KeyList(keys), {}, at=at, revoked=revoked)
    rows = [row for certificate in certificates for row in _rows(certificate, language)]
    verdict = certificates[0].verdict
    return Card(
        KINDS.get(verdict, "failed"),
        language,
        say(f"certificates.verdict.{verdict}", language),
        rows,
    )


def _rows(certificate: Certificate, language: Language) -> Iterator[Row]:
    for step in certificate.steps:
        status = say(f"certificates.status.{step.status}", language)
        advice = [
            f"{text_of(finding, language)}\n→ {fix_of(finding, language)}"
            for finding in step.findings
        ]
        value = "\n".join([f"{status} {step.detail}".strip(), *advice])
        yield f"{MARKS[step.status]} {say(f'certificates.step.{step.name}', language)}", value
