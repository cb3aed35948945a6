"""An HTTP request as the FHIR server reads it, straight from ASGI: place, query, headers, body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from sandbox.errors import TooLarge
from sandbox.settings import Settings

PLACE = re.compile(r"^(?:/t/(?P<team>[^/]+))?/fhir(?:/(?P<path>.*))?$", re.DOTALL)


class Disconnected(Exception):
    """The client went away before its request was complete."""


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
        key, text = _name(name), value.decode("latin-1")
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


async def read_body(receive: Receive, headers: Mapping[str, str], *, limit: int) -> bytes:
    """Returns the body; raises TooLarge as soon as it is known to exceed `limit` bytes, and Disconnected."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def base_of(headers: Mapping[str, str], scheme: str, settings: Settings, *, team: str = "") -> str:
    """Returns the FHIR base as the client sees it: configured, else from X-Forwarded-*, else from Host."""
    place = f"/t/{team}/fhir" if team else "/fhir"
    if settings.base_url:
        return settings.base_url.rstrip("/") + place
    scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    prefix = headers.get("x-forwarded-prefix", headers.get("x-forwarded-context", "")).rstrip("/")
    return f"{scheme}://{host}{prefix}{place}"


def _too_large(limit: int) -> TooLarge:
    return TooLarge("server.too_large", clause="RFC 9110 15.5.14", limit=limit // 1024 // 1024)


@lru_cache(maxsize=200)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
