"""What a system has written may be found a little later: a cache repeats an older search, an index
is built in the background.

So before a test fails, its searches are asked again after a wait, its writes never; and whoever
reads the failure is told which answers came from a cache (RFC 9111, RFC 9211).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.limits import SETTLE_SECONDS, SETTLE_TESTS, SETTLE_TIMES
from sandbox.testbench.script import Request

Patience = Callable[[int, Exchange], Awaitable[bool]]
"""Waits and tells whether a test is to ask its searches again: takes how often it has, and its
first search.
"""
# No standard has X-Cache, but HAPI and most proxies say in it whether they answered from store.
CACHES = ("Age", "X-Cache", "Cache-Status")


class Waiting:
    """The patience of one run: some tests wait in vain, those behind them do not wait any more."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._in_vain = 0

    async def __call__(self, times: int, first: Exchange) -> bool:
        """Waits before the next time; False where it was asked often enough."""
        if self._in_vain >= SETTLE_TESTS:
            return False
        if times >= SETTLE_TIMES:
            self._in_vain += 1
            return False
        await self._sleep(SETTLE_SECONDS * 2**times)
        return True


def is_read(request: Request) -> bool:
    """Tells whether a request changes nothing, so that it may be sent again (RFC 9110 9.2.1; FHIR
    R4 http.html#search).
    """
    return request.method in ("GET", "HEAD") or request.url.endswith("/_search")


def is_search(answer: Exchange) -> bool:
    """Tells whether an answer is what a search has found."""
    return answer.status == 200 and member(answer.json, "type") == "searchset"


def told_by_caches(answers: Sequence[Exchange]) -> Iterator[Finding]:
    """Tells of the searches that were answered from a cache, as their headers say."""
    key = "testbench.from_cache"
    for answer in answers:
        if is_search(answer) and (told := _cached(answer)):
            yield Finding(key, "information", key, where=answer.url, found=told)


def _cached(answer: Exchange) -> str:
    """Returns the header by which an answer came from a cache; empty where none says so."""
    for name in CACHES:
        value = answer.header(name)
        is_old = value.isdecimal() and int(value) > 0 if name == "Age" else "hit" in value.lower()
        if is_old:
            return f"{name}: {value}"
    return ""
