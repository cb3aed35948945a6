"""Shared by the event's endpoints: turns any error into an OperationOutcome."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sandbox.errors import SandboxError
from sandbox.web.replies import outcome_response
from sandbox.web.requests import language_of

log = logging.getLogger("sandbox.lacpass")

Endpoint = Callable[[Request], Awaitable[Response]]


def answering(work: Endpoint) -> Endpoint:
    """Returns the endpoint with its errors turned into OperationOutcomes in the language that the
    client asks for.
    """

    async def endpoint(request: Request) -> Response:
        language = language_of(request)
        try:
            return await work(request)
        except SandboxError as error:
            return outcome_response(error, language)
        except ClientDisconnect:
            # nobody is left to read it; the framework still wants a response
            return Response(status_code=400)
        except Exception:
            log.exception("failed")
            return outcome_response(SandboxError("server.our_fault", exchange="-"), language)

    return endpoint
