"""Runs the bot in Zulip: polls its events, and takes mentions and direct messages as commands."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.alone import alone_on
from bot.assembling import at_work
from bot.cards import Card, Form
from bot.chat import Busy, Never, Pace, Passing
from bot.dispatcher import Dispatcher
from bot.grammar import Intent, Place
from bot.incoming import Incoming
from bot.store import Store
from bot.words import Language
from bot.zulip.posting import PACE, ZulipChat
from bot.zulip.writing import Own, calls_another, meant

log = logging.getLogger("bot")
AWAY_SECONDS = 2.0
CATCHES_UP = 100  # messages that were written while no queue was there
PLACE = "zulip"


@dataclass(frozen=True, slots=True)
class ZulipSettings:
    """What the bot in Zulip needs to know.

    Attributes:
        site: The address of the server.
        email: The bot's own address there.
        key: The bot's API key.
        sandbox: The address of the sandbox.
        session: One of the sandbox that may see every run.
        file: Holds the bot's store; it is made where it is not there.
        language: Of people who have chosen none.
        pace: How fast the server may be called.
    """

    site: str
    email: str
    key: str
    sandbox: str
    session: str
    file: Path
    language: Language = "en"
    pace: Pace = PACE


class ZulipFace:
    """Turns what people write into intents for one dispatcher."""

    def __init__(self, chat: ZulipChat, store: Store, *, site: str, default: Language) -> None:
        self._chat = chat
        self._store = store
        self._host = urlsplit(site).netloc
        self._default = default

    async def listen(self, incoming: Incoming) -> None:
        """Reads the events without end; a queue that has expired is made anew, and what was missed
        is read.
        """
        while True:
            try:
                own = await self._own()
                queue = await self._chat.call(
                    "POST", "register", {"event_types": json.dumps(["message"])}
                )
                # behind the registering: what comes meanwhile stands in the queue, and counts once
                await self._catch_up(own, incoming)
                await self._follow(queue, own, incoming)
            except (Busy, Passing, Never, httpx.HTTPError) as error:
                log.warning("Zulip is away: %s", type(error).__name__)
            except Exception:
                log.exception("listening failed")
            await asyncio.sleep(AWAY_SECONDS)

    async def on_message(self, dispatcher: Dispatcher, message: Mapping[str, Any]) -> None:
        """A mention in a topic, or a direct message: what is for the asker alone is sent to them
        directly.
        """
        sender = int(message["sender_id"])
        actor = f"zulip:{self._host}:{sender}"
        alone = f"dm:{sender}"
        is_direct = message["type"] != "stream"
        channel = alone if is_direct else f"stream:{message['stream_id']}/{message['subject']}"
        language = self._store.language_of(actor) or self._default
        place = Place(channel, asker=str(sender), is_alone=is_direct)
        intent = Intent(actor, place, "help", {}, language, f"z:{message['id']}")
        answer = await dispatcher.hear(str(message["content"]), intent)
        if isinstance(answer, Form):  # Zulip has none
            dispatcher.tell(Card(answer.usage, "bad"), intent)

    async def _own(self) -> Own:
        """Returns the bot's own user, by which it knows that it is meant."""
        me = await self._chat.call("GET", "users/me", {})
        return Own(int(me["user_id"]), str(me["full_name"]))

    async def _follow(self, queue: Mapping[str, Any], own: Own, incoming: Incoming) -> None:
        last = int(queue["last_event_id"])
        while True:
            asked = {"queue_id": queue["queue_id"], "last_event_id": last}
            for event in (await self._chat.call("GET", "events", asked))["events"]:
                last = int(event["id"])
                if event["type"] == "message":
                    message = {**event["message"], "flags": event.get("flags", [])}
                    await self._take(message, own, incoming)

    async def _catch_up(self, own: Own, incoming: Incoming) -> None:
        newest = self._store.place(PLACE)
        if newest < 0:
            return
        asked = {
            "anchor": newest,
            "num_before": 0,
            "num_after": CATCHES_UP,
            "apply_markdown": "false",
        }
        for message in (await self._chat.call("GET", "messages", asked))["messages"]:
            await self._take(message, own, incoming)

    async def _take(self, message: Mapping[str, Any], own: Own, incoming: Incoming) -> None:
        """Keeps what is for the bot, as it was meant, and up to where everything was read."""
        content = str(message["content"])
        is_for_us = message["type"] != "stream" or (
            "mentioned" in message.get("flags", ()) and not calls_another(content, own)
        )
        # neither its own nor another bot's words: two bots would answer each other for ever
        if (
            is_for_us
            and message["sender_email"] != self._chat.email
            and not message.get("sender_is_bot")
        ):
            names = ("id", "sender_id", "type", "stream_id", "subject", "content")
            kept = {name: message[name] for name in names if name in message}
            kept["content"] = meant(content, own)
            await incoming.take(f"z:{message['id']}", "message", kept)
        if int(message["id"]) > self._store.place(PLACE):
            self._store.put_place(int(message["id"]), PLACE)


def sender_of(message: Mapping[str, Any]) -> str:
    """Returns from whom a message comes."""
    return str(message["sender_id"])


@asynccontextmanager
async def running(settings: ZulipSettings) -> AsyncIterator[Store]:
    """Runs the bot in Zulip until the block is left; yields its store."""
    with alone_on(settings.file), closing(Store(settings.file)) as store:
        auth = (settings.email, settings.key)
        timeout = httpx.Timeout(30, read=120)  # the server holds a poll open for about a minute
        async with httpx.AsyncClient(
            base_url=settings.site, auth=auth, timeout=timeout, trust_env=False
        ) as http:
            chat = ZulipChat(
                http, email=settings.email, language=settings.language, pace=settings.pace
            )
            face = ZulipFace(chat, store, site=settings.site, default=settings.language)
            async with at_work(
                store, chat, sandbox=settings.sandbox, session=settings.session
            ) as dispatcher:

                async def work(_: str, message: Any) -> None:
                    await face.on_message(dispatcher, message)

                incoming = Incoming(store, work, whose=sender_of)
                tasks = [
                    asyncio.create_task(loop) for loop in (face.listen(incoming), incoming.run())
                ]
                try:
                    yield store
                finally:
                    for task in tasks:
                        task.cancel()
                    with suppress(asyncio.CancelledError):
                        await asyncio.gather(*tasks, return_exceptions=True)


async def run_forever(settings: ZulipSettings) -> None:
    """Runs the bot until it is interrupted."""
    async with running(settings):
        await asyncio.Event().wait()
