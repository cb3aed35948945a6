"""Tells announcements of facilitators, whoever made them where: by page, API or chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.api import Sandbox
from bot.cards import HERE, Card
from bot.store import Store
from bot.subscribers import Subscribers
from bot.words import LANGUAGES, Language, language_of, say

PATH = "/api/announcements"
PLACE = "announced"
"""Of the store: behind which announcement all is told."""
CALLED = re.compile(r"(?:^|\s)@here(?!\w)")
TAGGED = re.compile(rf"(?:^|\n|\s[/|]\s)\s*({'|'.join(LANGUAGES)}):\s", re.IGNORECASE)


def texts_by_language(text: str, language: Language) -> dict[str, str]:
    """Returns what is announced in each language.

    Args:
        text: `en: … / es: … / pt: …`, or, without such a word at its beginning, one text for all.
        language: Of a text that names none.
    """
    parts = TAGGED.split(text)
    if parts[0].strip() or len(parts) < 2:
        return {language: text}
    tags, texts = parts[1::2], parts[2::2]
    return {tag.casefold(): said.strip() for tag, said in zip(tags, texts, strict=True)}


def announcement_card(announcement: Any, language: Language) -> Card:
    """Returns an announcement in a language, in English or the first one where it has none.

    Args:
        announcement: As `/api/announcements` gives it.
        language: Of those who read it.
    """
    texts: Mapping[str, str] = announcement["texts"]
    text = texts.get(language) or texts.get("en") or next(iter(texts.values()))
    # who may announce may wake whoever is there: nobody else's words ever do
    calls = (HERE,) if announcement["wakes"] else ()
    return Card(say("said.announcement", language), lines=(text,), calls=calls)


def announcement_key(announcement: Any, channel: str) -> str:
    """Returns the name by which an announcement is told once in a place."""
    return f"announce:{announcement['id']}:{channel}"


class Announcements:
    """Puts announcements into the outbox, each once in each place.

    Args:
        sandbox: Is asked for them.
        store: Holds the outbox, and up to which all is told.
        subscribers: Know the places.
        secret: The bot's own session.
    """

    def __init__(
        self, sandbox: Sandbox, store: Store, subscribers: Subscribers, *, secret: str
    ) -> None:
        self._sandbox = sandbox
        self._store = store
        self._subscribers = subscribers
        self._secret = secret

    async def begin(self) -> None:
        """Notes what was announced before this bot listened for the first time, which is not told
        any more; raises Refused, Away.
        """
        if self._store.place(PLACE) < 0:
            ids = [row["id"] for row in await self._all()]
            self._store.put_place(max(ids, default=-1) + 1, PLACE)

    async def look(self) -> None:
        """Tells what is new; raises Refused, Away."""
        rows = await self._all()
        channels = await self._subscribers.channels()
        for row in sorted(rows, key=_number):
            # read behind the questions: another look may have told it meanwhile
            if row["id"] < self._store.place(PLACE):
                continue
            with self._store.writing():
                if not row["is_ended"]:
                    self._tell(row, channels)
                self._store.put_place(row["id"] + 1, PLACE)

    def _tell(self, row: Any, channels: Mapping[str, str]) -> None:
        for channel, tag in channels.items():
            card = announcement_card(row, language_of(tag))
            body = {"card": asdict(card), "run": "", "thread": ""}
            self._store.put_outgoing(announcement_key(row, channel), "post", channel, body)

    async def _all(self) -> list[Any]:
        path = f"{PATH}?all=yes"
        rows: list[Any] = await self._sandbox.ask("GET", path, secret=self._secret, language="en")
        return rows


def _number(row: Any) -> int:
    return int(row["id"])
