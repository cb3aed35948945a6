"""The bot as a whole on Slack: put together once, started and stopped as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.api import Sandbox
from bot.desk import Desk
from bot.fakeslack.page import page_routes
from bot.fakeslack.server import FakeSlack
from bot.follower import Follower
from bot.service import Service
from bot.slack.app import SlackFace
from bot.slack.outbox import CHANNEL_SECONDS, Outbox
from bot.slack.socket import connected
from bot.store import Store
from bot.words import Language

SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What the bot needs: two tokens of Slack, the sandbox with a session that may see every run, and a file.

    `slack` is the address of the Web API, with a slash at its end; `channel_seconds` the pause between posts;
    `signing_secret` is by what requests over HTTP are known to be Slack's.
    """

    bot_token: str
    app_token: str
    sandbox: str
    session: str
    file: Path
    language: Language = "en"
    slack: str = SLACK
    signing_secret: str = ""
    channel_seconds: float = CHANNEL_SECONDS


@asynccontextmanager
async def assembled(
    settings: BotSettings, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[tuple[AsyncApp, Store]]:
    """Runs the bot without any way in, until the block is left; yields the app that takes what Slack delivers."""
    store, sandbox = Store(settings.file), Sandbox(settings.sandbox, transport=transport)
    # without the library's own retry, which posts again what may have arrived: the outbox looks first
    client = AsyncWebClient(token=settings.bot_token, base_url=settings.slack, retry_handlers=[])
    follower = Follower(sandbox, store, secret=settings.session)
    outbox = Outbox(client, store, channel_seconds=settings.channel_seconds)

    def touch(run: str) -> None:
        outbox.poke()
        if run:
            follower.touch(run)

    desk = Desk(Service(sandbox, store), store, touch=touch)
    app = AsyncApp(client=client, signing_secret=settings.signing_secret or None)
    SlackFace(desk, store, client, default=settings.language).listen(app)
    tasks = [asyncio.create_task(one) for one in (follower.listen(), follower.look(), outbox.run())]
    try:
        yield app, store
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await sandbox.close()
        store.close()


@asynccontextmanager
async def running(settings: BotSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Store]:
    """Runs the bot over Socket Mode until the block is left; yields its store."""
    opener = AsyncWebClient(token=settings.app_token, base_url=settings.slack)  # the socket is opened by the app token
    async with (
        assembled(settings, transport=transport) as (app, store),
        connected(app, app_token=settings.app_token, opener=opener),
    ):
        yield store


@asynccontextmanager
async def listening(settings: BotSettings) -> AsyncIterator[Starlette]:
    """Runs the bot over HTTP until the block is left; yields the application that Slack posts to, at /slack/events."""
    async with assembled(settings) as (app, _):
        handler = AsyncSlackRequestHandler(app)

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        yield Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


async def run_http(settings: BotSettings, *, host: str, port: int) -> None:
    """Runs the bot over HTTP until it is interrupted."""
    async with listening(settings) as app:
        await uvicorn.Server(uvicorn.Config(app, host=host, port=port, access_log=False)).serve()


async def run_demo(sandbox: str, *, folder: Path, language: Language, port: int, tell: Callable[[str], None]) -> None:
    """Runs the bot against a fake Slack of its own, with a page to type in, until it is interrupted.

    `tell` is given the address of the page.
    """
    slack = FakeSlack()
    base = await slack.start(port=port, more=page_routes(slack, language))
    file = folder / "bot-demo.sqlite"
    file.unlink(missing_ok=True)
    settings = BotSettings("xoxb-demo", "xapp-demo", sandbox, "", file, language, base, channel_seconds=0.2)
    try:
        async with running(settings):
            tell(base.removesuffix("api/"))
            await asyncio.Event().wait()
    finally:
        await slack.stop()


async def run_forever(settings: BotSettings) -> None:
    """Runs the bot until it is interrupted."""
    async with running(settings):
        await asyncio.Event().wait()
