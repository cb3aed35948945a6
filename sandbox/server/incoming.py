"""An HTTP request as the FHIR server reads it, straight from ASGI: place, query, headers, body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import Scope

# DOTALL: a path with a line break is still ours, and is refused with an OperationOutcome.
PLACE = re.compile(r"^(?:/t/(?P<team>[^/]+))?/fhir(?:/(?P<path>.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Incoming:
    """`path` below the base, `query` in the order received, `headers` with lower-case names."""

    method: str
    scheme: str
    team: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    client: str = ""
    """Address of whoever asks."""


def read_incoming(scope: Scope) -> Incoming | None:
    """Returns the request, or None when it is not for the FHIR server."""
    place = PLACE.match(scope["path"])
    if place is None:
        return None
    query: bytes = scope["query_string"]
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:  # what is sent twice counts as one list (RFC 9110 5.3)
        key = _name(name)
        # Latin-1 decodes any byte, and a header may hold any (RFC 9110 5.5).
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Incoming(
        method=scope["method"],
        scheme=scope["scheme"],
        team=place["team"] or "",
        path=place["path"] or "",
        query=tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else (),
        headers=headers,
        client=(scope.get("client") or ("unknown",))[0],
    )


# The same few names arrive with every request; the limit keeps made-up ones from filling memory.
@lru_cache(maxsize=200)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
