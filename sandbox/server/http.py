"""The HTTP edge of the FHIR server: bytes in, Call, Reply, bytes out.  Only here do errors become replies."""

from __future__ import annotations

import logging
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sandbox.errors import NotAcceptable, SandboxError, TooLarge, UnsupportedMediaType
from sandbox.fhir.json import parse_json, write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import Language, choose_language
from sandbox.ids import random_id
from sandbox.server import interactions, operations  # noqa: F401  (registers what the server does)
from sandbox.server.call import Call, Reply, Services
from sandbox.server.registry import Match, route
from sandbox.settings import Settings

log = logging.getLogger("sandbox.server")

FHIR_JSON = "application/fhir+json"
JSON_TYPES = (FHIR_JSON, "application/json", "text/json", "application/json+fhir")
READABLE = (*JSON_TYPES, "*/*", "application/*", "text/*", "text/html")
FORMATS = (*JSON_TYPES, "json")
CONTENT = "FHIR R4 http.html#mime-type"


class FhirEndpoint:
    """Answers every request below `/fhir`."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings

    async def answer(self, request: Request) -> Response:
        """Returns the reply of any request; an error of any kind becomes an OperationOutcome here."""
        language = choose_language(request.headers.get("accept-language"))
        exchange = random_id()
        try:
            check_accept(request)
            match = route("GET" if request.method == "HEAD" else request.method, request.path_params.get("path", ""))
            body = await self._read_body(request, match)
            call = Call(
                base=base_of(request, self._settings),
                language=language,
                type=match.type,
                id=match.id,
                version=match.version,
                query=tuple(parse_qsl(request.url.query, keep_blank_values=True)),
                headers=dict(request.headers),
                body=body,
            )
            reply = await run_in_threadpool(match.interaction.handler, call, self._services)
        except SandboxError as error:
            log.info("refused", extra={"exchange": exchange, "status": error.status, "key": error.key})
            reply = _error_reply(error, language)
        except Exception:
            log.exception("failed", extra={"exchange": exchange})
            reply = _error_reply(SandboxError("server.our_fault", exchange=exchange), language)
        return _respond(reply, request, exchange)

    async def _read_body(self, request: Request, match: Match) -> object:
        if request.method not in ("POST", "PUT", "PATCH"):
            return None
        is_form = match.interaction.pattern[-1:] == ("_search",)
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        wanted = ("application/x-www-form-urlencoded",) if is_form else JSON_TYPES
        if content_type not in wanted:
            raise UnsupportedMediaType(
                "server.content_type",
                where="Content-Type",
                clause=CONTENT,
                found=content_type or "-",
                expected=wanted[0],
            )
        body = await read_limited(request, self._settings.max_body_bytes)
        if is_form:
            return body.decode("utf-8", "replace")
        return await run_in_threadpool(parse_json, body) if len(body) > 100_000 else parse_json(body)


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


def check_accept(request: Request) -> None:
    """Raises NotAcceptable unless the client can take JSON; `_format` wins over Accept (http.html#mime-type)."""
    asked = request.query_params.get("_format")
    if asked is not None:
        if asked.replace(" ", "+").split(";")[0].strip().lower() not in FORMATS:
            raise NotAcceptable("server.format", where="_format", clause=CONTENT, found=asked)
        return
    accept = request.headers.get("accept", "*/*")
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    if not any(kind in READABLE for kind in kinds):
        raise NotAcceptable("server.accept", where="Accept", clause=CONTENT, found=accept)


def base_of(request: Request, settings: Settings) -> str:
    """Returns the FHIR base as the client sees it: configured, else from X-Forwarded-*, else from Host."""
    if settings.base_url:
        return settings.base_url.rstrip("/") + "/fhir"
    headers = request.headers
    scheme = headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    prefix = headers.get("x-forwarded-prefix", headers.get("x-forwarded-context", "")).rstrip("/")
    return f"{scheme}://{host}{prefix}/fhir"


def _error_reply(error: SandboxError, language: Language) -> Reply:
    headers = {"Allow": str(error.params["allowed"])} if error.status == 405 else {}
    return Reply(error.status, operation_outcome([error.as_finding()], language), headers)


def _respond(reply: Reply, request: Request, exchange: str) -> Response:
    headers = {**reply.headers, "X-Exchange-Id": exchange}
    if "Last-Modified" in headers:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(headers["Last-Modified"]), usegmt=True)
    body: Any = reply.body
    if body is None:
        return Response(None, reply.status, headers)
    if _wants_pretty(request):
        body = write_json(parse_json(body) if isinstance(body, bytes) else parse_json(write_json(body)), pretty=True)
    elif not isinstance(body, bytes):
        body = write_json(body)
    return Response(body, reply.status, headers, media_type=FHIR_JSON + "; charset=utf-8")


def _wants_pretty(request: Request) -> bool:
    asked = request.query_params.get("_pretty")
    return asked == "true" if asked is not None else "text/html" in request.headers.get("accept", "")
