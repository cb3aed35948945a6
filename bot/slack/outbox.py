"""Sends what is in the outbox to Slack: paced per channel and method, again after a refusal that passes, once each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import from_dict
from bot.slack.blocks import TIERS, message_of
from bot.store import Letter, Store

log = logging.getLogger("bot")
CHANNEL_SECONDS = 1.05  # chat.postMessage: one a second in a channel
UPDATES_A_MINUTE = 45  # chat.update is Tier 3: fifty and more a minute, of all channels together
MOST_TRIES = 6
IDLE_SECONDS = 0.05
AWAY_SECONDS = 2.0
LOOKS_BACK = 50  # messages, for one that was on its way when the bot was killed
PASSING = frozenset({"ratelimited", "internal_error", "service_unavailable", "fatal_error", "request_timeout"})


class Outbox:
    """Sends letters without end; what Slack does not take in the end is kept as dead."""

    def __init__(self, client: AsyncWebClient, store: Store, *, channel_seconds: float = CHANNEL_SECONDS) -> None:
        self._client = client
        self._store = store
        self._channel_seconds = channel_seconds
        self._free_at: dict[str, float] = {}
        self._updates: deque[float] = deque()
        self._tier = 0
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
        """Finds out of each message whose call was cut off, by a kill or by the network, whether Slack has it.

        While Slack is away the doubt stays.
        """
        for letter in self._store.letters(state="sending"):
            if time.monotonic() < self._free_at.get(letter.channel, 0):
                continue
            try:
                ts = await self._find(letter)
            except Exception as error:
                self._pause(letter, type(error).__name__, seconds=AWAY_SECONDS)
                continue
            if ts:
                self._sent(letter, ts)
            else:
                self._store.settle(letter, state="waiting")

    async def _find(self, letter: Letter) -> str:
        """Returns the message that was made of a letter, which says so in its metadata; empty for none."""
        asked: dict[str, Any] = {"channel": letter.channel, "include_all_metadata": "true", "limit": LOOKS_BACK}
        thread = self._thread_of(letter)
        method = "conversations.replies" if thread else "conversations.history"
        try:
            found = await self._client.api_call(method, params=asked | ({"ts": thread} if thread else {}))
        except SlackApiError as error:
            log.warning("cannot look for what was sent: %s", error.response.get("error"))
            return ""
        for one in found["messages"]:
            if (one.get("metadata") or {}).get("event_payload", {}).get("key") == letter.key:
                return str(one["ts"])
        return ""

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
            while self._updates and self._updates[0] < now - 60:
                self._updates.popleft()
            return len(self._updates) < UPDATES_A_MINUTE and bool(self._ts(letter))
        return letter.method != "reply" or bool(self._ts(letter))

    async def _send(self, letter: Letter) -> None:
        """Makes one call; the place of a new message is kept together with that it was sent."""
        now = time.monotonic()
        self._free_at[letter.channel] = now + self._channel_seconds
        if letter.method == "update":
            self._updates.append(now)
        if letter.method != "update":  # an update that is made twice does no harm
            self._store.settle(letter, state="sending")
        try:
            reply = await self._call(letter)
        except SlackApiError as error:
            self._refused(letter, error)
        except Exception as error:  # it may have arrived all the same: an update is made again, a message looked for
            self._pause(letter, type(error).__name__, seconds=AWAY_SECONDS)
        else:
            # as Slack counts: from its arrival
            self._free_at[letter.channel] = time.monotonic() + self._channel_seconds
            self._sent(letter, str(reply["ts"]))

    def _pause(self, letter: Letter, reason: str, *, seconds: float) -> None:
        log.warning("Slack is away: %s", reason)
        self._free_at[letter.channel] = time.monotonic() + seconds

    def _sent(self, letter: Letter, ts: str) -> None:
        """Keeps that a call was made, and where its message is."""
        with self._store.writing():
            self._store.settle(letter, state="sent")
            if letter.method == "post" and letter.body["run"]:
                for shown in self._store.shown(str(letter.body["run"])):
                    if shown.channel == letter.channel:
                        self._store.put_shown(replace(shown, ts=ts))

    async def _call(self, letter: Letter) -> Any:
        message = message_of(from_dict(letter.body["card"]), tier=TIERS[self._tier])
        if letter.method == "update":
            changed = {"channel": letter.channel, "ts": self._ts(letter), **message}
            return await self._client.api_call("chat.update", json=changed)
        thread = self._thread_of(letter)
        placed = {"thread_ts": thread} if thread else {}
        marked = {"metadata": {"event_type": "connectathon", "event_payload": {"key": letter.key}}}
        posted = {"channel": letter.channel, **placed, **marked, **message}
        return await self._client.api_call("chat.postMessage", json=posted)

    def _thread_of(self, letter: Letter) -> str:
        return self._ts(letter) if letter.method == "reply" else str(letter.body["thread"])

    def _ts(self, letter: Letter) -> str:
        """Returns the message of the run's card in the channel; empty before it is there."""
        held = self._store.shown(str(letter.body["run"]))
        return next((one.ts for one in held if one.channel == letter.channel), "")

    def _refused(self, letter: Letter, error: SlackApiError) -> None:
        reason = str(error.response.get("error", ""))
        if reason == "ratelimited" or error.response.status_code == 429:
            seconds = float(error.response.headers.get("Retry-After", 1))
            self._free_at[letter.method] = time.monotonic() + seconds
            self._later(letter, "ratelimited", seconds=seconds, counts=False)
        elif reason == "invalid_blocks" and self._tier < len(TIERS) - 1:
            self._tier += 1  # this workspace does not draw such tables yet
            self._later(letter, reason, seconds=0, counts=False)
        elif reason in PASSING or error.response.status_code >= 500:
            self._later(letter, reason, seconds=min(30, 2**letter.tries))
        else:
            log.error("Slack refused a message: %s", reason)
            self._store.settle(letter, state="dead", error=reason)

    def _later(self, letter: Letter, reason: str, *, seconds: float, counts: bool = True) -> None:
        self._free_at[letter.channel] = time.monotonic() + seconds
        is_dead = counts and letter.tries + 1 >= MOST_TRIES
        self._store.settle(letter, state="dead" if is_dead else "waiting", error=reason)
