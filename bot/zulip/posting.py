"""Zulip as a chat for the outbox.  A channel is `stream:ID/TOPIC` or `dm:USER`; a thread is its
topic.

Zulip keeps no mark of ours on a message; one whose answer was lost is known again by its text,
which names the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from bot.cards import Card
from bot.chat import Back, Busy, Never, Pace, Passing
from bot.words import Language
from bot.zulip.markdown import markdown_of

# Zulip allows an API user 200 requests a minute by default
PACE = Pace(channel_seconds=0.4, changes_a_minute=100)
LOOKS_BACK = 50
TOO_MANY = 429


class ZulipChat:
    """Posts and changes messages; `http` knows the address of the server and the bot's key."""

    advice: Mapping[str, str] = {}

    def __init__(
        self, http: httpx.AsyncClient, *, email: str, language: Language = "en", pace: Pace = PACE
    ) -> None:
        self.pace = pace
        self._http = http
        self.email = email
        # servers count their channels each from one
        self.home = f"zulip:{http.base_url.netloc.decode()}:"
        self._language = language

    def reaches(self, channel: str) -> bool:
        """Tells whether it is one of this server, by which all its channels begin."""
        return channel.partition(":")[0] in ("stream", "dm")

    async def tell(self, back: Back, card: Card, key: str) -> str:
        """Tells one person something, directly."""
        return await self.post(await self.alone(back.asker), "", card, key)

    async def alone(self, asker: str) -> str:
        """Returns the direct channel of a person."""
        return f"dm:{asker}"

    async def post(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Posts a card; returns the number of its message."""
        content = markdown_of(card, self._language)
        answer = await self.call("POST", "messages", {**address_of(channel), "content": content})
        return str(answer["id"])

    async def change(self, channel: str, message: str, card: Card) -> None:
        """Changes a card."""
        await self.call(
            "PATCH", f"messages/{int(message)}", {"content": markdown_of(card, self._language)}
        )

    async def find(self, channel: str, thread: str, card: Card, key: str) -> str:
        """Returns the newest message of ours in a channel with the text of a card; empty for
        none.
        """
        narrow = [{"operator": "sender", "operand": self.email}, *_narrow(channel)]
        asked = {
            "anchor": "newest",
            "num_before": LOOKS_BACK,
            "num_after": 0,
            "narrow": json.dumps(narrow),
            # as it was written: the HTML that is made of it would never be the same
            "apply_markdown": "false",
        }
        answer = await self.call("GET", "messages", asked)
        text = markdown_of(card, self._language)
        return next(
            (
                str(message["id"])
                for message in reversed(answer["messages"])
                if message["content"] == text
            ),
            "",
        )

    async def call(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Returns what the API answers.

        Raises:
            Busy: Too many calls (429), with the seconds to wait.
            Passing: The server has a fault (5xx).
            Never: The server refuses the call (4xx).
            httpx.HTTPError: The server does not answer.
        """
        sent: dict[str, Any] = {"params": dict(body)} if method == "GET" else {"data": dict(body)}
        reply = await self._http.request(method, f"/api/v1/{path}", **sent)
        answer = reply.json() if "json" in reply.headers.get("content-type", "") else {}
        code = str(answer.get("code") or reply.status_code)
        if reply.status_code == TOO_MANY:
            seconds = float(answer.get("retry-after") or reply.headers.get("Retry-After") or 1)
            raise Busy(code, seconds=seconds, is_for_all=True)
        if reply.status_code >= 500:
            raise Passing(code)
        if reply.status_code >= 400:
            raise Never(code)
        return answer


def address_of(channel: str) -> dict[str, str]:
    """Returns a channel as the fields of a new message."""
    kind, _, rest = channel.partition(":")
    if kind == "dm":
        return {"type": "direct", "to": json.dumps([int(rest)])}
    stream, _, topic = rest.partition("/")
    return {"type": "stream", "to": stream, "topic": topic}


def _narrow(channel: str) -> list[dict[str, Any]]:
    kind, _, rest = channel.partition(":")
    if kind == "dm":
        return [{"operator": "dm", "operand": [int(rest)]}]
    stream, _, topic = rest.partition("/")
    return [
        {"operator": "channel", "operand": int(stream)},
        {"operator": "topic", "operand": topic},
    ]
