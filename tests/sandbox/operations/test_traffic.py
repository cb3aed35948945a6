"""Requests are counted by the template of their route, whoever asks and whatever stands in the address."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.operations.traffic import Traffic, Watched, request_id


def counted(client: TestClient) -> set[tuple[str, str, int]]:
    traffic: Traffic = client.app.traffic  # type: ignore[attr-defined]
    return set(traffic.copied()[0])


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/health", "/health", 200),
        ("/", "/", 200),
        ("/fhir/Patient/none", "/fhir", 404),
        ("/t/chile/fhir/Patient", "/t/{space}/fhir", 404),
        ("/api/runs/secret-code", "/api/runs/{run}", 404),
        ("/enter/secret-code", "/enter/{code}", 403),
        ("/nothing/secret-code", "unknown", 404),
    ],
)
def test_an_answer_counts_by_the_template_of_its_route(
    trained: TestClient, path: str, route: str, status: int
) -> None:
    answer = trained.get(path, headers={"X-Forwarded-For": "192.0.2.1"})
    assert answer.status_code == status
    assert counted(trained) == {("GET", route, status)}
    assert "secret-code" not in str(counted(trained))


def test_a_refusal_at_the_door_counts_too(trained: TestClient) -> None:
    answer = trained.post("/api/runs", json={}, headers={"Origin": "https://other.example"})
    assert answer.status_code == 403
    assert counted(trained) == {("POST", "unknown", 403)}


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-1.2_Z", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_the_id_of_a_request_comes_back(trained: TestClient, given: str, is_kept: bool) -> None:
    answer = trained.get("/health", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is is_kept
    assert answer.headers["x-request-id"]


def app_of(kind: bytes, traffic: Traffic, seen: list[object]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
        )
        seen.append((traffic.open, traffic.streams, bool(request_id.get())))
        await send({"type": "http.response.body", "body": b""})

    return Watched(app, traffic)


@pytest.mark.parametrize(
    ("kind", "open"), [(b"text/event-stream; charset=utf-8", (0, 1)), (b"text/html", (1, 0))]
)
def test_what_is_open_is_counted_and_streams_apart(kind: bytes, open: tuple[int, int]) -> None:
    traffic = Traffic()
    seen: list[object] = []
    TestClient(app_of(kind, traffic, seen)).get("/api/events")
    assert seen == [(*open, True)]
    assert (traffic.open, traffic.streams) == (0, 0)
    # a stream lasts as long as its page, which says nothing of the server
    assert len(traffic.copied()[1]) == open[0]


def test_what_fails_counts_as_500() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    traffic = Traffic()
    client = TestClient(Watched(broken, traffic), raise_server_exceptions=False)
    assert client.get("/health").status_code == 500
    assert list(traffic.copied()[0]) == [("GET", "unknown", 500)]
    assert traffic.open == 0


@pytest.mark.parametrize("path", ["/api/certificates", "/fhir/Patient"])
def test_a_client_that_hangs_up_is_no_fault_of_ours(trained: TestClient, path: str) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        """Goes nowhere."""

    kind = b"text/plain" if "api" in path else b"application/fhir+json"
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", kind)], "scheme": "http",
        "server": ("testserver", 80), "client": ("192.0.2.1", 4), "http_version": "1.1",
    }  # fmt: skip
    portal = trained.portal
    assert portal is not None
    portal.call(trained.app, scope, gone, send)
    ((method, _, status),) = counted(trained)
    assert (method, status) == ("POST", 499)


def test_what_is_no_request_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send(_complete(message))
        await send(_complete(message))

    with TestClient(Watched(app, Traffic())):
        assert seen == ["lifespan"]


def _complete(message: Message) -> Message:
    return {"type": f"{message['type']}.complete"}


@pytest.mark.parametrize(("agent", "count"), [("connectathon-bot", 1), ("Mozilla/5.0", 0)])
def test_a_stream_that_a_bot_follows_is_told_apart(agent: str, count: int) -> None:
    traffic = Traffic()
    bots: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        bots.append(traffic.bots)
        await send({"type": "http.response.body", "body": b""})

    client = TestClient(Watched(app, traffic))
    assert client.get("/", headers={"User-Agent": agent}).status_code == 200
    assert (bots, traffic.bots) == ([count], 0)
