"""How a notice reaches a subscriber: what every carrier takes and answers, and webhooks.

A webhook is sent through the guard, as any request to a team's system: no private address unless a
facilitator allowed it, and no redirect.  Of the reply nothing counts but its status.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

from sandbox import __version__
from sandbox.errors import SandboxError
from sandbox.event.identity import TeamId
from sandbox.notices.signing import headers_for
from sandbox.notices.subscriptions import Subscription, Subscriptions
from sandbox.notices.wording import payload_of
from sandbox.store.notices import NoticeRow

SECONDS = 10.0
"""What a receiver may take at most, whatever it does meanwhile."""
AGENT = f"connectathon-sandbox/{__version__}"
GONE = 410
WAITING = (429, 503)
LONGEST_WAIT = 3600
Way = Callable[[TeamId], httpx.AsyncBaseTransport]
"""Returns the guarded way to the addresses of a team."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try.

    Attributes:
        outcome: The status of the reply, or a word of `notices.outcome`.
        is_taken: Whether the notice has arrived.
        is_gone: Whether nothing more is to be sent there.
        wait: After how many seconds the receiver asks to be tried again; 0 where it does not say.
        is_try: Whether anything was sent at all.
    """

    outcome: str
    is_taken: bool = False
    is_gone: bool = False
    wait: int = 0
    is_try: bool = True


class Carrier(Protocol):
    """Brings a notice to a subscriber; what does not work is an answer, never an error."""

    async def carry(self, notice: NoticeRow, subscription: Subscription) -> Answer: ...


class Webhooks:
    """Signs and sends by HTTP.

    Args:
        subscriptions: Hold the secrets.
        way: Returns the guarded way to the addresses of a team.
        base_url: The public address of the sandbox; empty: the one by which somebody subscribed.
    """

    def __init__(self, subscriptions: Subscriptions, way: Way, *, base_url: str = "") -> None:
        self._subscriptions = subscriptions
        self._way = way
        self._base_url = base_url

    async def carry(self, notice: NoticeRow, subscription: Subscription) -> Answer:
        """Sends one, and returns what came of it."""
        try:
            secret = await asyncio.to_thread(self._subscriptions.secret_of, subscription)
        except SandboxError as error:
            # another process that shares the database may have the key
            return Answer(error.key, is_try=False)
        try:
            body = payload_of(notice, self._base_url or subscription.root)
            headers = {
                "content-type": "application/json",
                "user-agent": AGENT,
                **headers_for(notice.id, int(time.time()), body, secret),
            }
            async with asyncio.timeout(SECONDS):
                return await self._post(subscription, body, headers)
        except (TimeoutError, httpx.TimeoutException):
            return Answer("timeout")
        except httpx.HTTPError:
            return Answer("unreachable")
        except SandboxError as error:
            # of the guard or of TLS: its key says which
            return Answer(error.key)

    async def _post(
        self, subscription: Subscription, body: bytes, headers: dict[str, str]
    ) -> Answer:
        way = self._way(subscription.team)
        async with (
            httpx.AsyncClient(transport=way, timeout=SECONDS, trust_env=False) as client,
            # the body of the reply is not read: it may be endless
            client.stream("POST", subscription.target, content=body, headers=headers) as reply,
        ):
            status = reply.status_code
            wait = reply.headers.get("retry-after", "") if status in WAITING else ""
        return Answer(
            str(status),
            is_taken=200 <= status < 300,
            is_gone=status == GONE,
            wait=min(int(wait), LONGEST_WAIT) if wait.isdecimal() and len(wait) < 9 else 0,
        )
