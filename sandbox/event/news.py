"""What other processes on the same database do, heard by one connection for all of this process
that waits: its pages, and what plays runs.

With SQLite nobody tells: whoever waits asks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from sandbox.errors import SandboxError
from sandbox.store.database import Database

RETRY_SECONDS = 1.0
Told = Callable[[str, str], None]
"""Takes a run and the kind of a line of its log, or `free`; both are empty where anything may have
happened meanwhile.
"""
log = logging.getLogger("sandbox.event")


class News:
    """Hears in one event loop.

    Args:
        database: The main one.
    """

    def __init__(self, database: Database) -> None:
        self.is_heard = False
        """Whether what happens is told now; if not, whoever waits has to ask."""
        self._database = database
        self._told: list[Told] = []
        self._hearing: set[asyncio.Task[None]] = set()

    def tell(self, told: Told) -> None:
        """Has all that is heard told from now on."""
        self._told.append(told)

    def start(self) -> None:
        """Begins to hear."""
        self._hearing.add(asyncio.get_running_loop().create_task(self._hear()))

    async def close(self) -> None:
        """Hears no more."""
        # an application may be begun in two loops, each of which ends what is its own
        here = asyncio.get_running_loop()
        own = {task for task in self._hearing if task.get_loop() is here}
        self._hearing -= own
        for task in own:
            task.cancel()
        await asyncio.gather(*own, return_exceptions=True)

    async def _hear(self) -> None:
        """Hears for as long as this process lives, whatever becomes of the connection."""
        is_telling = True
        while is_telling:
            try:
                async with aclosing(self._database.news()) as news:
                    async for text in news:
                        self.is_heard = True
                        run, _, kind = text.rpartition(" ")
                        for told in self._told:
                            told(run, kind)
                is_telling = False
            except SandboxError:  # the database is away: it may come back
                log.warning("what others do cannot be heard", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                self.is_heard = False
