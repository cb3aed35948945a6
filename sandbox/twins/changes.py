"""Changes that many broken twins share: another status, a deaf search, another searchset.  Knows no
twin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.server.formats import FHIR_JSON
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


def in_entries(change: Callable[[Json], Json | None]) -> Change:
    """Changes each entry of a submission, or of the response to one.

    Args:
        change: Returns the entry as it goes on; None leaves it out.
    """

    def changed(passing: Passing) -> Passing:
        bundle = passing.json
        if not passing.is_submission or not as_list(member(bundle, "entry")):
            return passing
        kept = [entry for original in bundle["entry"] if (entry := change(original)) is not None]
        return replace(passing, body=write_json({**bundle, "entry": kept}))

    return changed


def in_responses(**parts: Any) -> Change:
    """Sets parts of each entry's response; None takes one away."""

    def change(entry: Json) -> Json:
        kept = {**entry.get("response", {}), **parts}
        return {
            **entry,
            "response": {name: value for name, value in kept.items() if value is not None},
        }

    return in_entries(change)


def in_refusals(change: Callable[[Passing], Passing]) -> Change:
    """Changes the refusal of a submission."""
    return lambda passing: (
        change(passing) if passing.is_submission and 400 <= passing.status < 500 else passing
    )


def as_plain(passing: Passing) -> Passing:
    """Takes a submission for any transaction: neither profile nor SubmissionSet tells it."""
    bundle = passing.json
    if not passing.is_submission or not isinstance(bundle, dict):
        return passing
    entries = [
        {**entry, "resource": {**entry["resource"], "code": {"text": "list"}}}
        if member(entry.get("resource"), "resourceType") == "List"
        else entry
        for entry in as_list(bundle.get("entry"))
    ]
    return replace(passing, body=write_json({**bundle, "meta": {}, "entry": entries}))


def nothing_to_take(passing: Passing) -> Passing:
    """Makes any submission one that must be refused."""
    return (
        replace(passing, body=b'{"resourceType": "Bundle"}', kind=FHIR_JSON)
        if passing.is_submission
        else passing
    )
