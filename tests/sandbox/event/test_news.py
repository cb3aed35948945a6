"""What another process writes is told at once over PostgreSQL, and whoever waits need not ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox.event import following
from sandbox.event import news as hearing
from sandbox.event.following import Feed
from sandbox.event.news import News
from sandbox.store.leases import Leases
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_run_rows import Rows, add


@pytest.fixture
def ours(postgres_database: str, tmp_path: Path) -> Iterator[Partitions]:
    partitions = Partitions(tmp_path, url=postgres_database)
    yield partitions
    partitions.close()


@pytest.fixture
def theirs(postgres_database: str, tmp_path: Path, ours: Partitions) -> Iterator[Partitions]:
    """The same database as another process has it open."""
    partitions = Partitions(tmp_path, url=postgres_database)
    yield partitions
    partitions.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def heard_by(ours: Partitions, do: Callable[[News, list[str]], Coroutine[Any, Any, None]]) -> None:
    async def hear() -> None:
        told: list[str] = []
        news = News(ours.main)
        news.tell(lambda run, kind: told.append(f"{run} {kind}"))
        news.start()
        await until(lambda: news.is_heard)
        await do(news, told)
        await news.close()
        assert not news.is_heard

    asyncio.run(hear())


@pytest.mark.needs("postgres")
def test_a_line_and_a_freed_run_are_told_once_each(ours: Partitions, theirs: Partitions) -> None:
    rows = Rows(theirs.main, RunStore(theirs.main))
    leases = Leases(theirs.main, keeper="server", holder="they", tracks=("t",))

    async def write(news: News, told: list[str]) -> None:
        assert told == [" "]  # anything may have happened before
        add(rows, "r", system="a")
        await until(lambda: len(told) == 2)
        assert told[1:] == ["r queued"]
        lease = leases.take("r", seconds=60)
        assert lease
        leases.renew([lease], seconds=60)
        rows.append("r", [("finding", 0, "{}")] * 3 + [("done", 0, "{}")], rows.read)
        leases.release(lease)
        await until(lambda: told[-1] == "r free")
        assert told[2:] == ["r finding", "r done", "r free"]

    heard_by(ours, write)


@pytest.mark.needs("postgres")
def test_what_is_taken_back_is_told_to_nobody(ours: Partitions, theirs: Partitions) -> None:
    store = RunStore(theirs.main)

    async def write(news: News, told: list[str]) -> None:
        def undone() -> None:
            with theirs.main.writing():
                store.append("lost", [("queued", 0, "{}")])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            undone()
        store.append("kept", [("queued", 0, "{}")])
        await until(lambda: len(told) == 2)
        assert told[1] == "kept queued"

    heard_by(ours, write)


@pytest.mark.needs("postgres")
def test_a_connection_that_is_cut_is_made_anew_and_says_so(
    ours: Partitions,
    theirs: Partitions,
    postgres_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hearing, "RETRY_SECONDS", 0.05)

    async def cut(news: News, told: list[str]) -> None:
        with psycopg.connect(postgres_database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
        await until(lambda: told == [" ", " "])
        RunStore(theirs.main).append("r", [("queued", 0, "{}")])
        await until(lambda: told[-1] == "r queued")

    heard_by(ours, cut)


@pytest.mark.needs("postgres")
def test_a_follower_hears_long_before_anybody_asks(
    ours: Partitions, theirs: Partitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "NET_SECONDS", 3600)  # nobody asks by himself

    async def write(news: News, told: list[str]) -> None:
        feed = Feed(RunStore(ours.main), news, is_stopping=lambda: False)
        moves = feed.moves(await feed.place())
        coming = asyncio.ensure_future(anext(moves))
        await asyncio.sleep(0.2)  # the reader has asked, and waits
        await asyncio.to_thread(RunStore(theirs.main).append, "r", [("queued", 0, "{}")])
        assert [run for _, run, _ in await coming] == ["r"]
        await moves.aclose()
        await feed.close()

    heard_by(ours, write)


def test_sqlite_tells_nothing_and_says_so(tmp_path: Path) -> None:
    partitions = Partitions(tmp_path)

    async def hear() -> None:
        news = News(partitions.main)
        news.start()
        await asyncio.sleep(0.05)
        assert not news.is_heard
        await news.close()

    asyncio.run(hear())
    partitions.close()
