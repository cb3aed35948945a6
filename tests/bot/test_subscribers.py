"""Subscriptions and announcements are the sandbox's: an older bot's are handed over once, and what is announced anywhere is told once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.announcing import Announcements, announcement_key, texts_by_language
from bot.api import Away, Sandbox
from bot.chat import Chat
from bot.records import Shown
from bot.store import Store, digest_place
from bot.subscribers import Subscribers
from bot.terminal import TerminalChat
from tests.bot.playing import a_served_sandbox, session_of
from tests.bot.test_identity import codes

OLD = """
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT, actor TEXT NOT NULL, channel TEXT NOT NULL,
    language TEXT NOT NULL, track TEXT NOT NULL, verdict TEXT NOT NULL, team TEXT NOT NULL,
    hour TEXT NOT NULL, told TEXT NOT NULL
);
INSERT INTO subscription VALUES
    (1, 'T1:U1', 'T1/C1', 'es', 'mhd', 'fail', '', '', ''),
    (2, 'T1:U1', 'T1/C2', 'pt', '', '', '', '18', '2026-11-29'),
    (3, 'T1:U9', 'T1/C3', 'en', '', '', '', '', '');
"""


class SlackLike(TerminalChat):
    """A chat of one workspace."""

    home = "slack:"

    def reaches(self, channel: str) -> bool:
        return channel.startswith("T1/")


class KilledStore(Store):
    """A file in which nobody lived to note that something was handed over."""

    def forget_old(self, number: int) -> None:
        pass


@dataclass(frozen=True)
class Served:
    """A sandbox with people, and their sessions."""

    event: str
    sessions: dict[str, str]

    def subscriptions(self) -> list[Any]:
        path = f"{self.event}/api/subscriptions?carrier=chat"
        rows: list[Any] = httpx.get(path, headers=self.headers("Bot")).json()
        return rows

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sessions[name]}"}

    def announce(self, text: str, **more: Any) -> Any:
        body = {"texts": {"en": text, "es": f"{text} (es)"}, **more}
        path = f"{self.event}/api/announcements"
        return httpx.post(path, json=body, headers=self.headers("Inés")).raise_for_status().json()


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


def an_old_file(folder: Path, served: Served) -> Path:
    """The file of a bot that kept subscriptions itself; U9 is no longer known to the sandbox."""
    file = folder / "bot.sqlite"
    store = Store(file)
    store.put_person("T1:U1", secret=served.sessions["Ana"], name="Ana")
    store.put_person("T1:U9", secret="a session that has ended", name="Otto")
    store.close()
    with sqlite3.connect(file) as database:
        database.executescript(OLD)
    return file


def test_what_an_older_bot_kept_is_handed_over_once_though_it_is_killed_between(
    tmp_path: Path, clean: Served
) -> None:
    file = an_old_file(tmp_path, clean)
    store: Store = KilledStore(file)
    # the sandbox is away: nothing is lost
    with pytest.raises(Away):
        asked(clean, store, _look, base="http://127.0.0.1:9")
    assert len(store.old_subscriptions()) == 3
    # killed behind the answer and before it was noted: it is asked for again
    first = store.old_subscriptions()[0]
    asked(clean, store, _look)
    store.close()

    store = Store(file)
    assert len(store.old_subscriptions()) == 3
    for _ in range(2):
        asked(clean, store, _look)
    rows = clean.subscriptions()
    assert [(row["target"], row["language"], row["by"], row["hour"]) for row in rows] == [
        ("slack:T1/C1", "es", "Ana", None),
        ("slack:T1/C2", "pt", "Ana", 18),
    ]
    assert rows[0]["narrowed"]["verdict"] == first.verdict == "fail"
    # the digest of that day was told by the older bot
    assert store.place(digest_place(rows[1]["id"])) == date(2026, 11, 29).toordinal()
    assert not store.has_old_subscriptions()
    store.close()


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
