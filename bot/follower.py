"""Follows the sandbox's log and keeps cards of runs and hand-ins current, whoever changed what they
show: chat, page or command line.

Many events of a run between two looks are one change of its card.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from typing import Any

from bot.announcing import Announcements
from bot.api import GONE, UNKNOWN, Away, Refused, Sandbox
from bot.cards import Card
from bot.chat import Ended
from bot.gradings import Gradings
from bot.instance_news import InstanceNews
from bot.notices import arrived, decided, ended, notices_of
from bot.records import ANNOUNCED, Shown, Subscription, is_grading, is_instance
from bot.run_cards import OPEN, run_card
from bot.shown_cards import change_card
from bot.store import Store
from bot.subscribers import Subscribers
from bot.words import Language, language_of

log = logging.getLogger("bot")
# a run judges many tests a second, and chats allow few changes
LOOK_SECONDS = 0.3
AWAY_SECONDS = 2.0
TOLD = {"captured", "done", "decided"}  # kinds of events of which subscriptions are told


class Follower:
    """Keeps the cards of runs current and tells subscribers of results.

    Args:
        sandbox: Whose log is followed.
        store: Knows where each run is shown, and holds the outbox.
        subscribers: Who else is told of what ends.
        secret: The bot's own session, which may see every run.
        look_seconds: The pause between two looks: what happens within is one change of a card.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        store: Store,
        subscribers: Subscribers,
        *,
        secret: str,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._sandbox = sandbox
        self._store = store
        self._secret = secret
        self._look_seconds = look_seconds
        self._gradings = Gradings(sandbox, store, secret=secret)
        self._instances = InstanceNews(sandbox, store, secret=secret)
        self._subscribers = subscribers
        self._announcements = Announcements(sandbox, store, subscribers, secret=secret)
        self._moved: dict[str, set[str]] = {run: set() for run in store.open_runs()}
        self._has_failed = False
        self._place = store.place()

    def touch(self, run: str) -> None:
        """Looks at a run again, as one that was just shown somewhere."""
        self._moved.setdefault(run, set())

    async def listen(self) -> None:
        """Reads the log without end; where the sandbox is away it goes on from where it was.

        Raises:
            Ended: The sandbox does not know the bot's session.
        """
        while True:
            try:
                await self._announcements.begin()
                async for place, run, kind in self._sandbox.moves(
                    after=self._place, secret=self._secret
                ):
                    self._place = place
                    # it has just begun: what moved before is not in it, and is looked at
                    for moved in [run] if run else self._store.open_runs():
                        self._moved.setdefault(moved, set()).update([kind] if kind else [])
            except Refused as error:
                if error.status == UNKNOWN:
                    raise Ended("sandbox", "session") from None
                log.warning("the sandbox refuses its log: %s", error)
            except Away as error:
                log.warning("sandbox is away: %s", error)
            except Exception:
                log.exception("listening failed")
            await asyncio.sleep(AWAY_SECONDS)

    async def look(self) -> None:
        """Changes cards without end."""
        while True:
            await asyncio.sleep(AWAY_SECONDS if self._has_failed else self._look_seconds)
            try:
                await self.look_once()
            except Exception:
                log.exception("look failed")

    async def look_once(self) -> None:
        """Updates the cards of runs that changed since the last look, and notifies subscribers."""
        # taken before the first await: what moves meanwhile is for the next look
        place = self._place
        moved = self._moved
        self._moved = {}
        self._has_failed = False
        for run, kinds in sorted(moved.items()):
            try:
                await self._look_at(run, kinds)
            except (Away, Refused) as error:
                if isinstance(error, Refused) and error.status == GONE:
                    continue  # purged; its card stays as it is
                self._has_failed = True
                log.warning("cannot look at a run: %s", error)
                self._moved.setdefault(run, set()).update(kinds)  # at the next look
        # kept only when nothing is left over, so that a bot that is killed reads it again
        if place != self._store.place() and not self._moved:
            self._store.put_place(place)

    async def _look_at(self, run: str, kinds: set[str]) -> None:
        """Says what is new of a run, a hand-in or a test instance."""
        if is_grading(run):
            await self._gradings.look(run)
            return
        if is_instance(run):
            await self._instances.look(run, kinds)
            return
        if run == ANNOUNCED:
            await self._announcements.look()
            return
        for shown in self._store.shown(run):
            await self._change(shown)
        if kinds & TOLD:
            await self._tell(run, kinds)

    async def _tell(self, id: str, kinds: set[str]) -> None:
        """Posts the result of a run to subscribers who may see it, as the sandbox says, except in
        channels that already show its card.
        """
        hearing = await self._subscribers.all(run=id)
        shown = {place.channel for place in self._store.shown(id)}
        for subscription in hearing:
            if subscription.hour is not None or subscription.channel in shown:
                continue
            language = language_of(subscription.language)
            run = await self._asked(f"/api/runs/{id}", language)
            for name, card in await self._news(run, kinds, subscription):
                body = {"card": asdict(card), "run": "", "thread": ""}
                self._store.put_outgoing(
                    f"{name}:{id}:{subscription.channel}", "post", subscription.channel, body
                )

    async def _news(
        self, run: Any, kinds: set[str], subscription: Subscription
    ) -> list[tuple[str, Card]]:
        """Returns what a subscription is told of a run that it hears of, each with its name."""
        language = language_of(subscription.language)
        news = []
        # a run that is open has no verdict yet: of one that is asked for nothing can be said
        is_first = "captured" in kinds and run["state"] in OPEN and not subscription.verdict
        if is_first and "run" in subscription.topics:
            news.append(("first", arrived(run, language)))
        if "done" in kinds and "run" in subscription.topics:
            cells = await self._asked("/api/matrix", language)
            is_better = any(
                cell["run"] == run["id"] and cell["trend"] == "better" for cell in cells
            )
            news.append(("told", ended(run, is_better=is_better, language=language)))
        if "decided" in kinds and "review" in subscription.topics:
            news.append(
                (f"decided:{run['review']['at']}", decided(run, self._sandbox.base, language))
            )
        return news

    async def _asked(self, path: str, language: Language) -> Any:
        return await self._sandbox.ask("GET", path, secret=self._secret, language=language)

    async def _change(self, shown: Shown) -> None:
        language = language_of(shown.language)
        run = await self._asked(f"/api/runs/{shown.run}", language)
        card = run_card(run, self._sandbox.base, language)
        calls = (shown.asker,) if shown.asker and self._store.wants_mention(shown.actor) else ()
        notices = notices_of(run, self._sandbox.base, language, calls=calls)
        outcome = run["state"] if run["state"] not in OPEN else ""
        change_card(self._store, shown, card, outcome=outcome, notices=notices)
