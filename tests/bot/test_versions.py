"""A button is good once for the run as it was shown: who clicks it later is told who has acted."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, session_of, until
from tests.bot.test_identity import codes


def test_of_two_who_click_re_run_one_runs_and_the_other_is_told_who(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session) as store:
                for user, name in (("U1", "Ana"), ("U2", "Inés")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                await slack.command("run fhir.basics sandbox")
                await until(
                    lambda: slack.in_channel() and "State: done" in slack.in_channel()[0].text
                )
                card = slack.in_channel()[0]
                await asyncio.gather(
                    *(slack.click(card, "Re-run", user=user) for user in ("U1", "U2", "U1"))
                )
                await until(
                    lambda: (
                        len(slack.in_channel()) == 2
                        and len(answers(slack, "U1")) + len(answers(slack, "U2")) == 4
                    )
                )
                late = [one.text for user in ("U1", "U2") for one in answers(slack, user)[1:]]
                again = slack.in_channel()[1].text.partition("·")[2].split()[0]
                assert all(f"the run {again}" in one for one in late)
                assert any(
                    "Ana has done that already." in one or "Inés has done that" in one
                    for one in late
                )
                headers = {"Authorization": f"Bearer {session}"}
                assert len(get(f"{event}/api/runs", headers=headers).json()) == 2
                done = [decision for _, verb, decision in store.audit() if verb == "rerun"]
                assert done == ["done"]

                await until(lambda: "State: done" in slack.in_channel()[1].text)
                await slack.click(
                    slack.in_channel()[1], "Re-run", user="U1"
                )  # the new card has a button of its own
                await until(lambda: len(slack.in_channel()) == 3)

    played(play)


def test_a_button_of_what_has_changed_meanwhile_changes_nothing(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
                old = [*slack.in_channel()[0].blocks]
                run = get(f"{event}/api/runs").json()[0]["id"]
                post(f"{event}/api/runs/{run}/finish", json={})
                await until(lambda: "State: done" in slack.in_channel()[0].text)
                slack.in_channel()[
                    0
                ].blocks = old  # as somebody sees it whose window has not caught up
                await slack.click(slack.in_channel()[0], "Cancel")
                await until(lambda: answers(slack))
                assert "had ended already" in answers(slack)[0].text
                assert get(f"{event}/api/runs/{run}").json()["state"] == "done"

    played(play)


def test_a_refused_click_is_not_used_up(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session):
                for user, name in (("U1", "Ana"), ("U2", "Pia")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                await slack.command("run fhir.basics sandbox")
                await until(
                    lambda: slack.in_channel() and "State: done" in slack.in_channel()[0].text
                )
                card = slack.in_channel()[0]
                await slack.click(card, "Ask a monitor", user="U2")  # another team's
                await until(lambda: len(answers(slack, "U2")) == 2)
                await slack.click(card, "Ask a monitor", user="U1")
                await until(lambda: "to be verified" in card.text)

    played(play)
