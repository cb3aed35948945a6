"""Server-sent events over a socket: headers for proxies, going on behind what was seen, and an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("streams")
    running = start_server({"CONNECTATHON_DATA": str(folder), "CONNECTATHON_SEED": "none"})
    with httpx.Client(base_url=running.connection.url, timeout=30, trust_env=False) as client:
        yield client
    running.stop()


def a_run(client: httpx.Client) -> str:
    reply = client.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"})
    return str(reply.json()["id"])


def events(lines: Iterator[str], count: int) -> list[dict[str, Any]]:
    """Reads so many blocks of a stream."""
    found: list[dict[str, Any]] = []
    block: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            block[name] = json.loads(value) if name in ("data", "id") else value
        elif block:
            found.append(block)
            block = {}
        if len(found) == count:
            return found
    raise AssertionError("the stream has ended")


def test_all_moves_come_live_with_headers_for_proxies(server: httpx.Client) -> None:
    with server.stream("GET", "/api/events", headers=EVENTS) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["cache-control"] == "no-store"
        lines = stream.iter_lines()
        (begin,) = events(lines, 1)
        id = a_run(server)
        (move,) = events(lines, 1)
    assert set(begin) == {"id"}  # who comes back now knows where to go on
    assert (move["id"], move["data"]) == (begin["id"] + 1, {"run": id, "kind": "queued"})


def test_who_comes_back_is_given_what_was_missed(server: httpx.Client) -> None:
    with server.stream("GET", "/api/events", headers=EVENTS) as stream:
        (begin,) = events(stream.iter_lines(), 1)
    missed = [a_run(server), a_run(server)]
    # a browser asks the same address again, whatever it says of where to begin
    again = {**EVENTS, "Last-Event-ID": str(begin["id"])}
    with server.stream("GET", "/api/events?after=0", headers=again) as stream:
        found = events(stream.iter_lines(), 3)
    assert [event["data"]["run"] for event in found[1:]] == missed


def test_a_run_is_followed_to_its_end_and_from_where_one_was(server: httpx.Client) -> None:
    id = a_run(server)
    with server.stream("GET", f"/api/runs/{id}/events", headers=EVENTS) as stream:
        lines = stream.iter_lines()
        assert events(lines, 1)[0]["event"] == "queued"
        a_run(server)  # of another run nothing is said here
        server.post(f"/api/runs/{id}/cancel")
        (last,) = events(lines, 1)
        assert last["event"] == "cancelled"
        assert list(lines) == []
    for seen, kinds in ((0, ["cancelled"]), (last["id"], [])):
        again = {**EVENTS, "Last-Event-ID": str(seen)}
        text = server.get(f"/api/runs/{id}/events", headers=again).text
        assert [line[7:] for line in text.splitlines() if line.startswith("event: ")] == kinds


def test_an_odd_last_event_id_is_refused(server: httpx.Client) -> None:
    odd = {**EVENTS, "Last-Event-ID": "x"}
    assert server.get("/api/events", headers=odd).status_code == 400
