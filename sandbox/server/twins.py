"""Broken twins: this server with one fault each, between the socket and the real work.

They prove the test bench, which must fail exactly the tests that an expectation names, and they are exercises: which
twin is this?  A twin changes what comes in or what goes out; the server itself knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import InvalidContent
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json


@dataclass(frozen=True, slots=True)
class Passing:
    """What passes by: a request, or the response to it (then `status` is not 0); `kind` is the content type."""

    method: str
    path: str
    kind: str
    body: bytes
    status: int = 0

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return parse_json(self.body) if self.body else None
        except InvalidContent:
            return None

    @property
    def is_submission(self) -> bool:
        """Whether it is about a transaction (ITI-65)."""
        return self.method == "POST" and self.path.rstrip("/").endswith("/fhir")


Change = Callable[[Passing], Passing]


@dataclass(frozen=True, slots=True)
class Twin:
    """What a twin does with requests, and with responses."""

    request: Change = lambda passing: passing
    response: Change = lambda passing: passing


class BrokenTwin:
    """An ASGI application that lets everything pass through a twin."""

    def __init__(self, app: ASGIApp, twin: Twin) -> None:
        self._app = app
        self._twin = twin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the request whole, changes it, and changes the response before it goes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        kind = headers.get(b"content-type", b"").decode("latin-1")
        asked = self._twin.request(Passing(scope["method"], scope["path"], kind, await _whole(receive)))
        changed = {b"content-length": str(len(asked.body)).encode(), b"content-type": asked.kind.encode("latin-1")}
        if asked.body:
            scope = {**scope, "headers": [*_without(scope["headers"], changed), *changed.items()]}
        start: Message = {}
        parts: list[bytes] = []

        async def receive_changed() -> Message:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive_changed, keep)
        given = {name.lower(): value for name, value in start["headers"]}
        kind = given.get(b"content-type", b"").decode("latin-1")
        told = self._twin.response(Passing(asked.method, asked.path, kind, b"".join(parts), start["status"]))
        ours = {b"content-length": str(len(told.body)).encode(), b"content-type": told.kind.encode("latin-1")}
        await send({**start, "status": told.status, "headers": [*_without(start["headers"], ours), *ours.items()]})
        await send({"type": "http.response.body", "body": told.body})


def _entries(change: Callable[[Json], Json | None]) -> Change:
    """Changes each entry of a submission, or of the response to one; None leaves the entry out."""

    def changed(passing: Passing) -> Passing:
        bundle = passing.json
        if not passing.is_submission or not as_list(member(bundle, "entry")):
            return passing
        kept = [entry for one in bundle["entry"] if (entry := change(one)) is not None]
        return replace(passing, body=write_json({**bundle, "entry": kept}))

    return changed


def _response(**parts: Any) -> Change:
    """Sets parts of each entry's response; None takes one away."""

    def change(entry: Json) -> Json:
        kept = {**entry.get("response", {}), **parts}
        return {**entry, "response": {name: value for name, value in kept.items() if value is not None}}

    return _entries(change)


def _of_type(type: str, change: Callable[[Json], Json]) -> Change:
    """Changes the submitted resources of a type."""
    return _entries(
        lambda entry: (
            {**entry, "resource": change(entry["resource"])}
            if member(entry.get("resource"), "resourceType") == type
            else entry
        )
    )


def _refusal(change: Callable[[Passing], Passing]) -> Change:
    return lambda passing: change(passing) if passing.is_submission and 400 <= passing.status < 500 else passing


def _without_xml(passing: Passing) -> Passing:
    return replace(passing, kind="text/plain") if "xml" in passing.kind else passing


def _set(**elements: Any) -> Callable[[Json], Json]:
    return lambda resource: {**resource, **elements}


def _of_kind(kind: str) -> Change:
    return lambda passing: (
        replace(passing, body=write_json({**passing.json, "type": kind}))
        if passing.is_submission and passing.status == 200
        else passing
    )


def _version(passing: Passing) -> Passing:
    told = passing.json if passing.path.endswith("/metadata") else None
    return replace(passing, body=write_json({**told, "fhirVersion": "5.0.0"})) if isinstance(told, dict) else passing


def _plain(passing: Passing) -> Passing:
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


OTHER = {"use": "usual", "system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.404"}
TWINS: Mapping[str, Twin] = {
    "accepts_anything": Twin(request=_plain),
    "answers_200_to_all": Twin(response=_refusal(lambda passing: replace(passing, status=200))),
    "breaks_at_errors": Twin(response=_refusal(lambda passing: replace(passing, status=500))),
    "changes_identifiers": Twin(request=_of_type("DocumentReference", _set(masterIdentifier=OTHER))),
    "forgets_location": Twin(response=_response(location=None)),
    "forgets_version": Twin(response=_response(etag=None, lastModified=None)),
    "gives_wrong_location": Twin(response=_response(location="DocumentReference/nowhere/_history/1")),
    "keeps_old_current": Twin(request=_entries(lambda one: None if one["request"]["method"] == "PATCH" else one)),
    "loses_an_entry": Twin(response=_entries(lambda one: None if "List/" in str(one) else one)),
    "says_batch": Twin(response=_of_kind("batch-response")),
    "says_failed": Twin(response=_response(status="500 Internal Server Error")),
    "speaks_no_xml": Twin(request=_without_xml),
    "speaks_r5": Twin(response=_version),
    "supersedes_always": Twin(request=_of_type("DocumentReference", _set(status="superseded"))),
    "tells_no_reason": Twin(response=_refusal(lambda passing: replace(passing, kind="text/plain", body=b"ERROR"))),
}  # fmt: skip


async def _whole(receive: Receive) -> bytes:
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return content


def _without(headers: Any, names: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in names]
