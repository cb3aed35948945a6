"""Socket Mode with the acknowledgement first: Slack waits three seconds for it, whatever else is
going on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Ended
from bot.incoming import Incoming
from bot.slack.app import key_of
from bot.slack.posting import ENDED


@asynccontextmanager
async def connected(
    app: AsyncApp, incoming: Incoming, *, app_token: str, opener: AsyncWebClient
) -> AsyncIterator[None]:
    """Listens until the block is left; `opener` opens the socket with the app token."""
    handler = AsyncSocketModeHandler(app, app_token, web_client=opener)

    async def acknowledge(client: Any, request: SocketModeRequest) -> None:
        # kept before it is acknowledged: what is lost here is delivered again
        await incoming.take(key_of(request.payload), request.type, request.payload)
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    # in place of bolt's own listener, which loses the acknowledgement where a handler fails at once
    handler.client.socket_mode_request_listeners = [acknowledge]
    try:
        await _open_once(opener, app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt has no types
        yield
    finally:
        with suppress(Exception):  # a socket that is gone cannot be closed
            await handler.close_async()  # type: ignore[no-untyped-call]


async def _open_once(opener: AsyncWebClient, app_token: str) -> None:
    """Asks for an address of a socket; raises Ended where Slack lets the bot in no more."""
    try:
        await opener.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        reason = str(error.response.get("error"))
        if reason in ENDED:  # the library would try for ever
            raise Ended("Slack", reason) from None
