"""Slack as a chat for the outbox: cards as blocks, and Slack's refusals as what can be done about
them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Card
from bot.chat import Busy, Never, Pace, Passing
from bot.slack.blocks import TIERS, message_of

log = logging.getLogger("bot")
# chat.postMessage: one a second in a channel; chat.update is Tier 3: fifty and more a minute, of
# all channels together
PACE = Pace(channel_seconds=1.05, changes_a_minute=45)
LOOKS_BACK = 50  # messages, for one that was on its way when the bot was killed
PASSING = frozenset({"internal_error", "service_unavailable", "fatal_error", "request_timeout"})


class SlackChat:
    """Posts and changes messages over the Web API."""

    def __init__(self, client: AsyncWebClient, *, pace: Pace = PACE) -> None:
        self.pace = pace
        self._client = client
        self._tier = 0

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Posts a card, with its key in the metadata; returns its `ts`."""
        placed = {"thread_ts": thread} if thread else {}
        marked = {"metadata": {"event_type": "connectathon", "event_payload": {"key": key}}}
        reply = await self._call("chat.postMessage", {"channel": channel, **placed, **marked}, card)
        return str(reply["ts"])

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Changes a card."""
        await self._call("chat.update", {"channel": channel, "ts": message}, card)

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Returns the message with a key in its metadata; empty for none, and where the bot may not
        look.
        """
        asked: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": "true",
            "limit": LOOKS_BACK,
        }
        method = "conversations.replies" if thread else "conversations.history"
        try:
            history = await self._client.api_call(
                method, params=asked | ({"ts": thread} if thread else {})
            )
        except SlackApiError as error:
            log.warning("cannot look for what was sent: %s", error.response.get("error"))
            return ""
        for message in history["messages"]:
            if (message.get("metadata") or {}).get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return ""

    async def _call(self, method: str, placed: Mapping[str, Any], card: Card) -> Any:
        message = message_of(card, tier=TIERS[self._tier])
        try:
            return await self._client.api_call(method, json={**placed, **message})
        except SlackApiError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: SlackApiError) -> Exception:
        reason = str(error.response.get("error", ""))
        if reason == "ratelimited" or error.response.status_code == 429:
            return Busy(
                "ratelimited",
                seconds=float(error.response.headers.get("Retry-After", 1)),
                # Slack does not say which limit it was: all calls of the method wait
                is_for_all=True,
            )
        if reason == "invalid_blocks" and self._tier < len(TIERS) - 1:
            self._tier += 1  # this workspace does not draw such tables yet
            return Busy(reason, seconds=0)
        if reason in PASSING or error.response.status_code >= 500:
            return Passing(reason)
        return Never(reason)
