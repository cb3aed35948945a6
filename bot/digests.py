"""Sends subscribers a daily digest of runs, at the hour they chose, by the machine's clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from bot.api import Away, Refused, Sandbox
from bot.notices import digest
from bot.records import Subscription
from bot.store import Store, digest_place
from bot.subscribers import PATH, Subscribers
from bot.words import language_of

log = logging.getLogger("bot")
DAY_SECONDS = 24 * 3600


class Digests:
    """Puts the digests that are due into the outbox, each once a day, even where the bot was away
    at the hour.

    Args:
        sandbox: Is asked for the runs of which each subscription tells.
        store: Holds the outbox, and the day of the last digest of each.
        subscribers: Who is told.
        secret: The bot's own session.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        store: Store,
        subscribers: Subscribers,
        *,
        secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sandbox = sandbox
        self._store = store
        self._subscribers = subscribers
        self._secret = secret
        self._clock = clock

    async def look_once(self) -> None:
        """Tells what is due now; raises Refused, Away."""
        now = datetime.fromtimestamp(self._clock(), UTC).astimezone()  # the hour of this machine
        for subscription in await self._subscribers.all():
            day = self._store.place(digest_place(subscription.id))
            # not "==": a bot that was away at the hour tells it when it is back, on the same day
            is_due = subscription.hour is not None and now.hour >= subscription.hour
            if is_due and day != now.toordinal():
                try:
                    await self._tell(subscription, now)
                except (Refused, Away) as error:
                    log.warning("no digest yet: %s", error)

    async def _tell(self, subscription: Subscription, now: datetime) -> None:
        language = language_of(subscription.language)
        moment = datetime.fromtimestamp(now.timestamp() - DAY_SECONDS, UTC)
        # the sandbox narrows it to what the subscriber may see, and asked for
        path = f"{PATH}/{subscription.id}/runs?limit=200&since={moment:%Y-%m-%dT%H:%M:%SZ}"
        # all of them, page by page: a part told as the whole misleads whoever leads the event
        answer, _ = await self._sandbox.listed(path, secret=self._secret, language=language)
        runs = [run for run in answer if run["verdict"]]
        with self._store.writing():
            if runs:
                body = {"card": asdict(digest(runs, language)), "run": "", "thread": ""}
                self._store.put_outgoing(
                    f"digest:{subscription.id}:{now.date().isoformat()}",
                    "post",
                    subscription.channel,
                    body,
                )
            self._store.put_place(now.toordinal(), digest_place(subscription.id))
