"""Routes whose modules load with the first request that reaches them, so that a sandbox of which
nobody opens a page starts without the event, its pages and its lessons.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from starlette.routing import BaseRoute, Router
from starlette.types import Receive, Scope, Send


class OnDemand:
    """An ASGI application, set as the `default` of a router: what no route of that one takes."""

    def __init__(self, load: Callable[[], list[BaseRoute]]) -> None:
        self._load = load

    @cached_property
    def router(self) -> Router:
        """Returns the routes, loaded once."""
        return Router(self._load())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by the route that takes the request."""
        # in place: who counts requests by their route reads it there afterwards
        scope["router"] = self.router
        await self.router(scope, receive, send)
