"""What a body is that was meant to be a FHIR resource and is none: a web page, an archive, a
picture, a text around it.  Asked only of what could not be read, so that the sentence says more
than where it broke.
"""

from __future__ import annotations

import json
import re

from sandbox.errors import InvalidContent

CLAUSE = "FHIR R4 json.html, xml.html"
# By the first bytes: each has a sentence of its own.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "server.is_gzip"),
    (b"PK\x03\x04", "server.is_zip"),
    (b"%PDF-", "server.is_pdf"),
    (b"\x89PNG", "server.is_picture"),
    (b"\xff\xd8\xff", "server.is_picture"),
    (b"GIF8", "server.is_picture"),
    (b"\xff\xfe", "server.is_utf16"),
    (b"\xfe\xff", "server.is_utf16"),
)
WEB_PAGE_KEY = "server.is_html"
WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(?:```|~~~)"), "server.is_fenced"),
    (re.compile(r"\s*(?:HTTP/\d|(?:GET|POST|PUT|PATCH|DELETE) \S+ HTTP/\d)"), "server.is_exchange"),
    (re.compile(r"\s*curl\s"), "server.is_exchange"),
    (re.compile(r"\s*[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\s*$"), "server.is_token"),
    (re.compile(r"\s*\{\s*[\u201c\u201d\u201e\u00ab]"), "server.is_quotes"),
)
LINES = 200_000  # of the start: two whole lines must be in it
OBSERVED = 4096  # of the start: what the body is shows there


def refuse_mistaken(body: bytes) -> None:
    """Refuses a body by what it is; says nothing of one that could be a damaged resource.

    Raises:
        InvalidContent: It is something else, which is named.
    """
    key = _key_of(body)
    if key:
        raise InvalidContent(key, clause=CLAUSE)


def refuse_web_page(body: bytes) -> None:
    """Refuses a web page, which reads as XML up to a point.

    Raises:
        InvalidContent: It is one.
    """
    if WEB_PAGE.match(body[:OBSERVED]):
        raise InvalidContent(WEB_PAGE_KEY, clause=CLAUSE)


def _key_of(body: bytes) -> str:
    for signature, key in SIGNATURES:
        if body.startswith(signature):
            return key
    if WEB_PAGE.match(body[:OBSERVED]):
        return WEB_PAGE_KEY
    start = body[:OBSERVED].decode("utf-8-sig", "ignore")
    for pattern, key in TEXTS:
        if pattern.match(start):
            return key
    return "server.is_lines" if _is_lines(body) else ""


def _is_lines(body: bytes) -> bool:
    """Tells whether the first two lines that are not empty are a JSON object each."""
    lines = [line for line in body[:LINES].splitlines() if line.strip(b"\xef\xbb\xbf \t")][:2]
    if len(lines) < 2:
        return False
    try:
        return all(isinstance(json.loads(line.decode("utf-8-sig")), dict) for line in lines)
    except (ValueError, RecursionError):
        return False
