"""Wires the bot's parts around one chat: incoming deliveries, dispatcher, follower, outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import httpx

from bot.api import Sandbox
from bot.by_clock import look_by_clock
from bot.chat import Chat, Ended
from bot.digests import Digests
from bot.dispatcher import Dispatcher
from bot.follower import Follower
from bot.outbox import Outbox
from bot.reading.intents import intents
from bot.reminding import Reminders
from bot.service import Service
from bot.store import Store
from bot.subscribers import Subscribers


def _touched(outbox: Outbox, follower: Follower, run: str) -> None:
    outbox.poke()
    if run:
        follower.touch(run)


@contextmanager
def cancelled_by(tasks: Iterable[asyncio.Task[None]]) -> Iterator[None]:
    """Cancels its block once a task says that the bot is let in no more, and raises that Ended."""
    block = asyncio.current_task()
    ended: list[Ended] = []

    def note_end(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Ended) and block is not None and not ended:
            ended.append(error)
            block.cancel()

    for task in tasks:
        task.add_done_callback(note_end)
    try:
        yield
    except asyncio.CancelledError:
        if ended:
            raise ended[0] from None
        raise


@asynccontextmanager
async def at_work(
    store: Store,
    chat: Chat,
    *,
    sandbox: str,
    session: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Dispatcher]:
    """Runs the bot in a chat until the block is left.

    Args:
        store: What it must remember.
        chat: Where it posts.
        sandbox: The address of the sandbox.
        session: A session that may see every run; it is the follower's.
        transport: Another way to it, for tests.

    Yields: The dispatcher, which takes what people say.

    Raises: Ended, where chat or sandbox let the bot in no more.
    """
    await asyncio.to_thread(intents)  # else who speaks first waits until the examples are learned
    api = Sandbox(sandbox, transport=transport)
    subscribers = Subscribers(api, store, chat, secret=session)
    follower = Follower(api, store, subscribers, secret=session)
    outbox = Outbox(chat, store, touch=follower.touch)
    digests = Digests(api, store, subscribers, secret=session)
    looks = (subscribers.look_once, digests.look_once, Reminders(api, store).look_once)
    works = (follower.listen(), follower.look(), outbox.run(), look_by_clock(looks))
    tasks = [asyncio.create_task(work) for work in works]
    try:
        with cancelled_by(tasks):
            touch = partial(_touched, outbox, follower)
            yield Dispatcher(Service(api, store, subscribers), store, touch=touch)
    finally:
        for task in tasks:
            task.cancel()
        # one of them may be in the middle of a call
        await asyncio.gather(*tasks, return_exceptions=True)
        await api.close()
