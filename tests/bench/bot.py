"""What `make bench` says of the bot, as a process of its own, over the fake Slack with real HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import a_process, a_served_sandbox, until

COMMANDS = 500
STORMS = 5
RUNS = 20


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    storm, idle, calls, is_right = asyncio.run(_measured())
    name = f"/ct, {COMMANDS} at once: acknowledged, p95, median of {STORMS}"
    yield name, f"{storm * 1000:.0f} ms", "under 50 ms"
    yield "/ct run, idle: first message, p95", f"{_p95(idle) * 1000:.0f} ms", "under 30 ms"
    yield (
        "300 events of one run: calls of Slack",
        f"{calls}{'' if is_right else ', last state wrong'}",
        "at most 20",
    )


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


async def _measured() -> tuple[float, list[float], int, bool]:
    slack = FakeSlack()
    await slack.start()
    with tempfile.TemporaryDirectory() as folder, a_served_sandbox(Path(folder) / "event") as event:
        bot = await a_process(Path(folder), event, slack)
        await slack.command("help")
        await until(lambda: slack.told())
        storms = [await _storm(slack) for _ in range(STORMS)]
        idle = [await _first_message(slack, f"C-{number}") for number in range(RUNS)]
        calls, is_right = await _one_busy_run(slack, event)
        bot.terminate()
        await bot.wait()
    await slack.stop()
    return statistics.median(storms), idle, calls, is_right


async def _storm(slack: FakeSlack) -> float:
    """Returns in how many seconds all but one in twenty of the commands were acknowledged."""
    before = len(slack.told())
    waits = await asyncio.gather(*(slack.command("rnu") for _ in range(COMMANDS)))
    await until(lambda: len(slack.told()) == before + COMMANDS)
    return _p95(waits)


async def _first_message(slack: FakeSlack, channel: str) -> float:
    begun = time.perf_counter()
    await slack.command("run mhd.source sandbox", channel=channel)
    while not slack.in_channel(channel):
        await asyncio.sleep(0.001)
    taken = time.perf_counter() - begun
    await asyncio.sleep(0.5)  # until it is idle again
    return taken


async def _one_busy_run(slack: FakeSlack, event: str) -> tuple[int, bool]:
    """Sends a submission of which every test says something, again and again: about 300 events and more."""
    await slack.command("run mhd.source sandbox", channel="C-busy")
    await until(lambda: slack.in_channel("C-busy"))
    run = httpx.get(f"{event}/api/runs").json()[0]
    before = len(slack.calls)
    async with httpx.AsyncClient() as http:
        for _ in range(6):
            await http.post(
                event + run["inbox"], json={"resourceType": "Bundle", "type": "transaction"}
            )
            await asyncio.sleep(0.1)
        await http.post(f"{event}/api/runs/{run['id']}/finish", json={})
    card = slack.in_channel("C-busy")[0]
    await until(lambda: "State: done" in card.text)
    await asyncio.sleep(2)
    return len(slack.calls) - before, "State: done" in card.text
