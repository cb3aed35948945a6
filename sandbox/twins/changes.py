"""Changes that many broken twins share: another status, a deaf search, another searchset.  Knows no
twin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.fhir.json import Json, member, write_json
from sandbox.twins.passing import Change, Passing

# 2.999 is the arc for examples (ITU-T X.660): nobody's real identifier
OTHER_IDENTIFIER = {
    "use": "usual",
    "system": "urn:ietf:rfc:3986",
    "value": "urn:oid:2.999.404",
}


def answering(of: int, becomes: int, method: str = "") -> Change:
    """Answers with another status than the right one.

    Args:
        of: The right status.
        becomes: The one that is sent.
        method: Of the requests that are answered so; empty for all.
    """
    return lambda passing: (
        replace(passing, status=becomes)
        if passing.status == of and method in ("", passing.method)
        else passing
    )


def refusing_with(kind: str, body: bytes) -> Change:
    """Gives every refusal (a status of 400 or more) another body.

    Args:
        kind: Its content type.
        body: What is sent.
    """
    return lambda passing: (
        replace(passing, kind=kind, body=body) if passing.status >= 400 else passing
    )


def searches_with(status: int) -> Change:
    """Answers every search with a status."""
    # by the answer, not by the path: a search may come with GET or POST, on any type
    return lambda passing: (
        replace(passing, status=status) if member(passing.json, "type") == "searchset" else passing
    )


def deaf_to(*names: str) -> Change:
    """Leaves parameters out of every search."""

    def change(passing: Passing) -> Passing:
        # operations have parameters of the same names: a deaf search must not break $expand
        if "/$" in passing.path:
            return passing
        kept = [
            pair
            for pair in parse_qsl(passing.query.decode(), keep_blank_values=True)
            if pair[0] not in names
        ]
        is_form = passing.path.endswith("/_search")
        form = (
            [pair for pair in parse_qsl(passing.body.decode()) if pair[0] not in names]
            if is_form
            else []
        )
        body = urlencode(form).encode() if is_form else passing.body
        return replace(passing, query=urlencode(kept).encode(), body=body)

    return change


def in_searchsets(change: Callable[[Json], Json]) -> Change:
    """Changes each searchset of documents or lists that goes out."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.status == 200 and member(passing.json, "type") == "searchset"
        else passing
    )


def empty_at(place: str) -> Change:
    """Answers with an empty object wherever the path ends with `place`."""
    return lambda passing: replace(passing, body=b"{}") if passing.path.endswith(place) else passing


def capabilities_with(**elements: Any) -> Change:
    """Sets elements of the CapabilityStatement."""
    return lambda passing: (
        replace(passing, body=write_json({**passing.json, **elements}))
        if passing.path.endswith("/metadata") and isinstance(passing.json, dict)
        else passing
    )
