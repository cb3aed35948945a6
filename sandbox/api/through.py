"""The recording proxy between two systems of a test instance: what one sends to it goes on to the
base that the other is registered with, and each exchange is kept and judged behind the reply.
"""

from __future__ import annotations

import time
from functools import partial

from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import run_service_of
from sandbox.api.forwarding import forward
from sandbox.api.inbox import METHODS
from sandbox.api.instances import throughs_of
from sandbox.errors import SandboxError
from sandbox.exchange import Exchange, redacted
from sandbox.testbench.script import Request
from sandbox.threads import run_in_threadpool
from sandbox.web.replies import outcome_response
from sandbox.web.requests import address_of, body_of, language_of

CREDENTIALS = ("authorization", "x-api-key")


async def take(request: Incoming) -> Response:
    """Hands a request on to the system that answers, and keeps what both said."""
    token = request.path_params["token"]
    service = run_service_of(request)
    try:
        # before the body is read: who does not know a token may send nothing through
        find = partial(throughs_of(request).find, token)
        through, system = await run_in_threadpool(find)
        body = await body_of(request, limit=request.app.state.settings.max_body_bytes)
        place = request.path_params.get("place", "")
        query = f"?{request.url.query}" if request.url.query else ""
        sent = dict(request.headers)
        begun = time.perf_counter()
        came = await forward(
            Request(request.method, place + query, sent, body),
            system,
            inbox=f"{address_of(request)}/through/{token}/fhir",
            transport=service.ways.dialled(system),
            language=language_of(request),
            # between the two of them alone: the token in the address is what lets in here
            credentials={name: sent[name] for name in CREDENTIALS if name in sent},
        )
    except SandboxError as error:
        return outcome_response(error, language_of(request))
    exchange = Exchange(
        request.method,
        str(request.url),
        tuple(request.headers.items()),
        body,
        came.status,
        came.headers,
        came.body,
        time.perf_counter() - begun,
        came.failure,
    )
    kept = redacted(exchange)
    for run in through.runs:
        await service.take(run, kept)
    return Response(came.body, came.status, headers=dict(came.headers))


def through_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [
        Route("/through/{token}/fhir", take, methods=METHODS),
        Route("/through/{token}/fhir/{place:path}", take, methods=METHODS),
    ]
