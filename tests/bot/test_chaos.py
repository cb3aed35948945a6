"""What goes wrong between Slack, bot and sandbox: one run, one card in its last state, a row for each act."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import statistics
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.chat import Pace
from bot.fakeslack.server import FakeSlack
from bot.records import Delivery
from bot.slack.posting import PACE
from bot.store import Store
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.bot.playing import (
    PATIENCE,
    a_bot,
    a_process,
    a_served_sandbox,
    answers,
    get,
    played,
    post,
    until,
)

pytestmark = [pytest.mark.daily("chat", share=0.25), pytest.mark.slow]


def is_over(slack: FakeSlack, place: int = 0) -> bool:
    cards = slack.in_channel()
    return len(cards) > place and "State: done" in cards[place].text


def test_what_is_delivered_twice_is_done_once(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.duplicates = 3
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("rnu")
                await until(lambda: answers(slack))
                await slack.command("run fhir.basics sandbox")
                await until(lambda: is_over(slack))
                assert len(answers(slack)) == 1
                await slack.click(slack.in_channel()[0], "Re-run")
                await until(lambda: is_over(slack, 1))
                assert len(get(f"{event}/api/runs").json()) == 2
                assert len(slack.in_channel()) == 2
                assert [verb for _, verb, _ in store.audit()] == ["run", "rerun"]

    played(play)


def test_a_post_whose_answer_is_lost_is_not_made_again(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.lost = 1
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("run fhir.basics sandbox")
                await until(lambda: is_over(slack))
                await until(lambda: not store.outgoing() and not store.outgoing(state="sending"))
        assert slack.behaviour.lost == 0
        assert len(slack.in_channel()) == 1

    played(play)


def test_where_the_bot_may_not_read_a_post_whose_answer_is_lost_is_made_again(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.lost = 1
        slack.behaviour.faults["conversations.history"] = ["*missing_scope"]
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("announce en: Lunch")
                await until(lambda: len(slack.in_channel()) == 2)
                await until(lambda: not store.outgoing() and not store.outgoing(state="sending"))
        # twice is better than never
        assert [message.text.count("Lunch") for message in slack.in_channel()] == [1, 1]

    played(play)


def test_a_cut_socket_a_storm_of_429_and_refused_blocks_lose_nothing(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.tables = ()  # this workspace draws no tables
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                slack.behaviour.too_many = 3
                await slack.command("run fhir.basics sandbox")
                await until(lambda: is_over(slack))
                await slack.disconnect()
                await slack.connected()
                await slack.command("matrix")
                await until(lambda: len(slack.in_channel()) == 2)
                assert "sandbox" in slack.in_channel()[1].text
                assert slack.refusals == [
                    "invalid_blocks",
                    "invalid_blocks",
                ]  # data_table, table, then text
                assert store.outgoing() == store.outgoing(state="dead") == []

    played(play)


def test_a_bot_that_is_stopped_goes_on_and_says_nothing_twice(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
            run = get(f"{event}/api/runs").json()[0]
            post(event + run["inbox"], json={"resourceType": "Bundle"})
            post(f"{event}/api/runs/{run['id']}/finish", json={})
            for _ in range(2):  # and once more, to see that nothing is said again
                async with a_bot(tmp_path, event, slack=slack):
                    await until(lambda: is_over(slack) and slack.in_thread(slack.in_channel()[0]))
                    await asyncio.sleep(1)
            assert len(slack.in_channel()) == 1
            assert len(slack.in_thread(slack.in_channel()[0])) == 1

    played(play)


def test_a_sandbox_that_is_away_is_said_and_followed_again_when_it_is_back(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with ExitStack() as first, ExitStack() as second:
            event = first.enter_context(a_served_sandbox(tmp_path / "event"))
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
                run = get(f"{event}/api/runs").json()[0]["id"]
                await asyncio.to_thread(first.close)
                await slack.command("status")
                await until(lambda: answers(slack))
                assert "does not answer" in answers(slack)[0].text
                second.enter_context(
                    a_served_sandbox(tmp_path / "event", port=int(event.rpartition(":")[2]))
                )
                post(f"{event}/api/runs/{run}/finish", json={})
                await until(lambda: is_over(slack))
                assert len(slack.in_channel()) == 1

    played(play)


def test_posts_keep_the_pace_that_slack_asks_for(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.posts_a_second = 1
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack, pace=PACE):
                for _ in range(3):
                    await slack.command("run fhir.basics sandbox")
                    await slack.command("matrix")
                await until(lambda: len(slack.in_channel()) >= 3)
                assert "ratelimited" not in slack.refusals

    played(play)


def test_five_hundred_commands_at_once_are_all_acknowledged(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("help")
                begun = time.perf_counter()
                waits = await asyncio.gather(*(slack.command("rnu") for _ in range(500)))
                took = time.perf_counter() - begun
                await until(lambda: len(answers(slack)) == 501, seconds=2 * PATIENCE)
                print(f"p50 {statistics.median(waits):.3f} s, all in {took:.2f} s")

    played(play)


def test_a_bot_that_is_killed_at_any_moment_says_everything_once(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            for moment in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2):
                before = len(slack.in_channel())
                bot = await a_process(tmp_path, event, slack)
                await slack.command("run fhir.basics sandbox")
                await until(lambda before=before: kept_in(tmp_path) > before)
                await asyncio.sleep(moment)
                bot.kill()  # SIGKILL: it tidies nothing
                await bot.wait()
                await slack.disconnect()
                again = await a_process(tmp_path, event, slack)
                await until(lambda before=before: is_over(slack, before))
                await asyncio.sleep(0.5)
                assert len(slack.in_channel()) == before + 1, moment
                again.kill()
                await again.wait()
                await slack.disconnect()

    played(play)


def test_what_was_acknowledged_before_a_kill_is_done_by_the_next_bot_once(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            bot = await a_process(tmp_path, event, slack)
            bot.send_signal(
                signal.SIGSTOP
            )  # it does nothing between its acknowledgement and its death
            typed = asyncio.create_task(slack.command("run fhir.basics sandbox"))
            await asyncio.sleep(0.1)
            bot.send_signal(signal.SIGCONT)
            await typed
            bot.kill()
            await bot.wait()
            await slack.disconnect()
            for _ in range(2):
                again = await a_process(tmp_path, event, slack)
                await until(lambda: is_over(slack))
                again.kill()
                await again.wait()
                await slack.disconnect()
            assert len(slack.in_channel()) == 1
            assert len(get(f"{event}/api/runs").json()) == 1

    played(play)


def test_a_run_is_one_run_though_the_bot_dies_behind_the_sandboxs_answer(tmp_path: Path) -> None:
    """The worst moment: the sandbox has begun the run, and the bot has not written it down."""

    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            command = {
                "command": "/ct", "text": "run fhir.basics sandbox", "user_id": "U1", "team_id": "TWORK",
                "channel_id": "C1", "trigger_id": "t-9", "api_app_id": "A1", "response_url": slack.base,
            }  # fmt: skip
            store = Store(tmp_path / "bot.sqlite")
            assert store.take_in([Delivery("t-9", "slash_commands", command)], at=time.time())
            store.close()
            wish, key = (
                {"track": "fhir.basics", "system": "sandbox", "tests": []},
                {"Idempotency-Key": "t-9"},
            )
            assert post(f"{event}/api/runs", json=wish, headers=key).status_code == 201
            async with a_bot(tmp_path, event, slack=slack) as store:
                await until(lambda: is_over(slack))
                assert store.audit() == [("TWORK:U1", "run", "done")]
                assert store.left() == []
            assert len(get(f"{event}/api/runs").json()) == 1

    played(play)


def test_forty_runs_at_once_keep_within_the_limits_of_slack(tmp_path: Path) -> None:
    """Slack's limits and the bot's pace, both with seconds of a fiftieth."""
    second = 0.02

    async def play(slack: FakeSlack) -> None:
        slack.behaviour.posts_a_second, slack.behaviour.updates_a_minute, slack.behaviour.second = (
            1,
            50,
            second,
        )
        pace = Pace(PACE.channel_seconds * second, PACE.changes_a_minute, 60 * second)
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack, pace=pace) as store:
                channels = [f"C{number % 8}" for number in range(40)]
                await asyncio.gather(
                    *(slack.command("run fhir.basics sandbox", channel=one) for one in channels)
                )
                # how long forty runs take is the machine's affair
                await until(
                    lambda: sum("State: done" in one.text for one in slack.messages) == 40,
                    seconds=5 * PATIENCE,
                )
                await until(lambda: not store.outgoing())
        assert slack.refusals == []

    played(play)


def kept_in(folder: Path) -> int:
    """How many runs the bot's file says are shown."""
    with closing(sqlite3.connect(folder / "bot.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM card").fetchone()[0])


def test_a_run_that_was_purged_keeps_the_bot_from_nothing(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
            partitions = Partitions(tmp_path / "event")
            assert RunStore(partitions.main).forget(before=2**60) == 1
            partitions.close()
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("run fhir.basics sandbox")
                await until(lambda: is_over(slack, 1))
                await until(lambda: store.place() > 0)  # nothing is left to look at again

    played(play)
