"""Which runs this process plays: one at a time for each system, over all processes that share the
database.

A run is whose lease it is (store/leases.py).  Each process looks for runs that nobody plays: as
soon as one is begun or over here, or is told to be elsewhere (news.py), and every few seconds for
those of a process that is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter

from sandbox.errors import LeaseLost
from sandbox.settings import RUNS_AT_ONCE
from sandbox.store.jobs import LOGGER
from sandbox.store.leases import Lease, Leases
from sandbox.threads import in_thread

LEASE_SECONDS = 30.0
"""Behind a process that is killed its runs go on after so long, and a sweep."""
SWEEP_SECONDS = 5.0
TOGETHER = 4
OURSELVES = f"{socket.gethostname()}:{os.getpid()}"
"""How this process is called where it plays."""
BEGINS = ("queued", "free", "")
"""What is told when a run may be taken; nothing, where something may have been missed."""
Answer = TypeVar("Answer")
log = logging.getLogger("sandbox.event")
jobs_log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class _Held:
    """A run that is played here; `until` is a moment of the monotonic clock."""

    lease: Lease
    task: asyncio.Task[None]
    until: float


class Turns:
    """Plays runs in one event loop.

    Args:
        leases: Where runs are taken.
        play: Plays one; what it appends must be conditional on the lease.
        is_stopping: While it says so, nothing more is taken.
    """

    def __init__(
        self,
        leases: Leases,
        play: Callable[[Lease], Awaitable[None]],
        *,
        is_stopping: Callable[[], bool],
    ) -> None:
        self.leases = leases
        self.most = RUNS_AT_ONCE
        """How many are played at once; 0: none is, other processes do."""
        self.taken = 0
        """How many were taken in hand since the process started."""
        self.refused = 0
        """How many of them others had taken over: what was still to be written was refused."""
        self._play = play
        self._is_stopping = is_stopping
        self._is_closing = False
        self._held: dict[str, _Held] = {}
        self._woken = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        # a thread of its own: a lease must not run out because all the others are at work
        self._thread = CapacityLimiter(1)

    @property
    def playing(self) -> int:
        """How many are played now."""
        return len(self._held)

    def look(self) -> None:
        """Looks now for runs that nobody plays, and again whenever one may have become free."""
        if not self.most or self._is_closing:
            return
        if self._keeping is None or self._keeping.done():
            self._woken = asyncio.Event()
            self._keeping = asyncio.get_running_loop().create_task(self._keep())
        self._woken.set()

    def stop(self, run: str) -> None:
        """Stops a run that was cancelled, if it is played here, in the midst of a test."""
        held = self._held.get(run)
        if held is not None:
            held.task.cancel()

    def told(self, run: str, kind: str) -> None:
        """Takes what is told of a run, by this process or others: of a line of its log, or that it
        is free.
        """
        if kind == "cancelled":
            self.stop(run)
        elif kind in BEGINS:
            self.look()

    async def close(self) -> None:
        """Stops what is at work, and gives it back: others go on with it at once."""
        self._is_closing = True
        self._woken.set()
        if self._keeping is not None:
            # not cut off: a lease that a thread is just taking would be nobody's
            await asyncio.wait({self._keeping}, timeout=SWEEP_SECONDS)
            self._keeping.cancel()
        tasks = [held.task for held in self._held.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self) -> None:
        """Renews what is held, and takes what is free, as long as this process lives."""
        while not self._is_closing:
            self._woken.clear()
            try:
                await self._renew()
                await self._take()
            except Exception:  # such as a database that is away: it may come back
                log.warning("leases cannot be renewed", exc_info=True)
            self._let_go()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SWEEP_SECONDS)

    async def _renew(self) -> None:
        begin = time.monotonic()
        ends = begin + LEASE_SECONDS - SWEEP_SECONDS
        due = {run: held for run, held in self._held.items() if held.until < ends}
        if not due:
            return
        leases = [held.lease for held in due.values()]
        renew = partial(self.leases.renew, leases, seconds=LEASE_SECONDS)
        lost = {lease.run for lease in await self._ask(renew)}
        for run, held in due.items():
            if run in lost:
                self.refused += 1
                log.warning("a run was taken over by another process", extra={"run": run})
                held.task.cancel()
            elif self._held.get(run) is held:
                self._held[run] = _Held(held.lease, held.task, begin + LEASE_SECONDS)

    async def _take(self) -> None:
        """Takes what is free, a few at a time: the first is to begin before the last is taken."""
        room = min(self.most - len(self._held), TOGETHER)
        while room > 0 and not (self._is_closing or self._is_stopping()):
            begin = time.monotonic()
            leases = await self._ask(partial(self._taken, frozenset(self._held), room))
            for lease in leases:
                task = asyncio.get_running_loop().create_task(self._hold(lease))
                self._held[lease.run] = _Held(lease, task, begin + LEASE_SECONDS)
            self.taken += len(leases)
            room = min(self.most - len(self._held), TOGETHER) if leases else 0

    def _taken(self, held: Collection[str], most: int) -> list[Lease]:
        """Returns what could be taken, in one visit to the thread that asks."""
        taken: list[Lease] = []
        for run in self.leases.free():
            if len(taken) == most or self._is_closing:
                break
            lease = None if run in held else self.leases.take(run, seconds=LEASE_SECONDS)
            if lease is not None:
                taken.append(lease)
        return taken

    def _let_go(self) -> None:
        """Stops what could not be renewed in time: another process may be at it by now."""
        now = time.monotonic()
        for held in self._held.values():
            if held.until < now:
                held.task.cancel()

    async def _hold(self, lease: Lease) -> None:
        about = {"run": lease.run, "attempt": lease.number, "worker": OURSELVES}
        jobs_log.info("a run was taken", extra=about)
        end = "given back or cancelled"
        try:
            with suppress(asyncio.CancelledError):
                await self._play(lease)
                end = "played"
            await self._ask(partial(self.leases.release, lease))
            jobs_log.info("a run was %s", end, extra=about)
        except LeaseLost:
            self.refused += 1
            log.warning("a run goes on in another process", extra={"run": lease.run})
        except Exception:
            # such as a database that is away: the lease runs out, and nobody tries again at once
            log.warning("a run waits for its lease to end", extra={"run": lease.run}, exc_info=True)
        finally:
            self._held.pop(lease.run, None)
            self._woken.set()

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        return await in_thread(question, limiter=self._thread)
