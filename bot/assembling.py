"""Wires the bot's parts around one chat: incoming deliveries, dispatcher, follower, outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from bot.api import Sandbox
from bot.chat import Chat
from bot.digests import Digests
from bot.dispatcher import Dispatcher
from bot.follower import Follower
from bot.outbox import Outbox
from bot.service import Service
from bot.store import Store


@asynccontextmanager
async def at_work(
    store: Store,
    chat: Chat,
    *,
    sandbox: str,
    session: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Dispatcher]:
    """Follows, digests and sends until the block is left; yields the dispatcher, which takes what
    people say.

    `sandbox` is its address, `session` one that may see every run.
    """
    api = Sandbox(sandbox, transport=transport)
    follower = Follower(api, store, secret=session)
    outbox = Outbox(chat, store)

    def touch(run: str) -> None:
        outbox.poke()
        if run:
            follower.touch(run)

    works = (follower.listen(), follower.look(), outbox.run(), Digests(api, store).look())
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield Dispatcher(Service(api, store), store, touch=touch)
    finally:
        for task in tasks:
            task.cancel()
        # first the tasks: one of them may be in the middle of a call
        await asyncio.gather(*tasks, return_exceptions=True)
        await api.close()
