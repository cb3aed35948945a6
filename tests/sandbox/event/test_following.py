"""However many follow the log, one reader asks the database; nothing is lost, and silence has a heartbeat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.event import following
from sandbox.event.following import Feed, Move
from sandbox.event.news import News
from sandbox.store.database import Database
from sandbox.store.runs import RunStore
from sandbox.store.sqlite import SqliteEngine


class Counted(RunStore):
    """A store that counts how often it is asked, and how often behind the first line."""

    asked = 0
    asked_behind = 0

    def moved(self, *, after: int, limit: int = 1000) -> list[Move]:
        self.asked += 1
        self.asked_behind += after > 0
        return super().moved(after=after, limit=limit)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counted]:
    database = Database(SqliteEngine(tmp_path / "x.db"))
    yield Counted(database)
    database.close()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 0.02)


def write(store: RunStore, run: str, count: int = 1) -> None:
    store.append(run, [("finding", 0, "{}")] * count)


async def taken(feed: Feed, *, after: int, count: int) -> list[Move]:
    """Follows until so many moves have come."""
    found: list[Move] = []
    async for moves in feed.moves(after):
        found += moves
        if len(found) >= count:
            return found
    raise AssertionError("the feed has ended")


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def run(work: Any, *, seconds: float = 20) -> Any:
    return asyncio.run(asyncio.wait_for(work, seconds))


def test_forty_followers_are_told_the_same_and_cost_one_reader(store: Counted) -> None:
    async def follow() -> list[list[Move]]:
        feed = Feed(store, News(store.database), is_stopping=lambda: False)
        tasks = [asyncio.create_task(taken(feed, after=0, count=30)) for _ in range(40)]
        for number in range(3):
            asked = store.asked
            await until(lambda asked=asked: store.asked > asked + 2)  # type: ignore[misc]
            await asyncio.to_thread(write, store, f"r{number}", 10)
        found = await asyncio.gather(*tasks)
        # each may look by itself when it comes; then the reader alone asks, and not 40 each time
        assert store.asked_behind < 40
        return list(found)

    found = run(follow())
    assert all([place for place, _, _ in one] == list(range(1, 31)) for one in found)


def test_nothing_is_lost_between_what_was_there_and_what_comes(store: Counted) -> None:
    async def follow() -> list[list[Move]]:
        feed = Feed(store, News(store.database), is_stopping=lambda: False)
        tasks = []
        for _ in range(50):
            tasks.append(asyncio.create_task(taken(feed, after=0, count=150)))
            await asyncio.to_thread(lambda: [write(store, "r") for _ in range(3)])
        return list(await asyncio.gather(*tasks))

    found = run(follow())
    assert found
    assert all([place for place, _, _ in one] == list(range(1, 151)) for one in found)


def test_who_is_further_behind_than_memory_is_given_it_all(
    store: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "KEPT", 5)

    async def follow() -> list[Move]:
        feed = Feed(store, News(store.database), is_stopping=lambda: False)
        other = asyncio.create_task(taken(feed, after=0, count=100))
        await until(lambda: store.asked > 2)
        await asyncio.to_thread(write, store, "r", 60)
        late = asyncio.create_task(taken(feed, after=10, count=90))
        await asyncio.to_thread(write, store, "r", 40)
        assert len(await other) == 100
        return await late

    assert [place for place, _, _ in run(follow())] == list(range(11, 101))


def test_silence_has_a_heartbeat(store: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    assert following.HEARTBEAT_SECONDS == 15
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 0.05)

    async def follow() -> Sequence[Move]:
        return await anext(Feed(store, News(store.database), is_stopping=lambda: False).moves(0))

    assert run(follow()) == ()


def test_nobody_asks_while_nobody_follows_and_a_new_follower_starts_it_again(
    store: Counted,
) -> None:
    async def follow() -> None:
        feed = Feed(store, News(store.database), is_stopping=lambda: False)
        alone = len(asyncio.all_tasks())
        for round in (1, 2):
            write(store, "r")
            await taken(feed, after=0, count=round)
            await until(lambda: len(asyncio.all_tasks()) == alone)  # there is no reader any more

    run(follow())


def test_it_ends_when_the_server_stops(store: Counted) -> None:
    stopping: list[bool] = []

    async def follow() -> None:
        feed = Feed(store, News(store.database), is_stopping=lambda: bool(stopping))
        task = asyncio.create_task(_drain(feed))
        await until(lambda: store.asked > 1)
        stopping.append(True)
        await task

    async def _drain(feed: Feed) -> None:
        async for _ in feed.moves(0):
            pass

    run(follow(), seconds=5)


def test_a_line_of_json_is_a_move(store: Counted) -> None:
    write(store, "r")
    found = run(
        taken(Feed(store, News(store.database), is_stopping=lambda: False), after=0, count=1)
    )
    assert json.dumps(found) == '[[1, "r", "finding"]]'


class Looked(tuple[int, str, str]):
    """A move that counts how often its place is looked at."""

    __slots__ = ()
    looks = 0

    def __getitem__(self, index: Any) -> Any:
        type(self).looks += 1
        return super().__getitem__(index)


class Looking(Counted):
    """A store whose moves count who looks at them."""

    def moved(self, *, after: int, limit: int = 1000) -> list[Move]:
        return [Looked(move) for move in super().moved(after=after, limit=limit)]


def test_who_is_told_of_the_newest_looks_at_no_older_ones(store: Counted) -> None:
    looking = Looking(store.database)
    write(store, "r", 1)

    async def follow() -> int:
        feed = Feed(looking, News(store.database), is_stopping=lambda: False)
        reader = asyncio.create_task(taken(feed, after=1, count=501))
        await until(lambda: looking.asked > 2)
        await asyncio.to_thread(write, store, "r", 500)
        late = asyncio.create_task(taken(feed, after=501, count=20))
        await until(lambda: looking.asked > 6)
        Looked.looks = 0
        for number in range(20):
            await asyncio.to_thread(write, store, f"r{number}")
        await asyncio.gather(late, reader)
        return Looked.looks

    assert run(follow()) < 20 * 20
