"""A sandbox on a socket, the fake Slack and the real bot between them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bot.chat import Pace
from bot.fakeslack.server import FakeSlack
from bot.fakeslack.workspace import Message
from bot.slack.running import BotSettings, running
from bot.store import Store
from bot.words import LANGUAGES, say
from sandbox.app import create_app
from sandbox.cli.serve import open_listener
from sandbox.settings import Settings
from tests.ready import a_prepared

PATIENCE = 180.0  # a test that passes never waits so long; one that hangs ends
AT_ONCE = Pace(0, 10_000)
Play = Callable[[FakeSlack], Awaitable[None]]


def get(url: str, **asked: Any) -> httpx.Response:
    """What a sandbox answers: on a busy machine late, and how soon is for `make bench` to say."""
    return httpx.get(url, timeout=PATIENCE, **asked)


def post(url: str, **asked: Any) -> httpx.Response:
    """What a sandbox answers to what it is sent."""
    return httpx.post(url, timeout=PATIENCE, **asked)


@contextmanager
def a_served_sandbox(
    folder: Path, *, twin: str = "", port: int = 0, grants: tuple[str, ...] = ()
) -> Iterator[str]:
    """The address of a sandbox on a socket of its own."""
    servers: list[uvicorn.Server] = []
    settings = a_prepared(Settings(folder, seed="training", twin=twin, grants=grants, graders=0))
    app = create_app(settings, is_stopping=lambda: servers[0].should_exit)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    servers.append(server)
    with open_listener(port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def session_of(event: str, code: str) -> str:
    """The session that somebody gets for a code."""
    return str(post(f"{event}/api/enter", json={"code": code}).json()["session"])


@asynccontextmanager
async def a_bot(
    folder: Path, sandbox: str, *, slack: FakeSlack, session: str = "", pace: Pace = AT_ONCE
) -> AsyncIterator[Store]:
    """The bot, connected to a fake that was started."""
    file = folder / "bot.sqlite"
    settings = BotSettings("xoxb-t", "xapp-t", sandbox, session, file, slack=slack.base, pace=pace)
    async with running(settings) as store:
        await slack.connected()
        yield store


async def a_process(folder: Path, event: str, slack: FakeSlack) -> asyncio.subprocess.Process:
    """The bot as a process of its own, once it listens."""
    tokens = {"SLACK_BOT_TOKEN": "xoxb-t", "SLACK_APP_TOKEN": "xapp-t", "SLACK_API_URL": slack.base}
    command = [sys.executable, "-m", "sandbox.cli", "bot", "--server", event, "--data", str(folder)]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **tokens}, stdout=asyncio.subprocess.DEVNULL
    )
    await slack.connected()
    return process


def answers(slack: FakeSlack, user: str = "U1") -> list[Message]:
    """What one person alone was told, but for that a run has begun."""
    begun = [
        re.escape(f"… {say('said.started', language, run='RUN')}").replace("RUN", r"\w+")
        for language in LANGUAGES
    ]
    return [
        one
        for one in slack.told(user)
        if not any(re.fullmatch(sentence, one.text) for sentence in begun)
    ]


async def until(is_so: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Waits until something is so; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)


def played(play: Play) -> None:
    """Starts a fake Slack for one play."""

    async def whole() -> None:
        slack = FakeSlack()
        # how soon the bot acknowledges is for `make bench` to say
        slack.behaviour.patience = PATIENCE
        await slack.start()
        try:
            await play(slack)
        finally:
            await slack.stop()

    asyncio.run(whole())
