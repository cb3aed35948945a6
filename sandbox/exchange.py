"""The exchange: one request and its response, as notebooks show it and checks judge it.  Knows no
HTTP library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.redact import (
    SHORTEST,
    credentials_in,
    own_secrets,
    redact_address,
    redact_body,
    redact_grants,
    redact_headers,
    redact_text,
    redact_values,
)


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """Bodies are bytes as sent and received; `headers` have been redacted; `elapsed` in seconds."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    elapsed: float = 0.0
    failure: str = ""
    """Why there is no response, in the words of the network; `status` is 0 then."""

    def __repr__(self) -> str:
        return f"{self.method} {self.url} → {self.status or self.failure}"

    def header(self, name: str) -> str:
        """Returns the first response header of that name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def json(self) -> Any:
        """The response body as a JSON value, or None where it is none."""
        try:
            return parse_json(self.body) if self.body else None
        except SandboxError:
            return None


def redacted(exchange: Exchange, *, secrets: Iterable[str] = ()) -> Exchange:
    """Returns an exchange without the secrets that were given, that this process has, or that its
    request carries, wherever they turn up.

    Args:
        exchange: As it was sent and received.
        secrets: Header values and passcodes that were sent beside those that stand in it.
    """
    given = [("authorization", secret) for secret in secrets]
    known = own_secrets() | credentials_in(given, shortest=SHORTEST)
    known |= credentials_in(exchange.request_headers, exchange.request_body)

    def headers(shown: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, redact_address(redact_text(value, known)))
            for name, value in redact_headers(shown)
        )

    return replace(
        exchange,
        url=redact_address(redact_text(exchange.url, known)),
        request_headers=headers(exchange.request_headers),
        request_body=redact_values(redact_body(exchange.request_body), known),
        headers=headers(exchange.headers),
        body=redact_values(exchange.body, known),
        failure=redact_address(redact_text(exchange.failure, known)),
    )


def as_kept(exchange: Exchange) -> Exchange:
    """Returns an exchange as it is kept: without what a wallet was let in with, which the script
    that asked for it had to see.
    """
    request_body, body = redact_grants(exchange.request_body), redact_grants(exchange.body)
    if (request_body, body) == (exchange.request_body, exchange.body):
        return exchange
    return replace(exchange, request_body=request_body, body=body)
