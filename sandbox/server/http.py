"""The HTTP edge of the FHIR server: bytes in, Call, Reply, bytes out.  Only here do errors become replies."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sandbox.errors import SandboxError, TooLarge, UnsupportedMediaType
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.i18n import Language, choose_language
from sandbox.ids import random_id
from sandbox.server import interactions, operations  # noqa: F401  (registers what the server does)
from sandbox.server.binaries import is_raw, unwrap, wrap
from sandbox.server.call import Call, Reply
from sandbox.server.formats import (
    CLAUSE,
    FORM,
    Wish,
    media_type,
    read_resource,
    read_wish,
    refuse_unreadable,
    write_resource,
)
from sandbox.server.partitions import Rooms
from sandbox.server.preferences import preference
from sandbox.server.registry import Match, route
from sandbox.settings import Settings

log = logging.getLogger("sandbox.server")

WRITES = ("create", "update", "patch")
JSON_WISH = Wish("json", is_explicit=True)
LARGE = 100_000  # bytes; a larger body is read in a thread


class FhirEndpoint:
    """Answers every request below `/fhir` and `/t/{team}/fhir`."""

    def __init__(self, rooms: Rooms, settings: Settings) -> None:
        self._rooms = rooms
        self._settings = settings

    async def answer(self, request: Request) -> Response:
        """Returns the reply of any request; an error of any kind becomes an OperationOutcome here."""
        language = choose_language(request.headers.get("accept-language"))
        exchange, wish, match = random_id(), JSON_WISH, None
        try:
            wish = read_wish(
                request.query_params.get("_format"),
                request.headers.get("accept"),
                request.query_params.get("_pretty"),
            )
            match = route("GET" if request.method == "HEAD" else request.method, request.path_params.get("path", ""))
            if match.type != "Binary":
                refuse_unreadable(wish, request.headers.get("accept"))
            call = Call(
                base=base_of(request, self._settings),
                language=language,
                type=match.type,
                id=match.id,
                version=match.version,
                query=tuple(parse_qsl(request.url.query, keep_blank_values=True)),
                headers=dict(request.headers),
                body=await self._read_body(request, match),
            )
            reply = await run_in_threadpool(self._carry_out, match, call, request.path_params.get("team", ""))
            return self._respond(reply, request, match, wish, exchange)
        except SandboxError as error:
            log.info("refused", extra={"exchange": exchange, "status": error.status, "key": error.key})
            reply = _error_reply(error, language)
        except Exception:
            log.exception("failed", extra={"exchange": exchange})
            reply = _error_reply(SandboxError("server.our_fault", exchange=exchange), language)
        return _as_response(reply, wish, exchange)

    def _carry_out(self, match: Match, call: Call, team: str) -> Reply:
        return match.interaction.handler(call, self._rooms.of(team))

    async def _read_body(self, request: Request, match: Match) -> object:
        if request.method not in ("POST", "PUT", "PATCH"):
            return None
        content_type = request.headers.get("content-type", "")
        body = await read_limited(request, self._settings.max_body_bytes)
        if match.interaction.pattern[-1:] == ("_search",):
            if media_type(content_type) != FORM:
                found = media_type(content_type) or "-"
                raise UnsupportedMediaType(
                    "server.content_type", where="Content-Type", clause=CLAUSE, found=found, expected=FORM
                )
            return body.decode("utf-8", "replace")
        if match.type == "Binary" and match.interaction.code in WRITES and is_raw(content_type):
            return wrap(body, content_type, id=match.id, context=request.headers.get("x-security-context", ""))
        if not body and match.interaction.level == "operation":
            return None  # an operation may be called with no more than its query
        if len(body) > LARGE:
            return await run_in_threadpool(read_resource, body, content_type)
        return read_resource(body, content_type)

    def _respond(self, reply: Reply, request: Request, match: Match, wish: Wish, exchange: str) -> Response:
        """Gives the reply the shape that the client prefers: raw, minimal, an outcome, or the resource."""
        if match.type == "Binary" and match.interaction.code in ("read", "vread") and reply.status == 200:
            raw = unwrap(reply.body, wish)
            if raw is not None:
                return Response(raw[0], 200, _headers(reply, exchange), media_type=raw[1])
        wanted = preference(request.headers, "return")
        if match.interaction.code in WRITES and wanted == "minimal":
            reply = replace(reply, body=None)
        elif match.interaction.code in WRITES and wanted == "OperationOutcome":
            language = choose_language(request.headers.get("accept-language"))
            reply = replace(reply, body=operation_outcome([STORED, *reply.findings], language))
        return _as_response(reply, wish, exchange)


STORED = Finding("server.stored", "information", "server.stored", issue="informational")


async def read_limited(request: Request, limit: int) -> bytes:
    """Returns the body, or raises TooLarge as soon as it is known to exceed `limit` bytes."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise TooLarge("server.too_large", clause="RFC 9110 15.5.14", limit=limit // 1024 // 1024)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge("server.too_large", clause="RFC 9110 15.5.14", limit=limit // 1024 // 1024)
        parts.append(part)
    return b"".join(parts)


def base_of(request: Request, settings: Settings) -> str:
    """Returns the FHIR base as the client sees it: configured, else from X-Forwarded-*, else from Host."""
    team = request.path_params.get("team", "")
    place = f"/t/{team}/fhir" if team else "/fhir"
    if settings.base_url:
        return settings.base_url.rstrip("/") + place
    headers = request.headers
    scheme = headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    prefix = headers.get("x-forwarded-prefix", headers.get("x-forwarded-context", "")).rstrip("/")
    return f"{scheme}://{host}{prefix}{place}"


def _error_reply(error: SandboxError, language: Language) -> Reply:
    headers = {"Allow": str(error.params["allowed"])} if error.status == 405 else {}
    return Reply(error.status, operation_outcome(error.as_findings(), language), headers)


def _as_response(reply: Reply, wish: Wish, exchange: str) -> Response:
    if reply.body is None:
        return Response(None, reply.status, _headers(reply, exchange))
    body, kind = write_resource(reply.body, wish)
    return Response(body, reply.status, _headers(reply, exchange), media_type=kind)


def _headers(reply: Reply, exchange: str) -> dict[str, str]:
    headers = {**reply.headers, "X-Exchange-Id": exchange}
    if reply.findings:
        headers["X-Validation-Errors"] = str(sum(one.severity in ("error", "fatal") for one in reply.findings))
    if "Last-Modified" in headers:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(headers["Last-Modified"]), usegmt=True)
    return headers
