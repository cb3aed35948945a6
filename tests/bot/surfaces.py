"""Four ways to say the same words to the bot: to its dispatcher itself, over Slack's socket, over HTTP, and in Zulip."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bot.assembling import at_work
from bot.cards import Form, as_text
from bot.chat import Pace
from bot.fakeslack.server import FakeSlack
from bot.grammar import Intent, Place
from bot.slack.running import BotSettings, listening
from bot.store import Store
from bot.terminal import TerminalChat
from tests.bot.fakezulip import FakeZulip
from tests.bot.playing import a_bot
from tests.bot.test_http import SECRET, signed
from tests.bot.test_zulip import a_zulip_bot


@dataclass(frozen=True)
class Surface:
    """`say` says a line as one of the people, by number; `heard` is all that was said so far, by place and state."""

    say: Callable[[int, str], Awaitable[object]]
    heard: Callable[[], list[tuple[str, str]]]
    store: Store


def numbered(kind: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Texts with their places, so that the same said again is another."""
    return [(f"{kind}{place}", text) for place, text in enumerate(texts)]


def shown_in(slack: FakeSlack) -> list[tuple[str, str]]:
    """Messages and forms."""
    titles = [one["title"]["text"] for one in slack.views]
    return numbered("m", [one.text for one in slack.messages]) + numbered("v", titles)


@asynccontextmanager
async def direct(folder: Path, sandbox: str, session: str) -> AsyncIterator[Surface]:
    """The dispatcher, without a chat."""
    store, chat, alone, numbers = (
        Store(folder / "direct.sqlite"),
        TerminalChat(),
        list[str](),
        count(),
    )
    async with at_work(store, chat, sandbox=sandbox, session=session) as dispatcher:

        async def say(user: int, text: str) -> None:
            actor = f"u{user}"
            language = store.language_of(actor) or "en"
            answer = await dispatcher.hear(
                text, Intent(actor, Place("here"), "help", {}, language, str(next(numbers)))
            )
            if answer is not None:
                alone.append(answer.usage if isinstance(answer, Form) else as_text(answer))

        yield Surface(
            say,
            lambda: numbered("a", alone) + numbered("m", map(as_text, chat.messages.values())),
            store,
        )
    store.close()


@asynccontextmanager
async def over_socket(folder: Path, sandbox: str, session: str) -> AsyncIterator[Surface]:
    """Slack over Socket Mode."""
    slack = FakeSlack()
    await slack.start()
    async with a_bot(folder, sandbox, slack=slack, session=session) as store:
        yield Surface(
            lambda user, text: slack.command(text, user=f"U{user}"), lambda: shown_in(slack), store
        )
    await slack.stop()
    assert not slack.refusals


@asynccontextmanager
async def over_http(folder: Path, sandbox: str, session: str) -> AsyncIterator[Surface]:
    """Slack over HTTP."""
    slack, numbers, file = FakeSlack(), count(), folder / "http.sqlite"
    await slack.start()
    settings = BotSettings(
        "xoxb-t",
        "",
        sandbox,
        session,
        file,
        slack=slack.base,
        signing_secret=SECRET,
        pace=Pace(0, 10_000),
    )
    async with (
        listening(settings) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.test") as http,
    ):

        async def say(user: int, text: str) -> None:
            command = {
                "command": "/ct", "text": text, "user_id": f"U{user}", "team_id": "TWORK", "channel_id": "C1",
                "trigger_id": f"t-{next(numbers)}", "api_app_id": "A1",
                "response_url": slack._response_url("C1", f"U{user}"),
            }  # fmt: skip
            body = urlencode(command).encode()
            reply = await http.post("/slack/events", content=body, headers=signed(body))
            assert reply.status_code == 200

        yield Surface(say, lambda: shown_in(slack), Store(file))
    await slack.stop()
    assert not slack.refusals


@asynccontextmanager
async def in_zulip(folder: Path, sandbox: str, session: str) -> AsyncIterator[Surface]:
    """Zulip, in one topic."""
    zulip = FakeZulip()
    await zulip.start()

    async def say(user: int, text: str) -> None:
        zulip.write(text, user=user, topic="t")

    async with a_zulip_bot(folder, sandbox, zulip, session=session) as store:
        yield Surface(
            say,
            lambda: numbered("z", [one.content for one in zulip.messages if one.sender == 9]),
            store,
        )
    await zulip.stop()


SURFACES = {"direct": direct, "socket": over_socket, "http": over_http, "zulip": in_zulip}
