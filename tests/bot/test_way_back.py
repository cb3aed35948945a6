"""Whoever asks is answered: by the first way that takes it, soon in a storm, and with what to do where nobody can hear."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from bot.api import Away, Sandbox
from bot.chat import Ended, Pace
from bot.fakeslack.server import FakeSlack
from bot.slack.running import BotSettings, running
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, until


@pytest.mark.parametrize(
    ("shut", "says"), [("outside", "/invite @connectathon"), ("archived", "is archived")]
)
def test_where_the_bot_cannot_write_the_asker_is_told_and_gets_the_card(
    shut: str, says: str, tmp_path: Path
) -> None:
    async def play(slack: FakeSlack) -> None:
        getattr(slack.behaviour, shut).add("C9")
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("run fhir.basics sandbox", channel="C9")
                await until(lambda: any(says in one.text for one in answers(slack)))
                await until(lambda: any("State: done" in one.text for one in answers(slack)))
                assert slack.in_channel("C9") == []
                cards = [one for one in answers(slack) if "fhir.basics → sandbox" in one.text]
                assert {one.channel for one in cards} == {"D1"}
                await until(lambda: not store.outgoing())

    played(play)


@pytest.mark.daily("chat", share=0.25)
@pytest.mark.parametrize("fault", ["ratelimited", "503", "internal_error"])
@pytest.mark.parametrize(
    "method", ["response", "chat.postMessage", "chat.update", "conversations.open", "users.info"]
)
def test_one_fault_of_any_method_loses_nothing(method: str, fault: str, tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.faults[method] = [fault]
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("tracks")
                await slack.mention("run fhir.basics sandbox")
                await until(lambda: any("fhir.basics" in one.text for one in answers(slack)))
                await until(lambda: any("State: done" in one.text for one in slack.in_channel()))
                await until(lambda: not store.outgoing())
                assert store.outgoing(state="dead") == []

    played(play)


def test_an_address_that_is_used_up_is_followed_by_a_direct_message_and_that_by_an_ephemeral(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                slack.behaviour.faults["response"] = ["404"] * 2
                await slack.command("tracks")
                await until(lambda: answers(slack))
                assert answers(slack)[0].channel == "D1"
                slack.behaviour.faults["conversations.open"] = ["*missing_scope"]
                await slack.command("tracks", user="U2")
                await until(lambda: answers(slack, "U2"))
                assert answers(slack, "U2")[0].only_for == "U2"

    played(play)


def test_a_form_that_comes_too_late_is_told_with_what_to_write(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                slack.behaviour.faults["views.open"] = ["expired_trigger_id"]
                await slack.command("run")
                await until(lambda: answers(slack))
                assert "could not be opened in time" in answers(slack)[0].text
                await slack.click(answers(slack)[0], "Start a test run")
                await until(lambda: slack.views)

    played(play)


def test_each_of_twenty_who_start_at_once_hears_of_it_before_their_card_has_its_turn(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.posts_a_second = 1
        pace = Pace(600, 10_000)  # one after the other, the cards would need hours
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack, pace=pace):
                users = [f"U{number}" for number in range(20)]
                await asyncio.gather(
                    *(slack.command("run fhir.basics sandbox", user=user) for user in users)
                )
                await until(lambda: all(slack.told(user) for user in users))
                assert len(slack.in_channel()) < 20

    played(play)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
def test_a_token_that_is_taken_back_ends_the_bot_with_one_word(method: str, tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.faults[method] = ["*token_revoked"]
        file = tmp_path / "bot.sqlite"
        settings = BotSettings("xoxb-t", "xapp-t", "http://127.0.0.1:9", "", file, slack=slack.base)
        with pytest.raises(Ended, match="token_revoked"):
            async with running(settings):
                pass

    played(play)
    gc.collect()  # a socket or store that was left open fails this test, and not one that follows


def test_a_stream_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    async def play() -> None:
        async def stay_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\n\n")
            await writer.drain()
            await gone.wait()
            writer.close()

        gone = asyncio.Event()
        server = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        api = Sandbox(f"http://127.0.0.1:{port}", silence_seconds=0.1)
        with pytest.raises(Away):
            async for _ in api.moves(after=0, secret=""):
                pass
        await api.close()
        gone.set()
        server.close()
        await server.wait_closed()

    asyncio.run(play())
