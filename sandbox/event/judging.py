"""Judges what came to the inboxes of runs, behind the replies: those of one run one after the
other.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from anyio import CapacityLimiter

from sandbox.event.run import Run
from sandbox.event.runs import Runs
from sandbox.threads import in_thread, run_in_threadpool

JUDGING_THREADS = 16
log = logging.getLogger("sandbox.event")


class Judging:
    """Holds what is being judged in this process; `runs` are those of its server."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        # they may wait for a worker, so they have threads of their own
        self.threads = CapacityLimiter(JUDGING_THREADS)
        self._newest: dict[str, asyncio.Task[None]] = {}
        """By run: the newest request to its inbox."""

    def later(self, id: str, number: int) -> None:
        """Judges a request to the inbox of a run, by its number, behind those that came before."""
        task = asyncio.get_running_loop().create_task(self._judge(id, number, self._newest.get(id)))
        self._newest[id] = task
        task.add_done_callback(
            lambda done: self._newest.pop(id) if self._newest.get(id) is done else None
        )

    async def settle(self, id: str, *, seconds: float | None = None) -> None:
        """Waits until what came to the inbox of a run here is judged, at most so many seconds."""
        judging = self._newest.get(id)
        if judging is not None:
            await asyncio.wait({judging}, timeout=seconds)

    async def complete(self, id: str) -> None:
        """Waits until all is judged that came to the inbox of a run, however long that takes: what
        was answered counts.
        """
        await self.settle(id)
        # what another process has answered, or judged without a verdict, is judged here
        for number in await run_in_threadpool(self._runs.not_judged, id):
            self.later(id, number)
        await self.settle(id)

    async def finish(self, id: str) -> Run:
        """Ends a run that waits for a client, once all is judged that came to it."""
        await self.complete(id)
        return await run_in_threadpool(self._runs.finish, id)

    async def close(self) -> None:
        """Stops what is at work; it is judged at the next start."""
        tasks = list(self._newest.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _judge(self, id: str, number: int, before: asyncio.Task[None] | None) -> None:
        # in the order in which they came: a test is judged by the newest, and the last verdict
        # stays
        if before is not None:
            await asyncio.wait({before})
        try:
            await in_thread(partial(self._runs.judge_captured, id, number), limiter=self.threads)
        except Exception:
            log.exception("judging failed", extra={"run": id})  # judged again at the next start
