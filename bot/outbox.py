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
from bot.records import Letter
from bot.store import Store

log = logging.getLogger("bot")
# with the doubling pauses of `_send` about a minute: a chat's short fault is over by then
MOST_TRIES = 6
# letters become due by the clock too, and nobody pokes for that
IDLE_SECONDS = 0.05
AWAY_SECONDS = 2.0


class Outbox:
    """Sends letters without end; what the chat does not take in the end is kept as dead."""

    def __init__(self, chat: Chat, store: Store) -> None:
        self._chat = chat
        self._store = store
        self._free_at: dict[str, float] = {}
        self._changes: deque[float] = deque()
        self._has_news = asyncio.Event()

    def poke(self) -> None:
        """Says that a letter was put in just now."""
        self._has_news.set()

    async def run(self) -> None:
        """Sends without end; a letter that nobody told of is found at the next look."""
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
        for letter in self._store.letters(state="sending"):
            if time.monotonic() < self._free_at.get(letter.channel, 0):
                continue
            try:
                card = from_dict(letter.body["card"])
                message = await self._chat.find(
                    letter.channel, self._thread_of(letter), card, letter.key
                )
            except Exception as error:
                self._pause(letter, type(error).__name__, seconds=AWAY_SECONDS)
                continue
            if message:
                self._sent(letter, message)
            else:
                self._store.settle(letter, state="waiting")

    async def send_due(self) -> int:
        """Sends what may be sent now; returns how many calls were made."""
        made = 0
        for letter in self._store.letters():
            if self._is_due(letter):
                made += 1
                await self._send(letter)
        return made

    def _is_due(self, letter: Letter) -> bool:
        now = time.monotonic()
        if now < max(self._free_at.get(letter.channel, 0), self._free_at.get(letter.method, 0)):
            return False
        if letter.method == "update":
            while self._changes and self._changes[0] < now - self._chat.pace.minute:
                self._changes.popleft()
            return len(self._changes) < self._chat.pace.changes_a_minute and bool(
                self._message(letter)
            )
        return letter.method != "reply" or bool(self._message(letter))

    async def _send(self, letter: Letter) -> None:
        """Makes one call; the place of a new message is kept together with that it was sent."""
        if letter.method != "update":  # an update that is made twice does no harm
            self._store.settle(letter, state="sending")
        try:
            message = await self._call(letter)
        except Busy as error:
            place = letter.method if error.is_for_all else letter.channel
            self._free_at[place] = time.monotonic() + error.seconds
            self._store.settle(letter, state="waiting", error=str(error))
        except Passing as error:
            is_last = letter.tries + 1 >= MOST_TRIES
            # doubling, so that a chat in trouble is left in peace; thirty seconds, so that nobody
            # waits long
            self._pause(letter, str(error), seconds=min(30, 2**letter.tries))
            self._store.settle(letter, state="dead" if is_last else "waiting", error=str(error))
        except Never as error:
            log.error("the chat refused a message: %s", error)
            self._store.settle(letter, state="dead", error=str(error))
        # it may have arrived all the same: an update is made again, a message looked for
        except Exception as error:
            self._pause(letter, type(error).__name__, seconds=AWAY_SECONDS)
        else:
            # as the chat counts: from its arrival
            self._free_at[letter.channel] = time.monotonic() + self._chat.pace.channel_seconds
            self._sent(letter, message)

    async def _call(self, letter: Letter) -> str:
        card = from_dict(letter.body["card"])
        if letter.method == "update":
            self._changes.append(time.monotonic())
            await self._chat.change(letter.channel, self._message(letter), card)
            return ""
        return await self._chat.post(letter.channel, self._thread_of(letter), card, letter.key)

    def _pause(self, letter: Letter, reason: str, *, seconds: float) -> None:
        log.warning("the chat is away: %s", reason)
        self._free_at[letter.channel] = time.monotonic() + seconds

    def _sent(self, letter: Letter, message: str) -> None:
        """Keeps that a call was made, and where its message is."""
        with self._store.writing():
            self._store.settle(letter, state="sent")
            if letter.method == "post" and letter.body["run"]:
                for shown in self._store.shown(str(letter.body["run"])):
                    if shown.channel == letter.channel:
                        self._store.put_shown(replace(shown, ts=message))

    def _thread_of(self, letter: Letter) -> str:
        return self._message(letter) if letter.method == "reply" else str(letter.body["thread"])

    def _message(self, letter: Letter) -> str:
        """Returns the message of the run's card in the channel; empty before it is there."""
        shown = self._store.shown(str(letter.body["run"]))
        return next((place.ts for place in shown if place.channel == letter.channel), "")
