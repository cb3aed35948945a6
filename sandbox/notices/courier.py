"""Brings notices to subscribers, by whatever carrier: one at a time to each, over all processes
that share the database.

A notice is whose lease it is (store/notices.py).  What is not taken is tried again, later each
time; a subscription to which nothing gets through is stopped, and its owner is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter

from sandbox.clock import Clock
from sandbox.event.news import News
from sandbox.event.turns import OURSELVES
from sandbox.fhir.dates import milliseconds_of
from sandbox.notices.carrying import SECONDS, Answer, Carrier
from sandbox.notices.gathering import Gathering, notice_for
from sandbox.notices.happening import DISABLED, TRIAL, Happening, Told, may_be_told
from sandbox.notices.subscriptions import Subscription, Subscriptions
from sandbox.notices.wording import CONFIRM
from sandbox.store.jobs import LOGGER
from sandbox.store.notices import NoticeRow, NoticeStore, Outcome
from sandbox.threads import in_thread

LOOK_SECONDS = 1.0
"""Between two looks where nobody tells what is written, and at least between two that were told."""
NET_SECONDS = 5.0
"""Where somebody tells: what is tried again, and what a process that was killed had in hand."""
LEASE_SECONDS = 6 * SECONDS
"""Behind a process that is killed its notices go out after so long."""
AT_ONCE = 16
DELAYS = (5, 30, 120, 600, 1800, 7200, 21600)
"""Seconds between tries: the last one is nine hours behind the first."""
RATE_SECONDS = 300
KEPT_DAYS = 14
DAY = 24 * 3600 * 1000
Result = TypeVar("Result")
log = logging.getLogger("sandbox.notices")
jobs_log = logging.getLogger(LOGGER)


class Courier:
    """Sends what is due in one event loop.

    Args:
        store: Holds the notices.
        subscriptions: To whom.
        gathering: Writes down what is to be said.
        carriers: By name.
        clock: Tells the moment that is noted with a try.
        is_stopping: While it says so, nothing more is taken.
    """

    def __init__(
        self,
        store: NoticeStore,
        subscriptions: Subscriptions,
        gathering: Gathering,
        carriers: Mapping[str, Carrier],
        *,
        clock: Clock,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._gathering = gathering
        self._carriers = carriers
        self._clock = clock
        self._is_stopping = is_stopping
        self._looked = 0.0
        self._next: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._thread = CapacityLimiter(2)

    async def work(self, news: News) -> None:
        """Looks without end; what is on its way when it ends is another process's in a minute.

        Args:
            news: Tells what is written; where nobody does, it is looked for each second.
        """
        news.tell(self._told)
        self._loop = asyncio.get_running_loop()
        try:
            while not self._is_stopping():
                self._woken.clear()
                try:
                    await self._look()
                except Exception:  # such as a database that is away: it may come back
                    log.warning("notices cannot be sent", exc_info=True)
                seconds = NET_SECONDS if news.is_heard else LOOK_SECONDS
                with suppress(TimeoutError):
                    # not wait_for: before Python 3.12 it may swallow that this task is ended
                    async with asyncio.timeout(seconds):
                        await self._woken.wait()
        finally:
            self._loop = None
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    def look(self) -> None:
        """Looks now, whichever thread says so: what is due stands in no log."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def sweep(self) -> None:
        """Deletes what was said long ago."""
        before = milliseconds_of(self._clock()) - KEPT_DAYS * DAY
        await self._ask(partial(self._store.forget, before=before))

    def _told(self, run: str, kind: str) -> None:
        """Looks soon for what may have to be said; many lines that come together cost one look."""
        loop = asyncio.get_running_loop()
        is_due_already = self._next is not None and self._next.when() > loop.time()
        if may_be_told(run, kind) and not is_due_already:
            soon = max(loop.time(), self._looked + LOOK_SECONDS)
            self._next = loop.call_at(soon, self._woken.set)

    async def _look(self) -> None:
        self._looked = asyncio.get_running_loop().time()
        if await self._ask(self._gathering.gather):
            self._woken.set()
        room = AT_ONCE - len(self._sending)
        if room <= 0:
            return
        for notice in await self._ask(partial(self._store.take, seconds=LEASE_SECONDS, most=room)):
            task = asyncio.get_running_loop().create_task(self._send(notice))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        # the next one to the same subscriber need not wait
        self._woken.set()

    async def _send(self, notice: NoticeRow) -> None:
        subscription = await self._ask(partial(self._subscriptions.of_notice, notice.subscription))
        at = milliseconds_of(self._clock())
        begin = time.monotonic()
        if subscription is None or not _is_due(subscription, notice):
            answer = Answer("stopped", is_gone=True, is_try=False)
        else:
            answer = await self._carried(notice, subscription)
        took = round((time.monotonic() - begin) * 1000)
        outcome = _outcome(notice, answer, took)
        is_ours = await self._ask(
            partial(self._store.finish, notice, outcome, at=at, is_try=answer.is_try)
        )
        about = {"job": notice.id, "attempt": notice.tries + 1, "worker": OURSELVES}
        jobs_log.info("a notice: %s", outcome.state, extra=about)
        is_over = answer.is_gone or (outcome.state == "dead" and notice.kind != TRIAL)
        if is_ours and is_over and subscription is not None and subscription.state == "active":
            await self._ask(partial(self._stop, subscription, answer.outcome))

    async def _carried(self, notice: NoticeRow, subscription: Subscription) -> Answer:
        carrier = self._carriers.get(subscription.carrier)
        # such as e-mail where the server was started without one this time
        return await carrier.carry(notice, subscription) if carrier else Answer("off", is_try=False)

    def _stop(self, subscription: Subscription, reason: str) -> None:
        """Disables a subscription, holds what was still to be said to it, and tells its owner by
        whatever else reaches them.
        """
        self._subscriptions.disable(subscription, reason)
        self._store.hold(subscription.id)
        now = milliseconds_of(self._clock())
        data = {"id": subscription.id, "carrier": subscription.carrier, "reason": reason}
        told = Told(Happening("run", DISABLED, subscription.id), now, data)
        for other in self._subscriptions.beside(subscription):
            self._store.add(notice_for(other, told, f"{subscription.id} {now}"))

    async def _ask(self, question: Callable[[], Result]) -> Result:
        asking = asyncio.ensure_future(in_thread(question, limiter=self._thread))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            # the thread goes on: the database must not be closed while it asks
            await asyncio.wait({asking})
            raise


def trial_for(subscription: Subscription, *, at: int, occasion: str) -> NoticeRow:
    """Returns what is sent to see whether it arrives; of a new address, what asks to confirm it.

    Args:
        subscription: To whom.
        at: Now, in milliseconds since 1970.
        occasion: What makes it another one than those before.
    """
    is_new = subscription.state == "unconfirmed"
    data = {"id": subscription.id, "by": subscription.by}
    told = Told(Happening("run", CONFIRM if is_new else TRIAL, subscription.id), at, data)
    return notice_for(subscription, told, occasion)


def _is_due(subscription: Subscription, notice: NoticeRow) -> bool:
    if notice.kind == CONFIRM:
        return subscription.state == "unconfirmed"
    return subscription.state == "active" or notice.kind == TRIAL


def _outcome(notice: NoticeRow, answer: Answer, took: int) -> Outcome:
    """Returns what is kept of a try, and when the next one is."""
    if answer.is_taken:
        return Outcome("sent", answer.outcome, took)
    if not answer.is_try and not answer.is_gone:
        return Outcome("waiting", answer.outcome, took, wait=RATE_SECONDS * 1000)
    if answer.is_gone or notice.kind == TRIAL or notice.tries >= len(DELAYS):
        return Outcome("dead", answer.outcome, took)
    seconds = max(DELAYS[notice.tries], answer.wait)
    # those that failed together do not come back together
    spread = 1 + sum(notice.id.encode()) % 20 / 100
    return Outcome("waiting", answer.outcome, took, wait=round(seconds * spread * 1000))
