"""Zulip as a second chat: the same words, cards that change, and nothing said twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.cards import Button, Card, Table
from bot.chat import Pace
from bot.store import Store
from bot.words import LANGUAGES, Language
from bot.zulip.markdown import MOST_TEXT, markdown_of
from bot.zulip.running import ZulipSettings, running
from tests.bot.fakezulip import EMAIL, KEY, FakeZulip
from tests.bot.playing import a_served_sandbox, get, until
from tests.bot.test_blocks import cards

pytestmark = pytest.mark.slow

TOPIC = "stream:7/track 1"


def played_in(play: Callable[[FakeZulip], Awaitable[None]]) -> None:
    """Starts a fake Zulip for one play."""

    async def whole() -> None:
        zulip = FakeZulip()
        await zulip.start()
        try:
            await play(zulip)
        finally:
            await zulip.stop()

    asyncio.run(whole())


@asynccontextmanager
async def a_zulip_bot(
    folder: Path, sandbox: str, zulip: FakeZulip, *, session: str = "", language: Language = "en"
) -> AsyncIterator[Store]:
    """The bot, once its queue is there."""
    file, pace = folder / "zulip.sqlite", Pace(0, 1000)
    settings = ZulipSettings(zulip.site, EMAIL, KEY, sandbox, session, file, language, pace)
    async with running(settings) as store:
        await until(lambda: zulip._queue)
        yield store


def test_a_run_is_asked_for_in_a_topic_and_its_card_changes_there(tmp_path: Path) -> None:
    async def play(zulip: FakeZulip) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_zulip_bot(tmp_path, event, zulip, language="es"):
                zulip.write("corer fhir.basics", topic="track 1")
                await until(lambda: zulip.at("dm:1"))
                assert "¿Quisiste decir algo de esto?" in zulip.at("dm:1")[0].content
                zulip.write("correr fhir.basics sandbox", topic="track 1")
                await until(
                    lambda: zulip.at(TOPIC) and "Estado: terminada" in zulip.at(TOPIC)[0].content
                )
                card = zulip.at(TOPIC)[0]
                assert card.content.startswith("**✓ fhir.basics → sandbox")
                run = get(f"{event}/api/runs").json()[0]["id"]
                assert (
                    f"Correr de nuevo: escribe `repetir {run}`" in card.content
                )  # words where Slack has a button
                zulip.write(f"repetir {run}")
                await until(
                    lambda: any("Estado: terminada" in one.content for one in zulip.at("dm:1"))
                )
                await until(lambda: any("@**|1**" in one.content for one in zulip.at("dm:1")))
                zulip.write("correr")  # no forms here: the words are told
                await until(lambda: "correr PISTA SISTEMA" in zulip.at("dm:1")[-1].content)
        assert zulip.refusals == []

    played_in(play)


def test_too_many_a_lost_answer_and_an_expired_queue_lose_nothing_and_say_nothing_twice(
    tmp_path: Path,
) -> None:
    async def play(zulip: FakeZulip) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_zulip_bot(tmp_path, event, zulip) as store:
                zulip.write("help")
                await until(lambda: zulip.at("dm:1"))
                zulip.too_many, zulip.lost = 2, 1
                zulip.write("run fhir.basics sandbox", topic="track 1")
                await until(lambda: zulip.at(TOPIC) and "State: done" in zulip.at(TOPIC)[0].content)
                await until(lambda: not store.outgoing() and not store.outgoing(state="sending"))
                # the card once, and once the call of whoever asked
                card, called = zulip.at(TOPIC)
                assert "State: done" in card.content
                assert called.content.endswith("@**|1**")
                zulip.expire()
                zulip.write("status")  # while no queue is there
                await until(lambda: len(zulip.at("dm:1")) == 3)
                assert "has begun" in zulip.at("dm:1")[1].content
                assert "fhir.basics" in zulip.at("dm:1")[2].content
        assert zulip.refusals == ["BAD_EVENT_QUEUE_ID"]
        assert len(zulip.at("dm:1")) == 3

    played_in(play)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_is_within_the_limit_and_mentions_nobody(language: Language) -> None:
    for card in cards(language):
        assert 0 < len(markdown_of(card, language)) <= MOST_TEXT
    text = markdown_of(
        Card("@**all**", lines=("@*group*",), table=Table("c", ("a|b",), (("",),))), language
    )
    assert "@**" not in text
    assert "@*" not in text
    assert "| a/b |" in text


def test_a_button_is_told_as_words_that_are_read_as_the_same_wish() -> None:
    held = {"run": "r1", "which": "failed", "version": "done.none.0"}
    text = markdown_of(Card("t", buttons=(Button("Re-run failed", "rerun", held),)), "pt")
    assert "`repetir r1 failed`" in text
