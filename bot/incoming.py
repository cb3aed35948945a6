"""Incoming deliveries: stored before they are acknowledged, then processed once each, a few at a
time, those of one person one behind the other.

A bot that is killed goes on with what it had acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bot.records import Delivery
from bot.store import Store

log = logging.getLogger("bot")
# each waits for the sandbox half of its time; more of them only lengthen each turn of the loop, of
# which an acknowledgement takes three
AT_ONCE = 8
# in a storm whoever is still coming is acknowledged first, for so long at most
STORM_SECONDS = 0.5
QUIET_SECONDS = 0.05
Work = Callable[[str, Any], Awaitable[None]]
Whose = Callable[[Any], str]


class Incoming:
    """Keeps deliveries and works them off.

    Args:
        store: Where they are kept.
        work: Is given the kind and body of each.
        whose: Tells from a body who has sent it: what somebody says first is done first.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self, store: Store, work: Work, *, whose: Whose, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._work = work
        self._whose = whose
        self._clock = clock
        # who has something waiting and nothing at work: each stands there once
        self._turns: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: dict[str, deque[Delivery]] = {}
        self._arriving: list[Delivery] = []
        self._arrived = 0.0
        self._written: asyncio.Future[None]
        for delivery in store.left():
            self._put(delivery)

    async def take(self, key: str, kind: str, body: Any) -> None:
        """Keeps a delivery for the workers and returns once it is on disk; one that came in before
        is dropped, such as a second delivery or a replay.

        What arrives at one time is written at one time: a storm costs little more than one
        delivery.

        Args:
            key: The same for two deliveries of one message.
            kind: What the chat calls it.
            body: JSON, as the chat sent it.
        """
        if not self._arriving:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            # behind all that came in with this turn of the loop: one transaction for all of it
            loop.call_soon(self._write)
        self._arriving.append(Delivery(key, kind, body))
        self._arrived = time.monotonic()
        await self._written

    def _write(self) -> None:
        many = self._arriving
        self._arriving = []
        written = self._written
        try:
            for delivery in self._store.take_in(many, at=self._clock()):
                self._put(delivery)
        except Exception as error:  # nobody is told that it came in: the chat delivers it again
            if not written.done():
                written.set_exception(error)
        else:
            if not written.done():
                written.set_result(None)

    def _put(self, delivery: Delivery) -> None:
        sender = self._whose(delivery.body)
        if sender not in self._waiting:
            self._waiting[sender] = deque()
            self._turns.put_nowait(sender)
        self._waiting[sender].append(delivery)

    async def run(self) -> None:
        """Works without end, first on what the last bot left."""
        workers = [asyncio.create_task(self._go_on()) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*workers, return_exceptions=True)

    async def _let_arrive(self) -> None:
        """Waits while many arrive."""
        until = time.monotonic() + STORM_SECONDS
        while sum(map(len, self._waiting.values())) >= AT_ONCE:
            now = time.monotonic()
            if now >= min(until, self._arrived + QUIET_SECONDS):
                return
            await asyncio.sleep(QUIET_SECONDS)

    async def _go_on(self) -> None:
        while True:
            sender = await self._turns.get()
            await self._let_arrive()
            delivery = self._waiting[sender].popleft()
            # a delivery that fails is done with: again it would fail again, and act twice
            try:
                await self._work(delivery.kind, delivery.body)
            except Exception:
                log.exception("delivery failed", extra={"kind": delivery.kind})
            self._store.finish(delivery.key)
            # behind all others who wait: who says much keeps nobody from being heard
            if self._waiting[sender]:
                self._turns.put_nowait(sender)
            else:
                del self._waiting[sender]
