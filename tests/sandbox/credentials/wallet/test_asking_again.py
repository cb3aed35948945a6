"""A credential that its issuer makes later: the wallet keeps its place, asks when it may, and gets it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.wallet.asking_again import ask_again
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import receive, visit
from sandbox.credentials.wallet.waiting import interval_in
from sandbox.errors import NotFound
from tests.conftest import a_sandbox
from tests.sandbox.credentials.wallet.test_wallet import (
    AT,
    World,
    refused,
    tampered,
    with_credential,
)

LATER = AT + timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_sandbox(tmp_path) as client:
        world = World(client, tmp_path / "sandbox")
        yield world
        world.partitions.close()


def waits(world: World, seconds: int) -> str:
    """Returns by what a wallet knows a credential that is ready after so many seconds."""
    made = world.offer(ready_after=seconds)
    offer, key = read_offer(made["link"], world.send), new_key()
    came, (waiting,) = visit(offer, key, pin=made["pin"], send=world.send, judge=world.judge, at=AT)
    assert came == []
    return world.wallet.wait_for(waiting, key, offer.issuer, at=AT)


def asked_again(world: World, id: str, at: Any = LATER) -> tuple[str, str]:
    return ask_again(world.wallet, id, send=world.send, judge=world.judge, at=at)


def test_what_is_ready_later_is_received_later_and_once(world: World) -> None:
    id = waits(world, 3)  # the clock of the sandbox moves a second at each look
    (row,) = world.wallet.waiting()
    assert set(row) == {"id", "issuer", "since", "not_before"}
    assert refused(lambda: asked_again(world, id, AT)) == "wallet.too_early"
    new, _ = asked_again(world, id)
    assert world.wallet.credential(new)["claims"]["vct"]
    assert world.judge(world.wallet.credential(new)["text"]).verdict == "valid"
    assert json.loads(world.calls[-1].body)["event"] == "credential_accepted"
    assert world.wallet.waiting() == []
    with pytest.raises(NotFound):
        asked_again(world, id)


def test_what_is_not_ready_yet_is_waited_for_longer(world: World) -> None:
    id = waits(world, 3600)
    assert asked_again(world, id) == ("", (LATER + timedelta(seconds=60)).isoformat())
    assert refused(lambda: asked_again(world, id)) == "wallet.too_early"
    assert len(world.wallet.waiting()) == 1


def test_what_was_changed_on_its_way_is_refused_and_waited_for_no_more_by_luck(
    world: World,
) -> None:
    id = waits(world, 1)

    def changed(call: Call, reply: Reply) -> Reply:
        if not call.address.endswith("/deferred"):
            return reply
        return with_credential(tampered)(Call("POST", "/credential"), reply)

    world.change = changed
    assert refused(lambda: asked_again(world, id)) == "wallet.bad_credential"
    assert json.loads(world.calls[-1].body)["event"] == "credential_failure"
    assert world.wallet.credentials() == []


def test_whoever_cannot_wait_is_told(world: World) -> None:
    made = world.offer(ready_after=60)
    offer = read_offer(made["link"], world.send)

    def received() -> Any:
        how: Any = {"send": world.send, "judge": world.judge, "at": AT}
        return receive(offer, new_key(), pin=made["pin"], **how)

    assert refused(received) == "wallet.not_ready"


def test_a_transaction_is_of_one_token(world: World) -> None:
    id = waits(world, 1)
    _, waiting, _ = world.wallet.waited_for(id)
    other = world.offer(ready_after=1)
    offer = read_offer(other["link"], world.send)
    how: Any = {"pin": other["pin"], "send": world.send, "judge": world.judge, "at": AT}
    _, (theirs,) = visit(offer, new_key(), **how)

    def told(token: str, transaction: Any) -> tuple[int, str]:
        reply = world.client.post(
            waiting.address,
            json={"transaction_id": transaction},
            headers={"Authorization": f"Bearer {token}"},
        )
        return reply.status_code, reply.json().get("error", "")

    assert told(theirs.token, waiting.transaction) == (400, "invalid_transaction_id")
    assert told(waiting.token, "none") == told(waiting.token, 7) == (400, "invalid_transaction_id")
    assert told("none", waiting.transaction) == (401, "invalid_token")
    assert told(waiting.token, waiting.transaction) == (200, "")
    assert told(waiting.token, waiting.transaction) == (400, "invalid_transaction_id")


@pytest.mark.parametrize("wish", [-1, 86_401, True, "soon", 1.5])
def test_a_wait_that_is_none_is_refused(wish: Any, world: World) -> None:
    body = {"country": "CL", "content": {}, "ready_after": wish}
    reply = world.client.post("/api/offers", json=body)
    assert (reply.status_code, reply.json()["key"]) == (400, "credentials.bad_wait")


@pytest.mark.parametrize(
    ("said", "seconds"), [(5, 5), (0, 1), (-3, 1), ("5", 1), (True, 1), (None, 1), (10**9, 86_400)]
)
def test_an_interval_is_read_in_bounds(said: Any, seconds: int) -> None:
    assert interval_in(Reply(202, json.dumps({"interval": said}).encode())) == seconds
