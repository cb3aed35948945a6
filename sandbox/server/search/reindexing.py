"""Search values written anew: after an update of this program that reads more, or other, values
from a resource.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import chain

from sandbox.definitions.r4 import parameters_edition
from sandbox.errors import NotReady
from sandbox.fhir.json import parse_json
from sandbox.server.search.extraction import extract_search_values
from sandbox.store.resources import ResourceStore
from sandbox.threads import run_in_threadpool

log = logging.getLogger("sandbox.server")

# Counts up when the values that are extracted change without a change of the parameters themselves.
EXTRACTION = 3
FACT = "search values"
BASES = "bases"
# The Host header is whatever a client sends; without a limit every made-up one would be stored.
MOST_BASES = 20
PAGE = 500
TRY_AGAIN_SECONDS = 5


def edition() -> str:
    """Returns what the search values of this program are made by."""
    return f"{EXTRACTION} {parameters_edition()}"


def remember_base(store: ResourceStore, base: str) -> None:
    """Keeps the addresses under which this server was written to: an absolute reference below one
    is a local one.
    """
    bases = (store.fact(BASES) or "").split()
    if base not in bases and len(bases) < MOST_BASES:
        store.set_fact(BASES, " ".join([*bases, base]))


def bring_up_to_date(store: ResourceStore) -> None:
    """Reindexes a database that another edition wrote; a new one is only marked."""
    if store.fact(FACT) == edition():
        return
    done = reindex(store)
    if done:
        log.warning("search values written anew", extra={"resources": done})


def mark_new(store: ResourceStore) -> None:
    """Notes of a database that holds nothing that this edition writes it."""
    if store.fact(FACT) is None and not store.count_by_type():
        store.set_fact(FACT, edition())


def reindex(store: ResourceStore) -> int:
    """Writes the search values of every resource anew; returns how many resources there are."""
    return sum(_pages_written_anew(store))


class CatchingUp:
    """What another edition wrote is brought up to date, page by page, so that a server can say how
    far it is.

    Args:
        stores: All of a server; those of this edition are left alone.
    """

    def __init__(self, stores: Sequence[ResourceStore]) -> None:
        older = [store for store in stores if store.fact(FACT) != edition()]
        self.count = sum(sum(store.count_by_type().values()) for store in older)
        self.done = 0
        self.is_over = not older
        self._pages = chain.from_iterable(map(_pages_written_anew, older))
        if self.count:
            log.warning("search values of %d resources are written anew", self.count)

    def go_on(self, *, is_enough: Callable[[], bool]) -> None:
        """Writes pages until all are written, or until it is enough for now."""
        while not (self.is_over or is_enough()):
            page = next(self._pages, None)
            self.done += page or 0
            self.is_over = page is None
        if self.is_over and self.done:
            log.warning("search values of %d resources are written", self.done)

    def check(self) -> None:
        """Raises NotReady until all is written: a search would miss what is still to come."""
        if not self.is_over:
            raise NotReady(
                "web.catching_up", done=self.done, count=self.count, seconds=TRY_AGAIN_SECONDS
            )


@asynccontextmanager
async def once_caught_up(
    catching_up: CatchingUp, work: AbstractAsyncContextManager[None]
) -> AsyncIterator[None]:
    """Goes on catching up beside the requests, and enters what rests on it behind that.

    Args:
        catching_up: What is over already where there was little to do.
        work: What is not to begin before, and is left at the end.
    """
    is_stopping = threading.Event()
    async with AsyncExitStack() as stack:

        async def begin() -> None:
            try:
                await run_in_threadpool(catching_up.go_on, is_enough=is_stopping.is_set)
            except Exception:
                log.exception("search values could not be written anew")
            if catching_up.is_over:
                await stack.enter_async_context(work)

        if catching_up.is_over:
            await stack.enter_async_context(work)
            yield
            return
        beginning = asyncio.create_task(begin())
        yield
        is_stopping.set()
        await beginning


def _pages_written_anew(store: ResourceStore) -> Iterator[int]:
    """Writes a page at a time, and yields how many resources it had."""
    bases = (store.fact(BASES) or "").split()
    after = 0
    while True:
        # read and written in one: a resource changed or deleted meanwhile keeps its own values
        with store.writing():
            rows = store.current(after=after, count=PAGE)
            for pk, version in rows:
                body = parse_json(version.body or b"{}")
                store.replace_values(pk, extract_search_values(body, bases=bases))
        if not rows:
            break
        after = rows[-1][0]
        yield len(rows)
    store.set_fact(FACT, edition())
