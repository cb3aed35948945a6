"""A team's own system in a notebook, by the alias under which it is registered on this machine: the
guard dials, and what lets in is added behind what a notebook can see.
"""

from __future__ import annotations

import asyncio
import os
import threading

import httpx

from sandbox.errors import NotFound
from sandbox.event.access import Access
from sandbox.event.systems import System, find_system
from sandbox.redact import hidden_by
from sandbox.sealing import Keys
from sandbox.settings import data_folder
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.store.sealed import SealedStore
from sandbox.testbench.guard import guarded_from_here
from sandbox.testbench.sending import read_capped

# the body is given on decoded
OF_THE_WAY = ("content-encoding", "content-length", "transfer-encoding")


def is_alias(text: str) -> bool:
    """Tells whether a system is named, and no address given."""
    return "://" not in text


def own_system(alias: str) -> tuple[System, httpx.AsyncBaseTransport]:
    """Returns a system that is registered on this machine, and the way to it.

    Raises:
        NotFound: None is registered by that alias, or a notebook is being graded.
    """
    # whoever grades would lend their own systems to the notebook of somebody else
    if os.environ.get("CONNECTATHON_GRADING"):
        raise NotFound("testbench.no_system", where=alias, name=alias, known="–")
    folder = data_folder()
    partitions = Partitions(folder, url=os.environ.get("DATABASE_URL", ""))
    try:
        system = find_system(alias, RunStore(partitions.main))
        access = Access(SealedStore(partitions.main), Keys(folder))
        return system, access.way_to(system, guarded_from_here)
    finally:
        partitions.close()


class Beneath(httpx.BaseTransport):
    """Lets a client of a notebook, which waits for each answer, go a way of the bench."""

    def __init__(self, way: httpx.AsyncBaseTransport) -> None:
        self._way = way
        # a notebook has an event loop of its own, in which no cell can wait for another
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def hidden(self) -> frozenset[str]:
        """Returns the secrets that were sent so far."""
        return hidden_by(self._way)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises what the way raises."""
        request.read()
        sending = asyncio.run_coroutine_threadsafe(self._send(request), self._loop)
        return sending.result()

    def close(self) -> None:
        """Closes the connections."""
        asyncio.run_coroutine_threadsafe(self._way.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        again = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=dict(request.extensions),
        )
        response = await self._way.handle_async_request(again)
        content = await read_capped(response)
        await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in OF_THE_WAY
        ]
        return httpx.Response(response.status_code, headers=headers, content=content)
