"""Redaction: what must never be stored or shown of an exchange.  Pure; knows nothing of HTTP
libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"}
)
REDACTED = "***"
# Manifest requests write `passcode`, the VHL service of the event writes `passCode`.
PASSCODE = re.compile(rb'("pass[cC]ode"\s*:\s*)"(?:[^"\\]|\\.)*"')  # of health links, in JSON


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the headers with the values of credentials replaced; names and order stay."""
    return [
        (name, REDACTED if name.lower() in SECRET_HEADERS else value) for name, value in headers
    ]


def redact_body(body: bytes) -> bytes:
    """Returns a body with the passcodes of health links replaced; all else stays as it is."""
    return PASSCODE.sub(rb'\1"***"', body)
