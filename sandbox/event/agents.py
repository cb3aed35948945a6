"""Agents inside the networks of teams: what the bench asks of a system waits here until its agent
fetches it, and the agent brings what came.  The agent dials out; nobody dials in.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from sandbox.errors import BadRequest, NotFound, SandboxError
from sandbox.ids import random_id
from sandbox.limits import AGENT_POLL_SECONDS, AGENT_WAITING, ANSWER_SILENCE_SECONDS
from sandbox.testbench.entering import Place, place_of

GONE_SECONDS = 2 * AGENT_POLL_SECONDS  # without a word: the agent is taken as gone
VIA = "1.1 connectathon-agent"  # RFC 9110 7.6.3: evidence says by whom an answer was brought


class NotCarried(SandboxError):
    """What the bench asked did not come back from a team's agent."""

    status = 502
    issue = "transient"


@dataclass(frozen=True, slots=True)
class Carried:
    """A request of the bench as an agent gets it."""

    id: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Brought:
    """What an agent brings: an answer as it came, not decoded, or why there is none."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    failure: str = ""


@dataclass(slots=True)
class _Line:
    """What waits for the agent of one system."""

    waiting: deque[Carried] = field(default_factory=deque)
    answers: dict[str, asyncio.Future[Brought]] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    seen: float = 0.0
    at: str = ""


class Agents:
    """The agents of one server, by the alias of their system; a restart forgets them, and they come
    again.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lines: dict[str, _Line] = {}

    def is_there(self, system: str) -> bool:
        """Tells whether an agent has asked for work lately."""
        line = self._lines.get(system)
        return line is not None and self._now() - line.seen < GONE_SECONDS

    def listens(self, system: str, at: str) -> None:
        """Notes where the agent of a system takes what that sends; empty for nowhere."""
        self._lines.setdefault(system, _Line()).at = at

    def listener(self, system: str) -> str:
        """Returns where the agent of a system listens to it; empty where none does."""
        return self._lines[system].at if self.is_there(system) else ""

    async def fetch(self, system: str, *, seconds: float) -> Carried | None:
        """Returns the next request for a system; None where none came in time.

        Args:
            system: The alias.
            seconds: How long to wait.
        """
        line = self._lines.setdefault(system, _Line())
        line.seen = self._now()
        if not line.waiting:
            line.arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(line.arrived.wait(), seconds)
        line.seen = self._now()
        while line.waiting:
            carried = line.waiting.popleft()
            # whoever asked may have stopped waiting
            if carried.id in line.answers:
                return carried
        return None

    def bring(self, system: str, id: str, brought: Brought) -> None:
        """Hands an answer to whoever waits for it; raises NotFound where nobody does.

        Args:
            system: The alias.
            id: Of the request, as `fetch` gave it.
            brought: What the agent brings.
        """
        line = self._lines.get(system, _Line())
        waiting = line.answers.pop(id, None)
        if waiting is None or waiting.done():
            raise NotFound("access.nobody_waits", where=id)
        line.seen = self._now()
        waiting.set_result(brought)

    async def carry(self, system: str, carried: Carried) -> Brought:
        """Waits until the agent of a system has brought an answer.

        Raises:
            NotCarried: None came in time, too much waits, or the agent says why there is none.
        """
        line = self._lines.setdefault(system, _Line())
        if len(line.waiting) >= AGENT_WAITING:
            raise NotCarried("access.agent_busy", where=system, system=system)
        waiting: asyncio.Future[Brought] = asyncio.get_running_loop().create_future()
        line.answers[carried.id] = waiting
        line.waiting.append(carried)
        line.arrived.set()
        try:
            brought = await asyncio.wait_for(waiting, ANSWER_SILENCE_SECONDS)
        except TimeoutError:
            raise NotCarried(
                "access.agent_silent", where=system, system=system, seconds=ANSWER_SILENCE_SECONDS
            ) from None
        finally:
            line.answers.pop(carried.id, None)
        if brought.failure:
            raise NotCarried(
                "access.agent_failed", where=system, system=system, reason=brought.failure
            )
        return brought


class AgentTransport(httpx.AsyncBaseTransport):
    """Reaches the registered places of a system by its agent, all else by another transport."""

    def __init__(
        self, agents: Agents, system: str, places: frozenset[Place], other: httpx.AsyncBaseTransport
    ) -> None:
        self._agents = agents
        self._system = system
        self._places = places
        self._other = other

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises NotCarried, and what the other transport raises."""
        if place_of(str(request.url)) not in self._places:
            return await self._other.handle_async_request(request)
        body = await request.aread()
        headers = tuple(request.headers.multi_items())
        carried = Carried(random_id(), request.method, str(request.url), headers, body)
        brought = await self._agents.carry(self._system, carried)
        came = [pair for pair in brought.headers if pair[0].lower() != "transfer-encoding"]
        return httpx.Response(
            brought.status, headers=[*came, ("Via", VIA)], stream=httpx.ByteStream(brought.body)
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._other.aclose()


def checked(brought: Brought) -> Brought:
    """Returns what an agent brings; raises BadRequest for what is no answer of HTTP."""
    if not brought.failure and not 200 <= brought.status <= 599:
        raise BadRequest("testbench.bad_request", where="status", name="status")
    return brought
