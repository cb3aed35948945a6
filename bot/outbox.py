"""Sends the outbox to a chat: paced per channel and method, retried after temporary refusals, once
each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace

from bot.cards import from_dict
from bot.chat import Busy, Chat, Never, Passing
from bot.records import OutgoingMessage
from bot.store import Store

log = logging.getLogger("bot")
# with the doubling pauses of `_send` about a minute: a chat's short fault is over by then
MOST_TRIES = 6
# outgoing messages become due by the clock too, and nobody pokes for that
IDLE_SECONDS = 0.05
AWAY_SECONDS = 2.0


class Outbox:
    """Sends outgoing messages without end, and keeps as dead what the chat never takes."""

    def __init__(self, chat: Chat, store: Store) -> None:
        self._chat = chat
        self._store = store
        self._free_at: dict[str, float] = {}
        self._changes: deque[float] = deque()
        self._has_news = asyncio.Event()

    def poke(self) -> None:
        """Says that an outgoing message was put in just now."""
        self._has_news.set()

    async def run(self) -> None:
        """Sends without end; an outgoing message that nobody told of is found at the next look."""
        while True:
            self._has_news.clear()
            try:
                await self.settle_doubts()
                made = await self.send_due()
            except Exception:
                log.exception("outbox failed")
                made = 0
            if not made:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._has_news.wait(), IDLE_SECONDS)

    async def settle_doubts(self) -> None:
        """Asks the chat for each message whose call was cut off, by a kill or by the network: it is
        sent, or waits to be sent again.

        While the chat does not answer, the doubt stays.
        """
        for outgoing in self._store.outgoing(state="sending"):
            if time.monotonic() < self._free_at.get(outgoing.channel, 0):
                continue
            try:
                card = from_dict(outgoing.body["card"])
                message = await self._chat.find(
                    outgoing.channel, self._thread_of(outgoing), card, outgoing.key
                )
            except Exception as error:
                self._pause(outgoing, type(error).__name__, seconds=AWAY_SECONDS)
                continue
            if message:
                self._sent(outgoing, message)
            else:
                self._store.settle(outgoing, state="waiting")

    async def send_due(self) -> int:
        """Sends what may be sent now; returns how many calls were made."""
        made = 0
        for outgoing in self._store.outgoing():
            if self._is_due(outgoing):
                made += 1
                await self._send(outgoing)
        return made

    def _is_due(self, outgoing: OutgoingMessage) -> bool:
        now = time.monotonic()
        if now < max(self._free_at.get(outgoing.channel, 0), self._free_at.get(outgoing.method, 0)):
            return False
        if outgoing.method == "update":
            while self._changes and self._changes[0] < now - self._chat.pace.minute:
                self._changes.popleft()
            return len(self._changes) < self._chat.pace.changes_a_minute and bool(
                self._message(outgoing)
            )
        return outgoing.method != "reply" or bool(self._message(outgoing))

    async def _send(self, outgoing: OutgoingMessage) -> None:
        """Makes one call; the place of a new message is kept together with that it was sent."""
        if outgoing.method != "update":  # an update that is made twice does no harm
            self._store.settle(outgoing, state="sending")
        try:
            message = await self._call(outgoing)
        except Busy as error:
            place = outgoing.method if error.is_for_all else outgoing.channel
            self._free_at[place] = time.monotonic() + error.seconds
            self._store.settle(outgoing, state="waiting", error=str(error))
        except Passing as error:
            is_last = outgoing.tries + 1 >= MOST_TRIES
            # doubling, so that a chat in trouble is left in peace; thirty seconds, so that nobody
            # waits long
            self._pause(outgoing, str(error), seconds=min(30, 2**outgoing.tries))
            self._store.settle(outgoing, state="dead" if is_last else "waiting", error=str(error))
        except Never as error:
            log.error("the chat refused a message: %s", error)
            self._store.settle(outgoing, state="dead", error=str(error))
        # it may have arrived all the same: an update is made again, a message looked for
        except Exception as error:
            self._pause(outgoing, type(error).__name__, seconds=AWAY_SECONDS)
        else:
            # as the chat counts: from its arrival
            self._free_at[outgoing.channel] = time.monotonic() + self._chat.pace.channel_seconds
            self._sent(outgoing, message)

    async def _call(self, outgoing: OutgoingMessage) -> str:
        card = from_dict(outgoing.body["card"])
        if outgoing.method == "update":
            self._changes.append(time.monotonic())
            await self._chat.change(outgoing.channel, self._message(outgoing), card)
            return ""
        return await self._chat.post(
            outgoing.channel, self._thread_of(outgoing), card, outgoing.key
        )

    def _pause(self, outgoing: OutgoingMessage, reason: str, *, seconds: float) -> None:
        log.warning("the chat is away: %s", reason)
        self._free_at[outgoing.channel] = time.monotonic() + seconds

    def _sent(self, outgoing: OutgoingMessage, message: str) -> None:
        """Keeps that a call was made, and where its message is."""
        with self._store.writing():
            self._store.settle(outgoing, state="sent")
            if outgoing.method == "post" and outgoing.body["run"]:
                for shown in self._store.shown(str(outgoing.body["run"])):
                    if shown.channel == outgoing.channel:
                        self._store.put_shown(replace(shown, ts=message))

    def _thread_of(self, outgoing: OutgoingMessage) -> str:
        return (
            self._message(outgoing) if outgoing.method == "reply" else str(outgoing.body["thread"])
        )

    def _message(self, outgoing: OutgoingMessage) -> str:
        """Returns the message of the run's card in the channel; empty before it is there."""
        shown = self._store.shown(str(outgoing.body["run"]))
        return next((place.ts for place in shown if place.channel == outgoing.channel), "")
