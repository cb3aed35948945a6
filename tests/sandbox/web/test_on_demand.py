"""Routes that load with the first request that reaches them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.web.on_demand import OnDemand


async def echo(request: Request) -> PlainTextResponse:
    """Tells the routes among which the request found its own."""
    paths = [route.path for route in request.scope["router"].routes]
    return PlainTextResponse(" ".join(paths))


def an_application(loads: list[str]) -> TestClient:
    def load() -> list[BaseRoute]:
        loads.append("loaded")
        return [Route("/page/{name}", echo)]

    app = Starlette(routes=[Route("/health", echo)])
    app.router.default = OnDemand(load)
    return TestClient(app)


def test_what_stands_before_them_does_not_load_them() -> None:
    loads: list[str] = []
    assert an_application(loads).get("/health").text == "/health"
    assert loads == []


def test_they_load_once_and_a_request_finds_its_own_router() -> None:
    loads: list[str] = []
    client = an_application(loads)
    assert [client.get("/page/a").text, client.get("/page/b").text] == ["/page/{name}"] * 2
    assert loads == ["loaded"]


def test_whoever_stands_before_reads_afterwards_which_route_it_was() -> None:
    found: list[str] = []

    class Reading:
        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self._app(scope, receive, send)
            if scope["type"] == "http":
                found.append(scope["path_params"]["name"])

    assert TestClient(Reading(an_application([]).app)).get("/page/a").status_code == 200
    assert found == ["a"]


def test_what_none_takes_is_told_by_the_status_that_a_router_gives() -> None:
    client = an_application([])
    assert client.get("/nowhere").status_code == 404
    assert client.post("/page/a").status_code == 405
