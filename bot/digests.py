"""Sends subscribers a daily digest of runs, at the hour they chose, by the machine's clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from bot.api import Away, Refused, Sandbox
from bot.notices import digest
from bot.records import Subscription
from bot.store import Store
from bot.words import language_of

log = logging.getLogger("bot")
# digests are due by the hour: nobody notices half a minute
LOOK_SECONDS = 30.0
DAY_MILLISECONDS = 24 * 3600 * 1000


class Digests:
    """Puts the digests that are due into the outbox, each once a day, even where the bot was away
    at the hour.

    Args:
        sandbox: Is asked for the runs, in the name of each subscriber.
        store: Holds the subscriptions and the outbox.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self, sandbox: Sandbox, store: Store, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._sandbox = sandbox
        self._store = store
        self._clock = clock

    async def look(self) -> None:
        """Looks without end."""
        while True:
            try:
                await self.look_once()
            except Exception:
                log.exception("digest failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def look_once(self) -> None:
        """Tells what is due now."""
        now = datetime.fromtimestamp(self._clock(), UTC).astimezone()  # the hour of this machine
        for subscription in self._store.subscriptions():
            # not "==": a bot that was away at the hour tells it when it is back, on the same day
            if (
                subscription.hour
                and now.hour >= int(subscription.hour)
                and subscription.digest_day != now.date().isoformat()
            ):
                try:
                    await self._tell(subscription, now)
                except (Refused, Away) as error:
                    log.warning("no digest yet: %s", error)

    async def _tell(self, subscription: Subscription, now: datetime) -> None:
        language = language_of(subscription.language)
        secret = self._store.secret_of(subscription.actor)
        since = now.timestamp() * 1000 - DAY_MILLISECONDS
        day = now.date().isoformat()
        # in the subscriber's name: what they may not see is in no digest of theirs
        moment = datetime.fromtimestamp(since / 1000, UTC)
        path = f"/api/runs?limit=200&since={moment:%Y-%m-%dT%H:%M:%SZ}"
        # all of them, page by page: a part told as the whole misleads whoever leads the event
        answer, _ = await self._sandbox.listed(path, secret=secret, language=language)
        runs = [
            run
            for run in answer
            if run["at"] >= since and run["verdict"] and subscription.fits(run)
        ]
        with self._store.writing():
            if runs:
                body = {"card": asdict(digest(runs, language)), "run": "", "thread": ""}
                self._store.put_outgoing(
                    f"digest:{subscription.id}:{day}", "post", subscription.channel, body
                )
            self._store.put_digest_day(subscription.id, day)
