"""What the API says of a path that it has not, or of a method that a path does not take."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from sandbox.api.asking import answering
from sandbox.errors import MethodNotAllowed, NotFound

CLAUSE = "RFC 9110 15.5.6"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")


async def unknown(request: Request) -> Response:
    """Refuses: with the methods that the path takes, or because there is no such path."""
    path = request.url.path
    allowed: set[str] = set()
    for route in request.scope["router"].routes:
        # partly: the path is its own, the method is not
        if isinstance(route, Route) and route.matches(request.scope)[0] is Match.PARTIAL:
            allowed |= route.methods or set()
    if not allowed:
        raise NotFound("api.no_such_place", where=path[:200], path=path[:200])
    raise MethodNotAllowed(
        "api.wrong_method",
        where=path[:200],
        clause=CLAUSE,
        method=request.method,
        allowed=", ".join(sorted(allowed)),
    )


def unknown_routes() -> list[Route]:
    """Returns the route, which has to stand behind all others of the API."""
    return [Route("/api/{place:path}", answering(unknown), methods=METHODS)]
