"""The log as it grows, for all who follow it: one reader asks the database, however many pages are
open.

The log may grow by another process.  With PostgreSQL that is told (news.py), and the asking
is a net below it; with SQLite, where nothing tells of a command line, it is all there is.  Nobody
asks while nobody follows.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile

from sandbox.errors import SandboxError
from sandbox.event.news import News
from sandbox.store.runs import RunStore
from sandbox.threads import run_in_threadpool

POLL_SECONDS = 0.2
"""Between two questions where nobody tells."""
NET_SECONDS = 5.0
"""Where somebody does."""
GATHER_SECONDS = 0.02
"""Lines that come together are asked for together."""
HEARTBEAT_SECONDS = 15.0
"""After so long without news a follower is told so: proxies close what is silent for a minute."""
UNKNOWN = 2**62
"""Behind every place: until memory begins somewhere, the database answers."""
KEPT = 1000  # moves in memory; whoever is further behind is given them by the database
Move = tuple[int, str, str]
"""Place in the log, run, and kind of what was written."""
log = logging.getLogger("sandbox.event")


class Feed:
    """Gives the moves of one store to its followers; lives in one event loop."""

    def __init__(self, store: RunStore, news: News, *, is_stopping: Callable[[], bool]) -> None:
        self._store = store
        self._news = news
        self._is_stopping = is_stopping
        self._told = asyncio.Event()
        news.tell(lambda run, kind: self._told.set())
        self._followers: set[asyncio.Event] = set()
        self._reader: asyncio.Task[None] | None = None
        self._recent: deque[Move] = deque()
        self._begin = UNKNOWN  # all moves behind this place are in `_recent`

    async def moves(self, after: int) -> AsyncGenerator[Sequence[Move], None]:
        """Yields what is written behind a place, in its order, until the server stops; nothing, as
        a heartbeat, where there is no news.
        """
        woken = asyncio.Event()
        self._followers.add(woken)
        try:
            self._start()
            while not self._is_stopping():
                woken.clear()
                moves = await self._behind(after)
                if moves:
                    after = moves[-1][0]
                    yield moves
                    continue
                try:
                    await asyncio.wait_for(woken.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ()
        finally:
            self._followers.discard(woken)
            self._stop_if_idle()

    async def close(self) -> None:
        """Stops asking; the followers have ended, or end with their next look."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    async def place(self) -> int:
        """Returns the place of the newest line."""
        return await run_in_threadpool(self._store.place)

    async def _behind(self, after: int) -> Sequence[Move]:
        if after < self._begin:
            return await self._asked(after)
        # from the newest back: two hundred followers look, nearly always for the last one
        newer = list(takewhile(lambda move: move[0] > after, reversed(self._recent)))
        newer.reverse()
        return newer

    def _start(self) -> None:
        if self._reader is None:
            self._recent.clear()
            self._begin = UNKNOWN
            self._told = asyncio.Event()
            self._reader = asyncio.get_running_loop().create_task(self._read())

    def _stop_if_idle(self) -> None:
        if self._reader is not None and not self._followers:
            self._reader.cancel()
            self._reader = None

    async def _read(self) -> None:
        """Asks what is new as long as somebody follows."""
        place = UNKNOWN
        while not self._is_stopping():
            self._told.clear()
            try:
                if place == UNKNOWN:
                    self._begin = place = await self.place()
                    self._wake()  # what came since a follower looked by itself is not in memory
                place = self._keep(await self._asked(place)) or place
            except SandboxError:  # the database is away: it may come back
                log.warning("the log cannot be read", exc_info=True)
            await self._pause()
        self._wake()

    async def _pause(self) -> None:
        """Waits until something may have been written."""
        if not self._news.is_heard:
            await asyncio.sleep(POLL_SECONDS)
            return
        end = asyncio.get_running_loop().time() + NET_SECONDS
        # a server that is about to stop is not told so, and its pages are to go to another
        while asyncio.get_running_loop().time() < end and not self._is_stopping():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), POLL_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
                return

    def _keep(self, moves: Sequence[Move]) -> int:
        """Adds moves to those in memory; returns the last place, 0 for none."""
        self._recent.extend(moves)
        while len(self._recent) > KEPT:
            self._begin = self._recent.popleft()[0]
        if moves:
            self._wake()
        return moves[-1][0] if moves else 0

    async def _asked(self, after: int) -> Sequence[Move]:
        return await run_in_threadpool(partial(self._store.moved, after=after))

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()
