"""Binary as raw bytes: in by any Content-Type, out by Accept (FHIR R4 binary.html#rest)."""

from __future__ import annotations

import base64
import re

from sandbox.errors import NotAcceptable
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, parse_json
from sandbox.server.formats import JSON_TYPES, XML_TYPES, ReplyFormat, media_type

SENDABLE = re.compile(r"[!-~][ -~]{0,200}\Z")  # what may stand in a header
CLAUSE = "FHIR R4 binary.html#rest"


def is_raw(content_type: str) -> bool:
    """Tells whether a body of this type is the content of a Binary, not a Binary resource."""
    return media_type(content_type) not in (*JSON_TYPES, *XML_TYPES)


def wrap(body: bytes, content_type: str, *, id: str, context: str) -> Json:
    """Returns raw bytes as a Binary; `context` is the X-Security-Context header."""
    binary: Json = {
        "resourceType": "Binary",
        # A body without a Content-Type may be treated as plain octets (RFC 9110 8.3).
        "contentType": content_type or "application/octet-stream",
    }
    if id:
        binary["id"] = id
    if context:
        binary["securityContext"] = {"reference": context}
    return {**binary, "data": base64.b64encode(body).decode()}


def unwrap(body: bytes | Json | None, reply_format: ReplyFormat) -> tuple[bytes, str] | None:
    """Returns content and media type, or None where the client gets the Binary resource itself.

    Args:
        body: The stored Binary, as JSON or as bytes of it.
        reply_format: What the client accepts; asking for JSON or XML by name means the resource.

    Returns:
        None also for a Binary whose data cannot be decoded.

    Raises:
        NotAcceptable: The Binary's own type is none of those wanted (FHIR R4 binary.html#rest).
    """
    binary = parse_json(body) if isinstance(body, bytes) else body
    if reply_format.is_explicit or not isinstance(binary, dict):
        return None
    kind = str(binary.get("contentType", ""))
    # A contentType is whatever somebody stored; a line break in it would inject headers.
    kind = kind if SENDABLE.match(kind) else "application/octet-stream"
    if (
        reply_format.other
        and not any(_fits(kind, wanted) for wanted in reply_format.other)
        and not reply_format.takes_any
    ):
        raise NotAcceptable(
            "server.binary_type",
            where="Accept",
            clause=CLAUSE,
            found=", ".join(reply_format.other),
            have=kind,
        )
    content = read_base64(binary.get("data", ""))
    return None if content is None else (content, kind)


def _fits(kind: str, wanted: str) -> bool:
    plain = media_type(kind)
    return wanted == plain or (wanted.endswith("/*") and plain.startswith(wanted[:-1]))
