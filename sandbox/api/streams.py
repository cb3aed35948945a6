"""Server-sent events: the log of a run, and where all runs move (WHATWG HTML 9.2)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import lru_cache, partial
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from sandbox.api.asking import number_of, person_of
from sandbox.errors import Forbidden, Unauthorized
from sandbox.event.evidence import shown_body
from sandbox.event.following import KEPT, Move
from sandbox.event.people_log import LOG as PEOPLE
from sandbox.event.rights import NOBODYS, Act, Whose, allow
from sandbox.event.run_service import RunService
from sandbox.store.attempts import LOG as INSTANCES
from sandbox.store.desk import LOG as GRADINGS
from sandbox.store.runs import ANNOUNCEMENTS, Event
from sandbox.threads import run_in_threadpool

HEADERS = {
    "Cache-Control": "no-store",
    # nginx collects a reply before it passes it on, unless the reply itself says not to
    "X-Accel-Buffering": "no",
}
HEARTBEAT = b": still here\n\n"  # a comment, which every client passes over
ASKED_AGAIN_SECONDS = 60.0
"""After so long a follower whose session has ended hears no more."""
ENDS = ("done", "cancelled")
FOLLOWED = {"instance": INSTANCES, "grading": GRADINGS, "announcement": ANNOUNCEMENTS}
"""What moves beside runs: its name in an event, and how its logs' names begin; announcements have
one log.
"""
Stays = Callable[[], Awaitable[bool]]
"""Tells whether whoever began to follow may still do so."""


def streaming(stream: AsyncIterator[bytes]) -> StreamingResponse:
    """Returns a reply that goes on."""
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


def last_seen(request: Request) -> int | None:
    """Returns the id of the last event that a client has, which it says when it comes back; raises
    BadRequest.
    """
    last = request.headers.get("last-event-id", "")
    return number_of(last) if last else None


def staying(request: Request, act: Act, whose: Whose = NOBODYS) -> Stays:
    """Returns what tells whether a session is still good, and its person may still do this."""

    async def stays() -> bool:
        try:
            allow(await person_of(request), act, whose)
        except (Unauthorized, Forbidden):
            return False
        return True

    return stays


async def follow_all(
    run_service: RunService, after: int | None, stays: Stays
) -> AsyncIterator[bytes]:
    """Yields where runs, test instances and hand-ins move behind a place, or from now on: no words,
    only which one and what kind; as long as the follower stays.
    """
    begin = await run_service.feed.place() if after is None else after
    # who comes back before anything has moved knows behind which place to go on
    yield f"id: {begin}\n\n".encode()
    follower = _Follower(stays)
    async with aclosing(run_service.feed.moves(begin)) as feed:
        async for moves in feed:
            if await follower.is_gone(moves):
                return
            if words := b"".join(map(_move, moves)):
                yield words
            elif not moves:
                yield HEARTBEAT


async def follow_run(
    run_service: RunService, id: str, stays: Stays, *, after: int, is_over: bool
) -> AsyncIterator[bytes]:
    """Yields the log of a run behind a number until the run has ended, or the follower is no more.

    Args:
        run_service: Where it is.
        id: The run.
        stays: Whether the follower may still see it.
        after: The number of the last line that is known.
        is_over: Whether it has ended already.
    """
    # looked at before the log is read: what comes between the two wakes this
    place = await run_service.feed.place()
    follower = _Follower(stays)
    async with aclosing(run_service.feed.moves(place)) as feed:
        moves: Sequence[Move] | None = [(place, id, "")]
        while moves is not None:
            if await follower.is_gone(moves):
                return
            has_moved = any(run == id for _, run, _ in moves)
            lines = await _lines(run_service, id, after) if has_moved else []
            for line in lines:
                yield _event(line)
                after = line.number
            # a stream without end would hold its connection for as long as a page is open
            if is_over or (lines and lines[-1].kind in ENDS):
                return
            if not moves:
                yield HEARTBEAT
            moves = await anext(feed, None)


def line_of(event: Event) -> dict[str, Any]:
    """Returns a line of a log as the API gives it."""
    return {
        "number": event.number,
        "kind": event.kind,
        "at": event.at,
        "body": shown_body(event),
    }


@lru_cache(maxsize=KEPT)
def _move(move: Move) -> bytes:
    """Returns what followers are sent of a line, the same for all of them."""
    place, log, kind = move
    told = _told(log, kind)
    return f"id: {place}\ndata: {json.dumps(told)}\n\n".encode() if told else b""


def _told(log: str, kind: str) -> dict[str, str]:
    """Returns what followers are told of a line; nothing of logs of the event itself, such as that
    of its people, which are nobody's to follow.
    """
    for name, begin in FOLLOWED.items():
        if log.startswith(begin):
            return {name: log.removeprefix(begin), "kind": kind}
    return {} if log.startswith("@") else {"run": log, "kind": kind}


class _Follower:
    """Somebody who may be removed, or whose session may end with time."""

    def __init__(self, stays: Stays) -> None:
        self._stays = stays
        self._asked = time.monotonic()

    async def is_gone(self, moves: Sequence[Move]) -> bool:
        """Asks again when people have changed, and now and then: hundreds follow at an event."""
        is_due = time.monotonic() - self._asked >= ASKED_AGAIN_SECONDS
        if not is_due and not any(run == PEOPLE for _, run, _ in moves):
            return False
        self._asked = time.monotonic()
        return not await self._stays()


async def _lines(run_service: RunService, id: str, after: int) -> list[Event]:
    """Returns the lines behind a number up to the one that ends the run."""
    events = await run_in_threadpool(partial(run_service.runs.events, id, after=after))
    ends = [index for index, event in enumerate(events) if event.kind in ENDS]
    return events[: ends[0] + 1] if ends else events


def _event(event: Event) -> bytes:
    line = json.dumps(line_of(event))
    return f"id: {event.number}\nevent: {event.kind}\ndata: {line}\n\n".encode()
