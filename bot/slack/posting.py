"""Slack as a chat for the outbox: cards as blocks, and Slack's refusals as what can be done about
them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards import Card
from bot.chat import Back, Busy, Ended, Fixed, Never, Pace, Passing
from bot.slack.blocks import TIERS, message_of
from bot.slack.places import is_alone

log = logging.getLogger("bot")
# chat.postMessage: one a second in a channel, which the outbox counts from the answer on, and so
# from behind the arrival; chat.update is Tier 3: fifty and more a minute, of
# all channels together
PACE = Pace(channel_seconds=1.0, changes_a_minute=45)
LOOKS_BACK = 50  # messages, for one that was on its way when the bot was killed
TOO_MANY = 429
RESPOND_SECONDS = 10
ADVICE: Mapping[str, str] = {
    "not_in_channel": "said.not_in_channel",
    "channel_not_found": "said.not_in_channel",
    "is_archived": "said.is_archived",
    "missing_scope": "said.missing_scope",
    "restricted_action": "said.restricted",
}
# the workspace lets the bot in no more, whatever it says
ENDED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
    }
)
# a workspace may let nobody change what is older than some minutes (chat.update, errors)
FIXED = frozenset({"edit_window_closed", "cant_update_message"})
PASSING = frozenset({"internal_error", "service_unavailable", "fatal_error", "request_timeout"})


class SlackChat:
    """Posts and changes messages over the Web API."""

    advice = ADVICE

    def __init__(self, client: AsyncWebClient, *, pace: Pace = PACE) -> None:
        self.pace = pace
        self.client = client
        self._tier = 0
        self._directs: dict[str, str] = {}

    async def greet(self) -> dict[str, str]:
        """Asks Slack whether it knows the token.

        Returns:
            Whose token it is, as Slack says; nothing where Slack is away.

        Raises:
            Ended: It does not, or no more.
        """
        try:
            answer = await self.client.auth_test()
        except SlackApiError as error:
            refusal = self._refusal(error)
            if isinstance(refusal, Ended):
                raise refusal from None
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("Slack is away: %s", type(error).__name__)
        else:
            return {name: str(answer.get(name) or "") for name in ("team_id", "user_id")}
        return {}

    async def tell(self, back: Back, card: Card, key: str) -> str:
        """Answers one person: by the address that came with the question, else directly, else in
        the channel so that they alone see it.
        """
        if back.url:
            try:
                await self._respond(back.url, card)
            except Never as error:  # it is good for some minutes and five answers
                log.info("no answer by response_url: %s", error)
            else:
                return ""
        placed = {"thread_ts": back.thread} if back.thread else {}
        try:
            channel = back.channel
            if not is_alone(channel):
                channel = await self.alone(back.asker)
                placed = {}
            asked = {"channel": channel, **placed}
            return str((await self._call("chat.postMessage", asked, card))["ts"])
        except Never as error:
            log.info("no direct message: %s", error)
        asked = {"channel": back.channel, "user": back.asker}
        await self._call("chat.postEphemeral", asked, card)
        return ""

    async def alone(self, asker: str) -> str:
        """Returns the direct channel of a person."""
        if asker not in self._directs:
            try:
                reply = await self.client.conversations_open(users=asker)
            except SlackApiError as error:
                raise self._refusal(error) from None
            self._directs[asker] = str(reply["channel"]["id"])
        return self._directs[asker]

    async def _respond(self, url: str, card: Card) -> None:
        message = message_of(card, tier=TIERS[self._tier])
        hook = AsyncWebhookClient(url, timeout=RESPOND_SECONDS)
        reply = await hook.send_dict(
            {"response_type": "ephemeral", "replace_original": False, **message}
        )
        if reply.status_code == TOO_MANY:
            raise Busy("ratelimited", seconds=float(reply.headers.get("Retry-After", 1)))
        if reply.status_code >= 500:
            raise Passing(str(reply.status_code))
        if reply.status_code >= 400:
            if "invalid_blocks" in reply.body and self._tier < len(TIERS) - 1:
                self._tier += 1
                raise Busy("invalid_blocks", seconds=0)
            raise Never(reply.body[:60])

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
            history = await self.client.api_call(
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
            return await self.client.api_call(method, json={**placed, **message})
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
        if reason in ENDED:
            return Ended("Slack", reason)
        if reason in PASSING or error.response.status_code >= 500:
            return Passing(reason)
        return Fixed(reason) if reason in FIXED else Never(reason)
