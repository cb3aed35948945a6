"""No run is missed that moves before the bot hears the sandbox, nor between two streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.api import Sandbox
from bot.follower import Follower
from bot.records import Shown
from bot.store import Store
from bot.subscribers import Subscribers
from bot.terminal import TerminalChat
from tests.bot.playing import a_served_sandbox, post, until


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_served_sandbox(tmp_path_factory.mktemp("event") / "event") as event:
        yield event


def test_a_run_that_ended_before_the_stream_began_is_looked_at(event: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")

    async def play() -> None:
        sandbox = Sandbox(event)
        subscribers = Subscribers(sandbox, store, TerminalChat(), secret="")
        follower = Follower(sandbox, store, subscribers, secret="")
        body = {"track": "mhd.source", "system": "sandbox"}
        run = post(f"{event}/api/runs", json=body).json()["id"]
        # shown and looked at while it was open; it ends before anybody listens
        store.put_shown(Shown(run, "C1", "en", ts="1"))
        post(f"{event}/api/runs/{run}/cancel", json={}).raise_for_status()
        listening = asyncio.create_task(follower.listen())
        while not store.outgoing():
            await follower.look_once()
            await asyncio.sleep(0.01)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        assert store.shown(run)[0].outcome == "cancelled"
        assert store.place() >= 0
        await sandbox.close()

    asyncio.run(asyncio.wait_for(play(), 60))
    store.close()


def test_a_stream_says_where_it_begins_though_nothing_moves(event: str) -> None:
    async def play() -> None:
        sandbox = Sandbox(event)
        heard: list[tuple[int, str, str]] = []

        async def listen(after: int) -> None:
            async for move in sandbox.moves(after=after, secret=""):
                heard.append(move)

        first = asyncio.create_task(listen(-1))
        await until(lambda: heard)
        first.cancel()
        begin, *nothing = heard.pop()
        assert nothing == ["", ""]
        # what moves between two streams is in the second, which goes on from there
        body = {"track": "mhd.source", "system": "sandbox"}
        run = post(f"{event}/api/runs", json=body).json()["id"]
        second = asyncio.create_task(listen(begin))
        await until(lambda: any(subject == run for _, subject, _ in heard))
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await sandbox.close()

    asyncio.run(play())
