"""Broken twins: this server with one fault each, between the socket and the real work.

They prove the test bench, which must fail exactly the tests that an expectation names, and they are exercises: which
twin is this?  A twin changes what comes in or what goes out; the server itself knows nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import InvalidContent
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.server.incoming import PLACE


@dataclass(frozen=True, slots=True)
class Passing:
    """What passes by: a request, or the response to it (then `status` is not 0); `kind` is the content type."""

    method: str
    path: str
    kind: str
    body: bytes
    query: bytes = b""
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
        if scope["type"] != "http" or PLACE.match(scope["path"]) is None:
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        kind = headers.get(b"content-type", b"").decode("latin-1")
        asked = self._twin.request(
            Passing(scope["method"], scope["path"], kind, await _whole(receive), scope["query_string"])
        )
        changed = {b"content-length": str(len(asked.body)).encode(), b"content-type": asked.kind.encode("latin-1")}
        scope = {**scope, "query_string": asked.query}
        if asked.body:
            scope = {**scope, "headers": [*_without(scope["headers"], changed), *changed.items()]}
        start: Message = {}
        parts: list[bytes] = []

        waiting = [asked.body]

        async def receive_changed() -> Message:
            if not waiting:
                return await receive()
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive_changed, keep)
        given = {name.lower(): value for name, value in start["headers"]}
        kind = given.get(b"content-type", b"").decode("latin-1")
        told = self._twin.response(
            Passing(asked.method, asked.path, kind, b"".join(parts), asked.query, start["status"])
        )
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


def _capabilities(**elements: Any) -> Change:
    """Sets elements of the CapabilityStatement."""
    return lambda passing: (
        replace(passing, body=write_json({**passing.json, **elements}))
        if passing.path.endswith("/metadata") and isinstance(passing.json, dict)
        else passing
    )


def _submission(**changes: Any) -> Change:
    return lambda passing: replace(passing, **changes) if passing.is_submission else passing


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


def _plain_resource(**changes: Any) -> Change:
    """Changes responses to single resources, not to Bundles."""

    def change(passing: Passing) -> Passing:
        resource: Any = passing.json if passing.status in (200, 201) else None
        is_plain = member(resource, "resourceType") == "Patient"
        return replace(passing, body=write_json({**resource, **changes})) if is_plain else passing

    return change


def _status(of: int, becomes: int, method: str = "") -> Change:
    """Answers with another status than the right one."""
    return lambda passing: (
        replace(passing, status=becomes) if passing.status == of and method in ("", passing.method) else passing
    )


def _taking_patients(passing: Passing) -> Passing:
    is_create = passing.method == "POST" and passing.path.endswith("/Patient")
    return replace(passing, status=201) if is_create and passing.status == 400 else passing


def _deaf_to(*names: str) -> Change:
    """Leaves parameters out of every search."""

    def change(passing: Passing) -> Passing:
        kept = [pair for pair in parse_qsl(passing.query.decode(), keep_blank_values=True) if pair[0] not in names]
        is_form = passing.path.endswith("/_search")
        form = [pair for pair in parse_qsl(passing.body.decode()) if pair[0] not in names] if is_form else []
        body = urlencode(form).encode() if is_form else passing.body
        return replace(passing, query=urlencode(kept).encode(), body=body)

    return change


def _found(change: Callable[[Json], Json]) -> Change:
    """Changes each searchset of documents or lists that goes out."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.status == 200 and member(passing.json, "type") == "searchset"
        else passing
    )


def _with_relative_urls(bundle: Json) -> Json:
    text = write_json(bundle).decode()
    return dict(parse_json(re.sub(r'"url":"https?://[^"]*?/fhir/', '"url":"', text).encode()))


def _document(**changes: Any) -> Change:
    """Changes documents as they are retrieved."""
    return lambda passing: (
        replace(passing, **changes)
        if passing.method == "GET" and "/Binary/" in passing.path and passing.status
        else passing
    )


def _without_search(passing: Passing) -> Passing:
    return replace(passing, status=405) if passing.path.endswith("/_search") else passing


def _summary(change: Callable[[Json], Json]) -> Change:
    """Changes summaries as they go out."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.path.endswith("/$summary") and passing.status == 200
        else passing
    )


def _without_sections(document: Json) -> Json:
    first = document["entry"][0]
    bare = {name: value for name, value in first["resource"].items() if name != "section"}
    return {**document, "entry": [{**first, "resource": bare}, *document["entry"][1:]]}


def _of_somebody_else(document: Json) -> Json:
    entries = [
        {**one, "resource": {**one["resource"], "identifier": [OTHER]}}
        if one["resource"]["resourceType"] == "Patient"
        else one
        for one in document["entry"]
    ]
    return {**document, "entry": entries}


def _knows_everybody(passing: Passing) -> Passing:
    return replace(passing, status=200) if passing.path.endswith("/$summary") and passing.status == 404 else passing


OTHER = {"use": "usual", "system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.404"}
TWINS: Mapping[str, Twin] = {
    "accepts_anything": Twin(request=_plain),
    "answers_200_to_all": Twin(response=_refusal(lambda passing: replace(passing, status=200))),
    "answers_missing_with_200": Twin(response=_document(status=200)),
    "breaks_at_errors": Twin(response=_refusal(lambda passing: replace(passing, status=500))),
    "changes_documents": Twin(response=_document(body=b"not what was sent")),
    "changes_identifiers": Twin(request=_of_type("DocumentReference", _set(masterIdentifier=OTHER))),
    "deaf_to_authors": Twin(request=_deaf_to("author.given", "author.family", "source.given", "source.family")),
    "deaf_to_creation": Twin(request=_deaf_to("creation")),
    "deaf_to_ihe_parameters": Twin(request=_deaf_to("designationType", "sourceId")),
    "deaf_to_patients": Twin(request=_deaf_to("patient.identifier")),
    "deaf_to_status": Twin(request=_deaf_to("status")),
    "denies_what_it_stored": Twin(response=_submission(status=501, body=b"")),
    "finds_nothing": Twin(response=_found(lambda bundle: {**bundle, "total": 0, "entry": []})),
    "forgets_location": Twin(response=_response(location=None)),
    "forgets_version": Twin(response=_response(etag=None, lastModified=None)),
    "forgets_names": Twin(response=_plain_resource(name=[])),
    "gives_no_xml": Twin(response=lambda passing: replace(passing, status=406) if "xml" in passing.kind else passing),
    "gives_relative_addresses": Twin(response=_found(_with_relative_urls)),
    "gives_wrong_location": Twin(response=_response(location="DocumentReference/nowhere/_history/1")),
    "hides_what_is_missing": Twin(response=_status(404, 200, "GET")),
    "hides_capabilities": Twin(response=_capabilities(rest=[])),
    "keeps_old_current": Twin(request=_entries(lambda one: None if one["request"]["method"] == "PATCH" else one)),
    "keeps_what_is_deleted": Twin(response=_status(410, 200)),
    "knows_no_post_search": Twin(response=_without_search),
    "loses_an_entry": Twin(response=_entries(lambda one: None if "List/" in str(one) else one)),
    "overwrites_blindly": Twin(response=_status(412, 200)),
    "says_batch": Twin(response=_of_kind("batch-response")),
    "says_failed": Twin(response=_response(status="500 Internal Server Error")),
    "says_octet_stream": Twin(response=_document(kind="application/octet-stream")),
    "speaks_no_xml": Twin(request=_without_xml),
    "speaks_r5": Twin(response=_capabilities(fhirVersion="5.0.0")),
    "supersedes_always": Twin(request=_of_type("DocumentReference", _set(status="superseded"))),
    "summarizes_anybody": Twin(response=_knows_everybody),
    "summarizes_as_collection": Twin(response=_summary(lambda document: {**document, "type": "collection"})),
    "summarizes_somebody_else": Twin(response=_summary(_of_somebody_else)),
    "summarizes_without_sections": Twin(response=_summary(_without_sections)),
    "takes_broken_patients": Twin(response=_taking_patients),
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
