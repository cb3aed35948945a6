"""Sends the outbox to a chat: paced per channel and method, retried after temporary refusals, once
each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace

from bot.cards import Card, from_dict
from bot.chat import Back, Busy, Chat, Ended, Fixed, Never, Passing
from bot.records import OutgoingMessage, is_grading, is_instance
from bot.store import Store
from bot.words import language_of, say

log = logging.getLogger("bot")
# with the doubling pauses of `_send` about a minute: a chat's short fault is over by then
MOST_TRIES = 6
# outgoing messages become due by the clock too, and nobody pokes for that
IDLE_SECONDS = 0.05
AT_ONCE = 16  # private answers that are on their way at one time
AWAY_SECONDS = 2.0


def _lane(outgoing: OutgoingMessage) -> str:
    """Returns what is paced together: what is new in a channel, what changes there, or all that one
    person alone is told.
    """
    if outgoing.method == "tell":
        return f"tell:{outgoing.body['back']['asker']}"
    # changes are counted over all channels, and hold up nothing that is new in one
    return f"update:{outgoing.channel}" if outgoing.method == "update" else outgoing.channel


def _order(outgoing: OutgoingMessage) -> tuple[bool, int]:
    # first the cards: what is said below one may wait until all have come
    return outgoing.method == "reply", outgoing.id


class Outbox:
    """Sends outgoing messages without end, and keeps as dead what the chat never takes."""

    def __init__(
        self, chat: Chat, store: Store, *, touch: Callable[[str], None] = lambda _: None
    ) -> None:
        """`touch` is called with a run whose card has another place from now on."""
        self._chat = chat
        self._store = store
        self._touch = touch
        self._free_at: dict[str, float] = {}
        self._changes: deque[float] = deque()
        self._has_news = asyncio.Event()

    def poke(self) -> None:
        """Says that an outgoing message was put in just now."""
        self._has_news.set()

    async def run(self) -> None:
        """Sends without end; an outgoing message that nobody told of is found at the next look.

        Raises:
            Ended: The chat lets the bot in no more.
        """
        while True:
            self._has_news.clear()
            try:
                await self.settle_doubts()
                made = await self.send_due()
            except Ended:
                raise
            except Exception:
                log.exception("outbox failed")
                made = 0
            if not made:
                # not `wait_for`: on Python 3.11 it can swallow that this task is cancelled
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle_seconds()):
                        await self._has_news.wait()

    def _idle_seconds(self) -> float:
        """Returns for how long nothing becomes due: twenty cards that each wait a little longer
        than they must are a second late.
        """
        now = time.monotonic()
        left = [at - now for at in self._free_at.values() if at > now]
        return min(IDLE_SECONDS, *left) if left else IDLE_SECONDS

    async def settle_doubts(self) -> None:
        """Asks the chat for each message whose call was cut off, by a kill or by the network: it is
        sent, or waits to be sent again.

        While the chat does not answer, the doubt stays.
        """
        for outgoing in self._store.outgoing(state="sending"):
            if time.monotonic() < self._free_at.get(_lane(outgoing), 0):
                continue
            try:
                card = from_dict(outgoing.body["card"])
                message = await self._chat.find(*await self._place_of(outgoing), card, outgoing.key)
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
        waiting = self._store.outgoing()
        # private answers wait for nobody: in a storm each is the first that its asker hears
        told = [
            outgoing for outgoing in waiting if outgoing.method == "tell" and self._is_due(outgoing)
        ][:AT_ONCE]
        await asyncio.gather(*map(self._send, told))
        for outgoing in sorted(waiting, key=_order):
            if outgoing.method != "tell" and self._is_due(outgoing):
                made += 1
                await self._send(outgoing)
                # whoever has just asked comes before the next card
                if any(later.method == "tell" for later in self._store.outgoing()):
                    break
        return made + len(told)

    def _is_due(self, outgoing: OutgoingMessage) -> bool:
        now = time.monotonic()
        if now < max(self._free_at.get(_lane(outgoing), 0), self._free_at.get(outgoing.method, 0)):
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
        # an update that is made twice does no harm; a message whose text was replaced since it was
        # read would be posted with both, and waits for the next look
        is_new = outgoing.method != "update"
        if is_new and not self._store.settle(outgoing, state="sending"):
            return
        try:
            message = await self._call(outgoing)
        except Busy as error:
            place = outgoing.method if error.is_for_all else _lane(outgoing)
            self._free_at[place] = time.monotonic() + error.seconds
            self._store.settle(outgoing, state="waiting", error=str(error))
        except Passing as error:
            is_last = outgoing.tries + 1 >= MOST_TRIES
            # doubling, so that a chat in trouble is left in peace; thirty seconds, so that nobody
            # waits long
            self._pause(outgoing, str(error), seconds=min(30, 2**outgoing.tries))
            self._store.settle(outgoing, state="dead" if is_last else "waiting", error=str(error))
        except Fixed as error:
            self._say_below(outgoing, str(error))
        except Never as error:
            log.error("the chat refused a message: %s", error)
            await self._give_back(outgoing, str(error))
        except Ended:
            self._store.settle(outgoing, state="waiting", error="ended")
            raise
        # it may have arrived all the same: an update is made again, a message looked for
        except Exception as error:
            self._pause(outgoing, type(error).__name__, seconds=AWAY_SECONDS)
        else:
            # as the chat counts: from its arrival
            if outgoing.method != "tell":
                self._free_at[_lane(outgoing)] = time.monotonic() + self._chat.pace.channel_seconds
            self._sent(outgoing, message)

    async def _call(self, outgoing: OutgoingMessage) -> str:
        card = from_dict(outgoing.body["card"])
        if outgoing.method == "tell":
            return await self._chat.tell(Back(**outgoing.body["back"]), card, outgoing.key)
        if outgoing.method == "update":
            self._changes.append(time.monotonic())
            await self._chat.change(outgoing.channel, self._message(outgoing), card)
            return ""
        return await self._chat.post(
            outgoing.channel, self._thread_of(outgoing), card, outgoing.key
        )

    async def _give_back(self, outgoing: OutgoingMessage, reason: str) -> None:
        """Tells whoever asked that a channel does not take their message, and what to do; the card
        of a run goes to them alone from then on, so that somebody hears of it.
        """
        back = outgoing.body.get("back")
        if outgoing.method != "post" or not back or outgoing.body.get("is_back"):
            self._store.settle(outgoing, state="dead", error=reason)
            return
        language = language_of(outgoing.body.get("language", ""))
        channel = await self._chat.alone(back["asker"])
        run = str(outgoing.body["run"])
        key = self._chat.advice.get(reason, "said.refused_there")
        title = say(key, language, reason=reason)
        is_of_run = bool(run) and not (is_grading(run) or is_instance(run))
        lines = (say("said.card_here", language, run=run),) if is_of_run else ()
        with self._store.writing():
            self._store.settle(outgoing, state="dead", error=reason)
            told = {"card": asdict(Card(title, "bad", lines=lines)), "run": "", "thread": ""}
            self._store.put_outgoing(
                f"back:{outgoing.key}", "tell", channel, {**told, "back": back}
            )
            if run:
                self._store.move_shown(run, outgoing.channel, channel)
                body = {**outgoing.body, "thread": "", "is_back": True}
                self._store.put_outgoing(f"post:{run}:{channel}", "post", channel, body)
        if run:
            self._touch(run)

    def _say_below(self, outgoing: OutgoingMessage, reason: str) -> None:
        """Says below a card that can be changed no more how it ended: once, and nothing before."""
        run = str(outgoing.body["run"])
        is_over = any(
            shown.outcome for shown in self._store.shown(run) if shown.channel == outgoing.channel
        )
        with self._store.writing():
            # one that was replaced meanwhile is tried again, with what is newer
            if self._store.settle(outgoing, state="dead", error=reason) and is_over:
                key = f"below:{run}:{outgoing.channel}"
                self._store.put_outgoing(key, "reply", outgoing.channel, outgoing.body)

    def _pause(self, outgoing: OutgoingMessage, reason: str, *, seconds: float) -> None:
        log.warning("the chat is away: %s", reason)
        self._free_at[_lane(outgoing)] = time.monotonic() + seconds

    def _sent(self, outgoing: OutgoingMessage, message: str) -> None:
        """Keeps that a call was made, and where its message is."""
        with self._store.writing():
            self._store.settle(outgoing, state="sent")
            if outgoing.method == "post" and outgoing.body["run"]:
                for shown in self._store.shown(str(outgoing.body["run"])):
                    if shown.channel == outgoing.channel:
                        self._store.put_shown(replace(shown, ts=message))

    async def _place_of(self, outgoing: OutgoingMessage) -> tuple[str, str]:
        """Returns the channel and the thread in which a message would stand; of a private answer
        only a direct one can be found, and any other is sent again: twice is better than never.
        """
        if outgoing.method == "tell":
            return await self._chat.alone(outgoing.body["back"]["asker"]), ""
        return outgoing.channel, self._thread_of(outgoing)

    def _thread_of(self, outgoing: OutgoingMessage) -> str:
        return (
            self._message(outgoing) if outgoing.method == "reply" else str(outgoing.body["thread"])
        )

    def _message(self, outgoing: OutgoingMessage) -> str:
        """Returns the message of the run's card in the channel; empty before it is there."""
        shown = self._store.shown(str(outgoing.body["run"]))
        return next((place.ts for place in shown if place.channel == outgoing.channel), "")
