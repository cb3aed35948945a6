"""Subscriptions and announcements are the sandbox's: what is announced anywhere is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.announcing import Announcements, announcement_key, texts_by_language
from bot.api import Away, Sandbox
from bot.chat import Chat
from bot.records import Shown
from bot.store import Store
from bot.subscribers import Subscribers
from bot.terminal import TerminalChat
from tests.bot.playing import a_served_sandbox, get, post, session_of
from tests.bot.test_identity import codes


class SlackLike(TerminalChat):
    """A chat of one workspace."""

    home = "slack:"

    def reaches(self, channel: str) -> bool:
        return channel.startswith("T1/")


@dataclass(frozen=True)
class Served:
    """A sandbox with people, and their sessions."""

    event: str
    sessions: dict[str, str]

    def subscriptions(self) -> list[Any]:
        path = f"{self.event}/api/subscriptions?carrier=chat"
        rows: list[Any] = get(path, headers=self.headers("Bot")).json()
        return rows

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sessions[name]}"}

    def announce(self, text: str, **more: Any) -> Any:
        body = {"texts": {"en": text, "es": f"{text} (es)"}, **more}
        path = f"{self.event}/api/announcements"
        return post(path, json=body, headers=self.headers("Inés")).raise_for_status().json()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("event")
    known = codes(folder / "event")
    with a_served_sandbox(folder / "event") as event:
        yield Served(event, {name: session_of(event, code) for name, code in known.items()})


@pytest.fixture
def clean(served: Served) -> Served:
    """The same, with nobody subscribed."""
    for row in served.subscriptions():
        path = f"{served.event}/api/subscriptions/{row['id']}"
        httpx.delete(path, headers=served.headers("Bot")).raise_for_status()
    return served


def asked(
    served: Served,
    store: Store,
    work: Callable[[Sandbox, Subscribers], Awaitable[Any]],
    *,
    chat: Chat | None = None,
    base: str = "",
) -> Any:
    """What comes of asking the sandbox, in the bot's name."""

    async def whole() -> Any:
        sandbox = Sandbox(base or served.event)
        secret = served.sessions["Bot"]
        subscribers = Subscribers(sandbox, store, chat or SlackLike(), secret=secret)
        try:
            return await work(sandbox, subscribers)
        finally:
            await sandbox.close()

    return asyncio.run(whole())


async def _look(_: Sandbox, subscribers: Subscribers) -> None:
    await subscribers.look_once()


def test_a_workspace_that_takes_the_app_out_is_told_nothing_more(
    tmp_path: Path, clean: Served
) -> None:
    store = Store(tmp_path / "bot.sqlite")

    async def subscribe(_: Sandbox, subscribers: Subscribers) -> None:
        for channel in ("T1/C1", "T12/C1"):
            await subscribers.make(channel, {}, person="", language="en")

    asked(clean, store, subscribe)
    store.forget_workspace("T1")
    with pytest.raises(Away):
        asked(clean, store, _look, base="http://127.0.0.1:9")
    for _ in range(2):
        asked(clean, store, _look)
    assert [row["target"] for row in clean.subscriptions()] == ["slack:T12/C1"]
    assert store.left_workspaces() == []
    store.close()


def test_an_announcement_is_told_once_in_each_place_of_this_bot_and_none_from_before(
    tmp_path: Path, clean: Served
) -> None:
    clean.announce("Before this bot was there")
    store = Store(tmp_path / "bot.sqlite")
    store.put_shown(Shown("r1", "T1/C-card", "es"))
    texts: dict[str, str] = {}

    async def play(sandbox: Sandbox, subscribers: Subscribers) -> None:
        secret = clean.sessions["Bot"]
        announcements = Announcements(sandbox, store, subscribers, secret=secret)
        await announcements.begin()
        for channel in ("T1/C1", "T2/of-another-bot"):
            await subscribers.make(channel, {}, person="", language="en")
        await subscribers.make("T1/C1", {"track": "mhd"}, person="", language="en")
        clean.announce("Lunch", wakes=True)
        # two looks at once, as after a reconnection
        await asyncio.gather(announcements.look(), announcements.look())
        await announcements.begin()
        await announcements.look()
        for outgoing in store.outgoing():
            texts[outgoing.channel] = outgoing.body["card"]["lines"][0]
            assert outgoing.body["card"]["calls"] == ["@here"]

    asked(clean, store, play)
    assert texts == {"T1/C1": "Lunch", "T1/C-card": "Lunch (es)"}
    assert len(store.outgoing()) == 2
    store.close()


def test_where_it_was_announced_it_stands_already(tmp_path: Path, clean: Served) -> None:
    store = Store(tmp_path / "bot.sqlite")
    store.put_shown(Shown("r1", "T1/C1", "en"))

    async def play(sandbox: Sandbox, subscribers: Subscribers) -> None:
        secret = clean.sessions["Bot"]
        announcements = Announcements(sandbox, store, subscribers, secret=secret)
        await announcements.begin()
        made = clean.announce("Lunch")
        card = {"card": {}, "run": "", "thread": ""}
        store.put_outgoing(announcement_key(made, "T1/C1"), "post", "T1/C1", card)
        store.settle(store.outgoing()[0], state="sent")
        await announcements.look()

    asked(clean, store, play)
    assert store.outgoing() == []
    store.close()


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Lunch at 12", {"pt": "Lunch at 12"}),
        ("en: Lunch / es: Almuerzo a las 12", {"en": "Lunch", "es": "Almuerzo a las 12"}),
        ("Room 2 / Sala 2", {"pt": "Room 2 / Sala 2"}),
    ],
)
def test_a_text_without_a_tag_is_in_the_language_of_whoever_announces(
    text: str, texts: dict[str, str]
) -> None:
    assert texts_by_language(text, "pt") == texts
