"""The exchange: one request and its response, as notebooks show it and checks judge it.  Knows no
HTTP library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json


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
