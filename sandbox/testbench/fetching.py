"""Gets what stands at a public address, through the guard: for lists and links by others that a
person names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from sandbox.exchange import Exchange
from sandbox.testbench.script import Request
from sandbox.testbench.sending import Sender

Way = Callable[[], httpx.AsyncBaseTransport]
"""Makes a guarded way to the network, for one request."""


async def exchanged(request: Request, way: Way) -> Exchange:
    """Returns what a request to an absolute address comes to; one without a response says in
    `failure` why.
    """
    async with Sender("", transport=way()) as send:
        return await send(request)


def got(address: str, way: Way) -> bytes:
    """Returns the body at an address; for whoever has no loop of events, such as a command.

    Raises:
        OSError: Nothing came, or a status that is not 200.
    """
    accept = {"Accept": "application/did+json, application/json, application/jose"}
    answer = asyncio.run(exchanged(Request("GET", address, accept), way))
    if answer.failure or answer.status != 200:
        raise OSError(answer.failure or f"HTTP {answer.status}")
    return answer.body
