"""Socket Mode with the acknowledgement first: Slack waits three seconds for it, whatever else is going on.

What bolt does for a delivery, and what the bot does behind that, waits its turn among a few at a time; so five hundred
commands at once are all acknowledged before the first of them is answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger("bot")
AT_ONCE = 16
STORM_SECONDS = 0.05


@asynccontextmanager
async def connected(app: AsyncApp, *, app_token: str, opener: AsyncWebClient) -> AsyncIterator[None]:
    """Listens until the block is left; `opener` opens the socket with the app token."""
    handler = AsyncSocketModeHandler(app, app_token, web_client=opener)
    waiting: asyncio.Queue[SocketModeRequest] = asyncio.Queue()

    async def acknowledge(client: Any, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        waiting.put_nowait(request)

    async def work() -> None:
        while True:
            request = await waiting.get()
            if waiting.qsize() >= AT_ONCE:  # a storm: let those that are still coming be acknowledged first
                await asyncio.sleep(STORM_SECONDS)
            try:
                await run_async_bolt_app(app, request)
            except Exception:
                log.exception("delivery failed", extra={"type": request.type})

    handler.client.socket_mode_request_listeners = [acknowledge]
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it without types
    workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
    try:
        yield
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        with suppress(Exception):  # a socket that is gone cannot be closed
            await handler.close_async()  # type: ignore[no-untyped-call]
