"""A few workers shared by all that is asked of them: who comes waits for a free one, and a job that
takes long is overtaken by the others.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from sandbox.errors import Busy
from sandbox.limits import (
    DECODING_CPU_SECONDS,
    DECODING_SECONDS,
    JUDGING_CPU_SECONDS,
    JUDGING_SECONDS,
    QUEUE_SECONDS,
    WORKER_BYTES,
    WORKER_RESTING_BYTES,
)
from sandbox.workers.process import Worker

P = ParamSpec("P")
R = TypeVar("R")

OVERTAKEN_SECONDS = 1.0
"""A job that runs longer leaves its place to others; as many of them as there are places may."""

# the Retry-After of a 429
TRY_AGAIN_SECONDS = 5
THREADS = 64
"""They wait for workers, so that no thread of the server does."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one job may cost.

    Attributes:
        cpu: Seconds of one core.
        seconds: Seconds in all.
        is_patient: Whether it waits for a worker as long as it takes, instead of QUEUE_SECONDS.
    """

    cpu: int
    seconds: int
    is_patient: bool = False


JUDGING = Budget(JUDGING_CPU_SECONDS, JUDGING_SECONDS)
DECODING = Budget(DECODING_CPU_SECONDS, DECODING_SECONDS)


class Pool:
    """Runs jobs in worker processes, which start when they are first needed.

    Args:
        size: How many quick jobs may run at a time; as many long ones may run beside them.
    """

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._idle: list[Worker] = []
        self._busy: dict[Worker, float] = {}
        self._waiting = 0
        self._turn = threading.Condition()
        self._is_closed = False
        self._threads = {
            is_patient: ThreadPoolExecutor(THREADS, "worker-wait") for is_patient in (True, False)
        }

    def run(
        self, budget: Budget, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Does a job in a worker and waits for it; to be called in a thread, never in the event
        loop.

        Args:
            budget: What the job may cost.
            function: A function of a module, by whose name the worker finds it.
            args: Its arguments; they and the result must be picklable.
            kwargs: Its keyword arguments.

        Raises:
            NotFinished: It took more than its budget; the worker was killed and replaced.
            Busy: No worker came free in QUEUE_SECONDS, or the pool is closed.
        """
        worker = self._take(budget)
        job = partial(function, *args, **kwargs)
        try:
            result: R = worker.work(
                job, (), cpu=budget.cpu, seconds=budget.seconds, memory=WORKER_BYTES
            )
            return result
        finally:
            self._give(worker)

    async def later(
        self, budget: Budget, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Does what `run` does without holding up the event loop.

        Raises:
            NotFinished: It took more than its budget.
            Busy: No worker came free in QUEUE_SECONDS, or the pool is closed.
        """
        job = partial(self.run, budget, function, *args, **kwargs)
        threads = self._threads[budget.is_patient]
        return await asyncio.get_running_loop().run_in_executor(threads, job)

    def warm(self, function: Callable[[], object]) -> None:
        """Starts a worker and lets it load what a function needs, in the background."""
        self._threads[False].submit(self.run, JUDGING, function)

    @property
    def busy(self) -> int:
        """How many jobs are being done."""
        return len(self._busy)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return self._waiting

    def close(self) -> None:
        """Ends all workers; what they are at is not finished."""
        with self._turn:
            self._is_closed = True
            workers = [*self._idle, *self._busy]
            self._idle.clear()
            self._turn.notify_all()
        for worker in workers:
            worker.kill()
        for threads in self._threads.values():
            threads.shutdown(wait=True, cancel_futures=True)
        for worker in workers:
            worker.close()

    def _take(self, budget: Budget) -> Worker:
        until = time.monotonic() + QUEUE_SECONDS
        with self._turn:
            self._waiting += 1
            try:
                self._wait_for_room(until, budget)
            finally:
                self._waiting -= 1
            worker = self._idle.pop() if self._idle else Worker()
            if not worker.is_usable:  # somebody else ended it, such as a system short of memory
                worker.close()
                worker = Worker()
            self._busy[worker] = time.monotonic()
            return worker

    def _wait_for_room(self, until: float, budget: Budget) -> None:
        while not self._has_room():
            if time.monotonic() > until and not budget.is_patient:
                raise Busy("workers.busy", seconds=TRY_AGAIN_SECONDS)
            self._turn.wait(OVERTAKEN_SECONDS / 4)

    def _has_room(self) -> bool:
        if self._is_closed:
            raise Busy("workers.busy", seconds=TRY_AGAIN_SECONDS)
        slow_since = time.monotonic() - OVERTAKEN_SECONDS
        quick = sum(begun > slow_since for begun in self._busy.values())
        return quick < self._size and len(self._busy) < 2 * self._size

    def _give(self, worker: Worker) -> None:
        """Takes a worker back; one that is spent or grew too large is replaced at once."""
        is_fresh = worker.is_usable and worker.resting < WORKER_RESTING_BYTES
        with self._turn:
            self._busy.pop(worker, None)
            is_wanted = not self._is_closed and len(self._idle) < self._size
            if is_wanted:
                self._idle.append(worker if is_fresh else Worker())
            self._turn.notify()
        if not (is_wanted and is_fresh):
            worker.close()


@lru_cache
def pool_of(size: int) -> Pool:
    """Returns the pool of that size that this process shares; it ends with the process."""
    pool = Pool(size)
    atexit.register(pool.close)
    return pool
