"""What else goes on at an event while runs are played and pages are open: certificates are verified, notebooks are handed
in and graded, and a bot answers in a chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.fakeslack.server import FakeSlack

PATIENCE = 20.0
EACH_NOTEBOOK = 10
"""Seconds between two that are handed in: one takes a core for about as long."""


@dataclass
class Beside:
    """Asks once a second, and counts what came of it.

    Args:
        addresses: Those of the servers, the one to ask first in front.
        certificate: The text of one that is valid.
        notebook: One with its answers.
    """

    addresses: Callable[[int], list[str]]
    certificate: bytes
    notebook: bytes
    counts: Counter[str] = field(default_factory=Counter)
    gradings: list[str] = field(default_factory=list)

    async def go_on(self, is_on: Callable[[], bool], folder: Path) -> None:
        """Goes on until it is over; the bot keeps what it keeps in a folder."""
        number = 0
        async with (
            httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client,
            _chat(folder, self.addresses(1)[0]) as slack,
        ):
            asking: set[asyncio.Task[None]] = set()
            while is_on():
                works = [self._verify(client, number), self._type(slack)]
                if number % EACH_NOTEBOOK == 0:
                    works.append(self._hand_in(client, number))
                for work in works:
                    task = asyncio.create_task(work)
                    asking.add(task)
                    task.add_done_callback(asking.discard)
                number += 1
                await asyncio.sleep(1)
            await asyncio.gather(*asking)
            self.counts["answers in the chat"] = len(slack.told())

    def graded(self) -> Counter[str]:
        """Returns how many notebooks are in which state."""
        rows = httpx.get(f"{self.addresses(0)[0]}/api/gradings", timeout=PATIENCE, trust_env=False)
        return Counter(row["state"] for row in rows.json() if row["id"] in self.gradings)

    def is_graded(self) -> bool:
        """Tells whether all that was handed in is graded."""
        return not self.graded().keys() & {"queued", "grading"}

    async def _verify(self, client: httpx.AsyncClient, number: int) -> None:
        kind = {"Content-Type": "text/plain"}
        reply = await self._post(client, number, "/api/certificates", self.certificate, kind)
        is_valid = reply is not None and reply.json()[0]["verdict"] == "valid"
        self.counts["certificates valid" if is_valid else "certificates failed"] += 1

    async def _hand_in(self, client: httpx.AsyncClient, number: int) -> None:
        place = f"/api/gradings?team=Team-{number}&name=00_welcome.ipynb"
        # sent again where a server was gone, it is the same hand-in
        kind = {"Content-Type": "application/x-ipynb+json", "Idempotency-Key": f"n{number}"}
        reply = await self._post(client, number, place, self.notebook, kind)
        if reply is None:
            self.counts["notebooks not taken"] += 1
        else:
            self.gradings.append(str(reply.json()["id"]))

    async def _type(self, slack: FakeSlack) -> None:
        self.counts["typed in the chat"] += 1
        try:
            await slack.command("help")
        except TimeoutError:
            self.counts["not acknowledged in the chat"] += 1

    async def _post(
        self,
        client: httpx.AsyncClient,
        number: int,
        place: str,
        content: bytes,
        headers: dict[str, str],
    ) -> httpx.Response | None:
        """Asks one server, and the other where that one is gone: each of these may be sent twice."""
        for address in self.addresses(number):
            with contextlib.suppress(httpx.HTTPError):
                reply = await client.post(address + place, content=content, headers=headers)
                if reply.is_success:
                    return reply
        return None


@asynccontextmanager
async def _chat(folder: Path, server: str) -> AsyncIterator[FakeSlack]:
    """Gives a workspace in which the bot is, as a process of its own."""
    slack = FakeSlack()
    slack.behaviour.patience = PATIENCE
    await slack.start()
    tokens = {"SLACK_BOT_TOKEN": "xoxb-t", "SLACK_APP_TOKEN": "xapp-t", "SLACK_API_URL": slack.base}
    command = [sys.executable, "-m", "sandbox.cli", "bot", "--server", server]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--data", str(folder)),
        env={**os.environ, **tokens},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await slack.connected()
        yield slack
    finally:
        process.terminate()
        await process.wait()
        await slack.stop()
