"""The bot in Slack: over Socket Mode, over HTTP, or against a fake Slack of its own with a page to
type in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bot.alone import alone_on
from bot.assembling import at_work
from bot.chat import Pace
from bot.fakeslack.page import page_routes
from bot.fakeslack.server import FakeSlack
from bot.incoming import Incoming
from bot.sealing import Seal
from bot.slack.app import SlackFace, actor_of
from bot.slack.http import receiver
from bot.slack.installing import Installing, OwnApp
from bot.slack.posting import PACE
from bot.slack.socket import connected
from bot.slack.workspaces import Workspaces
from bot.store import Store
from bot.words import Language

SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What the bot in Slack needs to know.

    Attributes:
        bot_token: For the Web API (`xoxb-…`).
        app_token: Opens the socket (`xapp-…`).
        sandbox: The address of the sandbox.
        session: One of the sandbox that may see every run.
        file: Holds the bot's store; it is made where it is not there.
        language: Of people who have chosen none, and whose locale is none of ours.
        slack: The address of the Web API, with a slash at its end.
        signing_secret: By what requests over HTTP are known to be Slack's.
        client_id: The app's own id, by which other workspaces install it; empty for one workspace
            alone.
        client_secret: By what Slack knows the app when a workspace installs it.
        redirect: Where Slack sends whoever installs it back; empty for what the app's settings say.
        pace: How fast Slack may be called.
        reads: Whether other workspaces are asked to let the bot read in channels.
    """

    bot_token: str
    app_token: str
    sandbox: str
    session: str
    file: Path
    language: Language = "en"
    slack: str = SLACK
    signing_secret: str = ""
    pace: Pace = PACE
    client_id: str = ""
    client_secret: str = ""
    redirect: str = ""
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Assembled:
    """The bot without any way in: the application, what takes deliveries, the store, and where the
    app is installed.
    """

    app: AsyncApp
    incoming: Incoming
    store: Store
    workspaces: Workspaces


@asynccontextmanager
async def assembled(
    settings: BotSettings, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Assembled]:
    """Runs the bot without any way in, until the block is left."""
    # the store is the last to go: what ends may still write
    with alone_on(settings.file), closing(Store(settings.file)) as store:
        async with _assembled(settings, store, transport) as assembly:
            yield assembly


@asynccontextmanager
async def _assembled(
    settings: BotSettings, store: Store, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator[Assembled]:
    workspaces = Workspaces(
        store,
        Seal(settings.file.with_suffix(".key")),
        base=settings.slack,
        token=settings.bot_token,
        pace=settings.pace,
    )
    await workspaces.greet()

    # a function: bolt gives a method itself as an argument
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return await workspaces.authorize(enterprise_id, team_id)

    # a delivery is worked off when its listener has come to its end: its acknowledgement went
    # before
    app = AsyncApp(
        client=AsyncWebClient(base_url=settings.slack, retry_handlers=[]),
        authorize=authorize,
        signing_secret=settings.signing_secret or None,
        process_before_response=True,
    )
    known = {"sandbox": settings.sandbox, "session": settings.session}

    async def dispatch(_: str, payload: Any) -> None:
        await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))

    async with at_work(store, workspaces, **known, transport=transport) as dispatcher:
        SlackFace(dispatcher, store, workspaces, default=settings.language).listen(app)
        incoming = Incoming(store, dispatch, whose=actor_of)
        working = asyncio.create_task(incoming.run())
        try:
            yield Assembled(app, incoming, store, workspaces)
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


def install_routes(settings: BotSettings, assembly: Assembled) -> list[Route]:
    """Returns the way by which other workspaces install the app; none without the app's own id.

    Args:
        settings: With the app's own id and secret.
        assembly: Where installations are kept.
    """
    if not settings.client_id:
        return []
    app = OwnApp(
        settings.client_id, settings.client_secret, settings.redirect, reads=settings.reads
    )
    return Installing(
        assembly.workspaces,
        assembly.store,
        app,
        base=settings.slack,
        language=settings.language,
    ).routes()


@asynccontextmanager
async def running(
    settings: BotSettings, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Store]:
    """Runs the bot over Socket Mode until the block is left; yields its store."""
    # the socket is opened by the app token
    opener = AsyncWebClient(token=settings.app_token, base_url=settings.slack)
    async with (
        assembled(settings, transport=transport) as assembly,
        connected(assembly.app, assembly.incoming, app_token=settings.app_token, opener=opener),
    ):
        yield assembly.store


@asynccontextmanager
async def listening(settings: BotSettings) -> AsyncIterator[Starlette]:
    """Runs the bot over HTTP until the block is left; yields the application that Slack posts
    to.
    """
    async with assembled(settings) as assembly:
        yield receiver(
            assembly.incoming,
            signing_secret=settings.signing_secret,
            more=install_routes(settings, assembly),
        )


async def run_http(settings: BotSettings, *, host: str, port: int) -> None:
    """Runs the bot over HTTP until it is interrupted."""
    async with listening(settings) as app:
        await uvicorn.Server(uvicorn.Config(app, host=host, port=port, access_log=False)).serve()


async def run_demo(
    sandbox: str, *, folder: Path, language: Language, port: int, tell: Callable[[str], None]
) -> None:
    """Runs the bot against a fake Slack of its own, with a page to type in, until it is
    interrupted.

    Args:
        sandbox: The address of the sandbox.
        folder: Where the bot keeps its store meanwhile.
        language: Of the page and the bot.
        port: Of the page.
        tell: Is called once with the address of the page.
    """
    slack = FakeSlack()
    base = await slack.start(port=port, more=page_routes(slack, language))
    file = folder / "bot-demo.sqlite"
    # the fake forgets its messages, so the bot must forget where it put them
    file.unlink(missing_ok=True)
    pace = Pace(channel_seconds=0.2, changes_a_minute=600)
    settings = BotSettings("xoxb-demo", "xapp-demo", sandbox, "", file, language, base, pace=pace)
    try:
        async with running(settings):
            tell(base.removesuffix("api/"))
            await asyncio.Event().wait()
    finally:
        await slack.stop()


async def run_forever(settings: BotSettings) -> None:
    """Runs the bot until it is interrupted.

    Raises:
        Ended: Slack or the sandbox let it in no more.
    """
    async with running(settings):
        await asyncio.Event().wait()
