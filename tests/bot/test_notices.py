"""What is told beside a card: a request that arrived, what a monitor decided, what passes now, and a digest a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.api import Sandbox
from bot.digests import Digests
from bot.fakeslack.server import FakeSlack
from bot.store import Store
from bot.subscribers import Subscribers
from bot.terminal import TerminalChat
from sandbox.testbench.tracks import TRACKS
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, session_of, until
from tests.bot.test_identity import codes
from tests.bot.test_subscriptions import subscribed

Wishes = Sequence[tuple[str, str, int]]


def test_the_thread_tells_of_a_request_that_was_judged_and_a_subscriber_of_the_first_one(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.command("subscribe mhd", channel="C-all")
                await slack.command(
                    "subscribe mhd fail", channel="C-fail"
                )  # no verdict yet: nothing to tell here
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
                run = get(f"{event}/api/runs").json()[0]
                for _ in range(2):
                    post(event + run["inbox"], json={"resourceType": "Bundle"})
                card = slack.in_channel()[0]
                await until(lambda: slack.in_thread(card) and slack.in_channel("C-all"))
                assert (
                    "a request arrived; 2 of 28 tests are judged" in slack.in_thread(card)[0].text
                )
                assert "→ " in slack.in_thread(card)[0].text
                await asyncio.sleep(1)
                assert len(slack.in_thread(card)) == len(slack.in_channel("C-all")) == 1
                assert slack.in_channel("C-fail") == []
                assert store.outgoing(state="dead") == []

    played(play)


def test_a_decision_is_told_where_the_card_is_and_where_somebody_asked_without_the_words_of_the_monitor(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session):
                for user, name in (("U1", "Ana"), ("U3", "Mario")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                await slack.command("subscribe fhir", user="U1", channel="C-ana")
                await slack.command("run fhir.basics sandbox", user="U1")
                await until(
                    lambda: slack.in_channel() and "State: done" in slack.in_channel()[0].text
                )
                card = slack.in_channel()[0]
                await slack.click(card, "Ask a monitor", user="U1")
                await until(lambda: "to be verified" in card.text)
                await slack.open_home(user="U3")
                await until(lambda: "U3" in slack.homes)
                await slack.click_home("Claim", user="U3")
                await until(lambda: "Return" in str(slack.homes["U3"]))
                await slack.click_home("Return", user="U3")
                await until(lambda: slack.views)
                await slack.submit({"comment": "Rosa Fuenzalida is missing"}, user="U3")
                await until(lambda: "incomplete" in card.text)
                await until(
                    lambda: any(
                        "Mario says: incomplete" in one.text for one in slack.in_thread(card)
                    )
                )
                await until(
                    lambda: any(
                        "Mario says: incomplete" in one.text for one in slack.in_channel("C-ana")
                    )
                )
                assert "Rosa" not in "".join(one.text for one in slack.messages)
                assert not slack.refusals

    played(play)


def test_a_run_that_passes_where_the_one_before_failed_is_told_so(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event", grants=("127.0.0.1",)) as event:

            async def passed_by(base: str) -> None:
                post(f"{event}/api/systems", json={"name": "ours", "base": base})
                run = post(
                    f"{event}/api/runs", json={"track": "fhir.basics", "system": "ours"}
                ).json()["id"]
                await until(lambda: get(f"{event}/api/runs/{run}").json()["state"] == "done")

            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("subscribe fhir", channel="C-all")
                await until(lambda: subscribed(event))
                for base in (f"{event}/health", f"{event}/fhir", f"{event}/fhir"):
                    before = len(slack.in_channel("C-all"))
                    await passed_by(base)
                    await until(lambda before=before: len(slack.in_channel("C-all")) == before + 1)
                first, second, third = slack.in_channel("C-all")
                assert "fail" in first.text
                assert "It did not pass before: it does now." in second.text
                assert "It did not pass before" not in third.text

    played(play)


def test_a_digest_comes_once_a_day_at_its_hour_and_not_where_nothing_was_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_served_sandbox(tmp_path / "event") as event:
        run = post(f"{event}/api/runs", json={"track": "fhir.basics", "system": "sandbox"}).json()[
            "id"
        ]
        while get(f"{event}/api/runs/{run}").json()["state"] != "done":
            time.sleep(0.05)
        store, now = Store(tmp_path / "bot.sqlite"), time.time()
        hour = datetime.fromtimestamp(now, UTC).astimezone().hour

        async def look(seconds: float, wishes: Wishes = ()) -> None:
            sandbox = Sandbox(event)
            subscribers = Subscribers(sandbox, store, TerminalChat(), secret="")
            for channel, track, due in wishes:
                await subscribers.make(
                    channel, {"track": track}, person="", language="es", hour=due
                )
            digests = Digests(sandbox, store, subscribers, secret="", clock=lambda: now + seconds)
            await digests.look_once()
            await sandbox.close()

        wishes = [("C-due", "", 0), ("C-none", "mhd", 0), ("C-gone", "no-such-track", 0)]
        later = [("C-later", "", hour + 1)] if hour < 23 else []
        with monkeypatch.context() as before:  # a later version has the track no more
            before.setitem(TRACKS, "no-such-track", TRACKS["fhir.basics"])
            asyncio.run(look(0, [*wishes, *later]))

        asyncio.run(look(1))
        (outgoing,) = store.outgoing()
        assert outgoing.channel == "C-due"
        assert outgoing.body["card"]["title"] == "El último día: 1 corrida; 1 pasó"
        assert run in outgoing.body["card"]["lines"][0]
        asyncio.run(look(3 * 24 * 3600))  # nothing was run in the day before
        assert len(store.outgoing()) == 1
        store.close()


def test_whoever_asked_is_called_once_when_a_run_ends_unless_they_do_not_want_it(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session):
                await slack.command(f"link {known['Ana']}")
                await until(lambda: answers(slack))
                await slack.command("run BAS-01 sandbox")
                await until(lambda: slack.in_channel() and slack.in_thread(slack.in_channel()[0]))
                card = slack.in_channel()[0]
                (reply,) = slack.in_thread(card)
                assert reply.text.startswith("<@U1> ✓")
                assert "Asked by: Ana · Chile" in card.text
                assert "<@" not in card.text

                await slack.command("don't mention me")
                await until(lambda: "do not call you" in answers(slack)[-1].text)
                await slack.command("run BAS-01 sandbox")
                await until(lambda: len(slack.in_channel()) == 2)
                await until(lambda: "State: done" in slack.in_channel()[1].text)
                await asyncio.sleep(0.7)  # two looks
                assert slack.in_thread(slack.in_channel()[1]) == []
                assert len(slack.in_thread(card)) == 1

    played(play)


def test_a_facilitator_wakes_who_is_there_and_says_it_to_each_channel_in_its_language(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales |= {"U2": "pt-BR"}
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session):
                for user, name in (("U2", "Pia"), ("U4", "Inés")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                await slack.command("inscrever mhd", user="U2", channel="C-pt")
                await until(lambda: len(answers(slack, "U2")) == 2)
                await slack.command("anunciar &lt;!here&gt; <!here> @here oi", user="U2")
                await until(lambda: len(answers(slack, "U2")) == 3)
                assert not slack.in_channel()

                text = "announce <!here> en: Lunch at 12 / pt: Almoço às 12"
                await slack.command(text, user="U4")
                await until(lambda: slack.in_channel() and slack.in_channel("C-pt"))
                english, portuguese = slack.in_channel()[0], slack.in_channel("C-pt")[0]
                assert english.text.startswith("<!here> ")
                assert "Lunch at 12" in english.text
                assert "Almoço às 12" in portuguese.text
                assert "Lunch" not in portuguese.text

    played(play)
