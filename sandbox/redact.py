"""Redaction: what must never be stored or shown of an exchange.  Pure; knows nothing of HTTP libraries."""

from __future__ import annotations

from collections.abc import Iterable

SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
REDACTED = "***"


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the headers with the values of credentials replaced; names and order stay."""
    return [(name, REDACTED if name.lower() in SECRET_HEADERS else value) for name, value in headers]
