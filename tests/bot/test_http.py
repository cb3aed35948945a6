"""HTTP as the second way in: signed by Slack, refused otherwise, and once for each wish."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import httpx

from bot.chat import Pace
from bot.fakeslack.server import FakeSlack
from bot.incoming import Incoming
from bot.slack.http import MOST_BYTES, receiver
from bot.slack.running import BotSettings, listening
from tests.bot.playing import a_served_sandbox, get, played, until

SECRET = "the-signing-secret"


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    """The headers by which Slack says that a request is its own."""
    stamp = str(int(time.time()) - age)
    digest = hmac.new(
        secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256
    ).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip


def test_a_signed_command_is_carried_out_once_and_another_one_not_at_all(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            settings = BotSettings(
                "xoxb-t", "", event, "", tmp_path / "bot.sqlite", slack=slack.base, pace=Pace(0, 1000),
                signing_secret=SECRET,
            )  # fmt: skip
            command = {
                "command": "/ct", "text": "run fhir.basics sandbox", "user_id": "U1", "team_id": "TWORK",
                "channel_id": "C1", "trigger_id": "t-1", "api_app_id": "A1",
                "response_url": f"{slack.base.removesuffix('api/')}response/none",
            }  # fmt: skip
            body = urlencode(command).encode()
            async with listening(settings) as app:
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://bot.test"
                ) as http:
                    for headers in (signed(body, secret="another"), signed(body, age=400), {}):
                        reply = await http.post("/slack/events", content=body, headers=headers)
                        assert reply.status_code == 401
                    right = signed(body)
                    for _ in range(
                        3
                    ):  # the same again and again, as whoever has read along would send it
                        reply = await http.post("/slack/events", content=body, headers=right)
                        assert reply.status_code == 200
                    await until(
                        lambda: slack.in_channel() and "State: done" in slack.in_channel()[0].text
                    )
                    await asyncio.sleep(0.3)
            assert len(slack.in_channel()) == 1
            assert len(get(f"{event}/api/runs").json()) == 1

    played(play)


def test_a_body_that_tells_no_length_is_read_no_further_than_its_limit() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 20 * MOST_BYTES:
            read += 100_000
            yield bytes(100_000)

    async def ask() -> list[int]:
        # refused before anything could come in
        app = receiver(cast(Incoming, None), signing_secret=SECRET)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as http:
            large = await http.post("/slack/events", content=endless())
            odd = await http.post("/slack/events", content=b"", headers={"Content-Length": "two"})
        return [large.status_code, odd.status_code]

    assert asyncio.run(ask()) == [413, 401]
    assert read <= MOST_BYTES + 200_000
