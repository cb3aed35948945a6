"""What one person says is done in the order in which it was said, and keeps nobody else from being heard."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.incoming import AT_ONCE, Incoming
from bot.records import Delivery
from bot.store import Store
from tests.bot.playing import until

MANY = 3 * AT_ONCE


def whose(body: Any) -> str:
    return str(body["who"])


async def worked_off(
    store: Store, slow: str, arriving: list[tuple[str, int]], *, left: int = 0
) -> list[str]:
    """What was at work, in order: one person's work takes until everybody else's is done."""
    log: list[str] = []
    others = [line for line in arriving if line[0] != slow]

    async def work(_: str, body: Any) -> None:
        log.append(f"+{body['who']}{body['number']}")
        if body["who"] == slow:
            await until(lambda: {f"-{who}{number}" for who, number in others} <= {*log})
        log.append(f"-{body['who']}{body['number']}")

    incoming = Incoming(store, work, whose=whose)
    running = asyncio.create_task(incoming.run())
    await asyncio.gather(
        *(
            incoming.take(f"{who}{number}", "said", {"who": who, "number": number})
            for who, number in arriving
        )
    )
    await until(lambda: len(log) == 2 * (left + len(arriving)))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return log


def test_of_one_person_the_first_is_done_first_and_others_are_not_held_up(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")
    # more lines of one person than there are workers, and one of somebody else behind them
    arriving = [*(("a", number) for number in range(MANY)), ("b", 0)]
    log = asyncio.run(worked_off(store, "a", arriving))
    of_a = [one for one in log if one[1] == "a"]
    assert of_a == [f"{sign}a{number}" for number in range(MANY) for sign in "+-"]
    assert log.index("-b0") < log.index("-a0")
    store.close()


def test_what_a_killed_bot_has_left_is_done_in_its_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")
    left = [
        Delivery(f"k{number}", "said", {"who": "a", "number": number}) for number in range(MANY)
    ]
    store.take_in(left, at=0.0)
    log = asyncio.run(worked_off(store, "b", [], left=MANY))
    assert log == [f"{sign}a{number}" for number in range(MANY) for sign in "+-"]
    store.close()
