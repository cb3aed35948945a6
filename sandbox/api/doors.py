"""The doors that a name of their own opens: inboxes of runs, by themselves or by an agent, and
recording proxies.
"""

from __future__ import annotations

from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.api.carrying import carrying_routes
from sandbox.api.inbox import inbox_routes
from sandbox.api.through import through_routes


def door_routes(server: ASGIApp) -> list[Route]:
    """Returns the routes.

    Args:
        server: Answers below `/fhir` what comes to an inbox.
    """
    return [*inbox_routes(server), *carrying_routes(server), *through_routes()]
