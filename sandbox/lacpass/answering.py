"""What the event's endpoints share: reading a request, work in a thread, and any error as an OperationOutcome."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sandbox.errors import NotImplementedHere, SandboxError, TooLarge
from sandbox.fhir.json import Json, write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import choose_language

log = logging.getLogger("sandbox.lacpass")

Endpoint = Callable[[Request], Awaitable[Response]]
FHIR_JSON = "application/fhir+json"


def fhir_response(resource: Json, status: int = 200) -> Response:
    """Returns a resource as FHIR JSON."""
    return Response(write_json(resource), status, media_type=FHIR_JSON)


def answering(work: Endpoint) -> Endpoint:
    """Returns the endpoint with its errors turned into OperationOutcomes in the language that the client asks for."""

    async def endpoint(request: Request) -> Response:
        language = choose_language(request.headers.get("accept-language"))
        try:
            return await work(request)
        except SandboxError as error:
            return fhir_response(operation_outcome(error.as_findings(), language), error.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            log.exception("failed")
            fault = SandboxError("server.our_fault", exchange="-")
            return fhir_response(operation_outcome(fault.as_findings(), language), 500)

    return endpoint


async def body_of(request: Request, *, limit: int) -> bytes:
    """Returns the body; raises TooLarge as soon as it is known to exceed `limit` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge("server.too_large", clause="RFC 9110 15.5.14", limit=limit // 1024 // 1024)
        parts.append(part)
    return b"".join(parts)


@answering
async def not_yet(request: Request) -> Response:
    """Answers 501 for what the event's systems have and this sandbox has not yet."""
    name = request.url.path.rpartition("/")[2]
    raise NotImplementedHere("lacpass.meow_later", where=request.url.path, name=name)
