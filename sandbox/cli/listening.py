"""The listener of an agent: what the system beside it posts to an inbox goes to the server on the
way that the agent has dialled, and the answer comes back.  On loopback alone.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from sandbox.cli import tell

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def listener_of(outside: httpx.AsyncClient, root: str, at: str) -> Starlette:
    """Returns the application that a system posts to.

    Args:
        outside: Speaks to the server.
        root: The address of the agent's routes on the server.
        at: The address of this listener, without a path.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    from sandbox.errors import SandboxError
    from sandbox.limits import REQUEST_BYTES
    from sandbox.web.replies import outcome_response
    from sandbox.web.requests import body_of, language_of

    async def take(request: Request) -> Response:
        try:
            body = await body_of(request, limit=REQUEST_BYTES)
        except SandboxError as error:
            return outcome_response(error, language_of(request))
        return await _carried(outside, f"{root}/submissions", _told(request, body, at))

    async def elsewhere(_: Request) -> Response:
        return _said(tell("agent.inbox_only"), 404)

    return Starlette(
        routes=[
            Route("/inbox/{inbox}/fhir", take, methods=METHODS),
            Route("/inbox/{inbox}/fhir/{place:path}", take, methods=METHODS),
            Route("/{place:path}", elsewhere, methods=METHODS),
        ]
    )


def _told(request: Request, body: bytes, at: str) -> dict[str, object]:
    """Returns a request as the server is told of it; its body is no longer encoded."""
    headers = [[name, value] for name, value in request.headers.items()]
    return {
        "at": at,
        "inbox": request.path_params["inbox"],
        "method": request.method,
        "place": request.path_params.get("place", ""),
        "query": request.url.query,
        "headers": [pair for pair in headers if pair[0] != "content-encoding"],
        "body": base64.b64encode(body).decode(),
    }


async def _carried(outside: httpx.AsyncClient, place: str, told: dict[str, object]) -> Response:
    """Returns how the inbox answered; 502 where the server was not reached or refused the agent."""
    import httpx
    from starlette.responses import Response

    from sandbox.fhir.json import write_json

    try:
        came = await outside.post(place, content=write_json(told))
        came.raise_for_status()
        answered = came.json()
        content = base64.b64decode(answered["body"])
        response = Response(content, int(answered["status"]))
        for name, value in answered["headers"]:
            if name.lower() != "content-length":
                response.headers[name] = value
    except httpx.HTTPStatusError as error:
        return _said(tell("agent.not_taken", reason=error.response.status_code), 502)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return _said(tell("agent.not_taken", reason=type(error).__name__), 502)
    return response


def _said(sentence: str, status: int) -> Response:
    """Returns a sentence as FHIR clients read it."""
    from sandbox.web.replies import fhir_response

    code = "not-found" if status == 404 else "transient"
    issue = {"severity": "error", "code": code, "diagnostics": sentence}
    return fhir_response({"resourceType": "OperationOutcome", "issue": [issue]}, status)
