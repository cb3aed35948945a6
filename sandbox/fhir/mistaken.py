"""What a body is that was meant to be a FHIR resource and is none: a web page, an archive, a
picture, a text around it.  Asked only of what could not be read, so that the sentence says more
than where it broke.
"""

from __future__ import annotations

import json
import re

from sandbox.errors import InvalidContent

CLAUSE = "FHIR R4 json.html, xml.html"
# By the first bytes: each has a sentence of its own (`server.is_…`).
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"\xff\xfe", "utf16"),
    (b"\xfe\xff", "utf16"),
)
WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(?:```|~~~)"), "fenced"),
    (re.compile(r"\s*(?:HTTP/\d|(?:GET|POST|PUT|PATCH|DELETE) \S+ HTTP/\d)"), "exchange"),
    (re.compile(r"\s*curl\s"), "exchange"),
    (re.compile(r"\s*[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\s*$"), "token"),
    (re.compile(r"\s*\{\s*[\u201c\u201d\u201e\u00ab]"), "quotes"),
)
LINES = 200_000  # of the start: two whole lines must be in it
OBSERVED = 4096  # of the start: what the body is shows there


def refuse_mistaken(body: bytes) -> None:
    """Refuses a body by what it is; says nothing of one that could be a damaged resource.

    Raises:
        InvalidContent: It is something else, which is named.
    """
    name = _name_of(body)
    if name:
        raise InvalidContent(f"server.is_{name}", clause=CLAUSE)


def refuse_web_page(body: bytes) -> None:
    """Refuses a web page, which reads as XML up to a point.

    Raises:
        InvalidContent: It is one.
    """
    if WEB_PAGE.match(body[:OBSERVED]):
        raise InvalidContent("server.is_html", clause=CLAUSE)


def _name_of(body: bytes) -> str:
    for signature, name in SIGNATURES:
        if body.startswith(signature):
            return name
    if WEB_PAGE.match(body[:OBSERVED]):
        return "html"
    start = body[:OBSERVED].decode("utf-8-sig", "ignore")
    for pattern, name in TEXTS:
        if pattern.match(start):
            return name
    return "lines" if _is_lines(body) else ""


def _is_lines(body: bytes) -> bool:
    """Tells whether the first two lines that are not empty are a JSON object each."""
    lines = [line for line in body[:LINES].splitlines() if line.strip(b"\xef\xbb\xbf \t")][:2]
    if len(lines) < 2:
        return False
    try:
        return all(isinstance(json.loads(line.decode("utf-8-sig")), dict) for line in lines)
    except (ValueError, RecursionError):
        return False
