"""What is to be said arrives, whichever server process is killed, and of two processes one says it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.receivers.running import Receiver, running
from tests.sandbox.cli.test_draining import a_server

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("receivers"),
]
MANY = 40


def subscribed(client: httpx.Client, receiver: Receiver, path: str) -> str:
    """Subscribes an address to announcements; gives the id."""
    target = f"http://127.0.0.1:{receiver.port}/{path}"
    body = {"carrier": "webhook", "target": target, "topics": ["announcement"]}
    made = client.post("/api/subscriptions", json=body)
    assert made.status_code == 201, made.text
    secret = {f"/{path}": made.json()["secret"]}
    httpx.post(f"http://127.0.0.1:{receiver.port}/secret", json=secret).raise_for_status()
    return str(made.json()["id"])


def announce(client: httpx.Client, text: str) -> None:
    assert client.post("/api/announcements", json={"texts": {"en": text}}).status_code == 201


def text_in(told: Any) -> str:
    return str(json.loads(told["body"])["data"]["texts"]["en"])


def test_what_a_killed_server_was_sending_goes_out_again_under_its_id(tmp_path: Path) -> None:
    with running("standardwebhooks") as receiver:
        with a_server(tmp_path, "--grant", "127.0.0.1") as (process, client):
            id = subscribed(client, receiver, "held")
            announce(client, "one")
            first = receiver.next()
            announce(client, "two")
            process.kill()
            process.wait()
        with a_server(tmp_path, "--grant", "127.0.0.1") as (_, client):
            again = receiver.next()
            assert again["headers"]["webhook-id"] == first["headers"]["webhook-id"]
            assert again["verified"]
            other = receiver.next()
            assert (text_in(again), text_in(other)) == ("one", "two")
            while len(said := client.get(f"/api/subscriptions/{id}/notices").json()) < 2:
                pass
            while {notice["state"] for notice in said} != {"sent"}:
                said = client.get(f"/api/subscriptions/{id}/notices").json()
        assert receiver.nothing_more()


@pytest.mark.needs("postgres")
def test_of_two_servers_one_sends_each_notice(
    tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_database)
    # what a webhook is signed with is sealed: servers on one database share the key
    monkeypatch.setenv("CONNECTATHON_SEALING_KEY", "c2VhbGluZy1rZXktb2YtdHdvLXNlcnZlcnMtMzJieXQ")
    with ExitStack() as stack:
        receiver = stack.enter_context(running("standardwebhooks"))
        clients = [
            stack.enter_context(a_server(tmp_path / name, "--grant", "127.0.0.1"))[1]
            for name in ("a", "b")
        ]
        for path in ("x", "y"):
            subscribed(clients[0], receiver, path)
        for number in range(MANY):
            announce(clients[number % 2], f"{number}")
        told = [receiver.next() for _ in range(2 * MANY)]
        assert all(row["verified"] for row in told)
        expected = {(path, f"{number}") for path in ("/x", "/y") for number in range(MANY)}
        assert {(row["path"], text_in(row)) for row in told} == expected
        assert receiver.nothing_more()
