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
MANY = 1000
AT_ONCE = 40


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


def chat_figures() -> Iterator[tuple[str, str, str]]:
    """Yields what `python -m tests.bench.bot` measures: private answers, twenty runs at once in one
    channel, and a thousand commands at forty at once.
    """
    answers, signs, cards, waits, lost = asyncio.run(_chat_measured())
    yield "command -> private answer, p95", f"{_p95(answers) * 1000:.0f} ms", "under 150 ms"
    yield f"{RUNS} runs at once: first sign, p95", f"{_p95(signs):.2f} s", "under 1 s"
    yield (
        f"{RUNS} runs at once: final card, p95 and last",
        f"{_p95(cards):.1f}, {max(cards):.1f} s",
        "under 20 s",
    )
    yield (
        f"{MANY} commands, {AT_ONCE} at once: acknowledged, p95",
        f"{_p95(waits) * 1000:.0f} ms",
        "under 50 ms",
    )
    yield f"{MANY} commands, {AT_ONCE} at once: lost", str(lost), "0"


async def _chat_measured() -> tuple[list[float], list[float], list[float], list[float], int]:
    slack = FakeSlack()
    await slack.start()
    with tempfile.TemporaryDirectory() as folder, a_served_sandbox(Path(folder) / "event") as event:
        bot = await a_process(Path(folder), event, slack)
        await slack.command("help")
        await until(lambda: slack.told())
        answers = [await _private_answer(slack, number) for number in range(100)]
        slack.behaviour.posts_a_second = 1
        signs, cards = await _twenty_runs(slack)
        slack.behaviour.posts_a_second = 0
        waits, lost = await _thousand(slack)
        bot.terminate()
        await bot.wait()
    await slack.stop()
    return answers, signs, cards, waits, lost


async def _private_answer(slack: FakeSlack, number: int) -> float:
    before = len(slack.told())
    begun = time.perf_counter()
    await slack.command(("tracks", "status", "systems", "help run")[number % 4])
    while len(slack.told()) == before:
        await asyncio.sleep(0.001)
    return time.perf_counter() - begun


async def _twenty_runs(slack: FakeSlack) -> tuple[list[float], list[float]]:
    """Returns when each of twenty who begin a run at once hears of it, and when each card is final."""
    begun = time.perf_counter()
    users = [f"U9{number}" for number in range(RUNS)]
    signs: dict[str, float] = {}
    cards: dict[str, float] = {}
    commands = [
        asyncio.create_task(slack.command("run fhir.basics sandbox", user=user, channel="C-20"))
        for user in users
    ]
    while (len(signs) < RUNS or len(cards) < RUNS) and time.perf_counter() - begun < 90:
        await asyncio.sleep(0.01)
        now = time.perf_counter() - begun
        for user in users:
            if slack.told(user):
                signs.setdefault(user, now)
        for message in slack.in_channel("C-20"):
            if "State: done" in message.text:
                cards.setdefault(message.ts, now)
    await asyncio.gather(*commands)
    missing = [90.0] * (RUNS - len(cards))
    return list(signs.values()), [*cards.values(), *missing]


async def _thousand(slack: FakeSlack) -> tuple[list[float], int]:
    """Returns how long each of a thousand commands waited, and how many were not answered."""
    before = len(slack.told("U5"))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> float:
        async with gate:
            return await slack.command("tracks", user="U5")

    waits = await asyncio.gather(*(one() for _ in range(MANY)))
    deadline = time.monotonic() + 120
    while len(slack.told("U5")) - before < MANY and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return list(waits), MANY - (len(slack.told("U5")) - before)


if __name__ == "__main__":
    for name, figure, held in chat_figures():
        print(f"{name}: {figure} ({held})")
