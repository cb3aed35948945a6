"""Runs are finished and cancelled in chat, and results contested: one's own newest, or what is named, and never a run of another team by guess."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import get, played, post, until
from tests.bot.test_instances import PLAN, an_event, heard
from tests.sandbox.mhd.submissions import a_submission

SENT_WRONG = {"resourceType": "Bundle"}


@dataclass(frozen=True)
class Chile:
    """What Ana of Chile has at an event: her clinic sends, in a test instance of 1.4."""

    event: str
    headers: dict[str, str]
    instance: str

    def begin(self, track: str = "mhd.source", system: str = "clinic") -> Any:
        body = {"track": track, "system": system}
        return post(f"{self.event}/api/runs", json=body, headers=self.headers).json()

    def try_instance(self) -> Any:
        """Starts what the plan asks of the clinic; returns the run."""
        path = f"{self.event}/api/instances/{self.instance}"
        body = {"role": self.shown["parts"][0]["role"]}
        begun = post(f"{path}/runs", json=body, headers=self.headers).json()
        return self.run(begun["bench"][0]["last_run"])

    def run(self, id: str) -> Any:
        return get(f"{self.event}/api/runs/{id}", headers=self.headers).json()

    def send(self, run: Any, body: Any) -> None:
        post(
            self.event + run["inbox"], json=body, headers={"Content-Type": "application/fhir+json"}
        )

    @property
    def shown(self) -> Any:
        path = f"{self.event}/api/instances/{self.instance}"
        return get(path, headers=self.headers).json()


@asynccontextmanager
async def a_clinic(folder: Path, slack: FakeSlack) -> AsyncIterator[Chile]:
    async with an_event(folder, slack) as (event, sessions):
        ana = sessions["U1"]
        system = {
            "name": "clinic",
            "base": "http://127.0.0.1:9/fhir",
            "actors": ["document-source"],
        }
        reply = post(f"{event}/api/systems", json={**system, "country": "CL"}, headers=ana)
        assert reply.status_code == 201, reply.text
        what = {"event": PLAN, "test": "1.4", "system": "clinic"}
        begun = post(f"{event}/api/instances", json=what, headers=ana).json()
        yield Chile(event, ana, begun["id"])


def test_a_run_that_waits_is_finished_by_a_word_and_it_says_which(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_clinic(tmp_path, slack) as chile:
            # nobody's run is guessed by somebody who has none, whatever waits
            waits = chile.begin()
            await slack.command("finish", user="U2")
            await heard(slack, "U2", "you have not started a run yourself")
            assert chile.run(waits["id"])["state"] == "waiting"
            # nor is it another team's to end, however it is named
            await slack.command(f"finish {waits['id']}", user="U2")
            await until(lambda: len(slack.told("U2")) >= 3)
            assert chile.run(waits["id"])["state"] == "waiting"

            chile.send(waits, SENT_WRONG)
            # a newer one that does not wait is not the one that is meant
            newer = chile.begin("ips.content", "clinic")
            await slack.command("finish", user="U1")
            await heard(slack, "U1", f"mhd.source → clinic · {waits['id']}")
            assert chile.run(waits["id"])["state"] == "done"
            assert chile.run(waits["id"])["verdict"] == "fail"
            assert newer.get("id") != waits["id"]
            await slack.command(f"finish {waits['id']}", user="U1")
            await heard(slack, "U1", f"The run {waits['id']} had ended already")

    played(play)


def test_the_card_of_a_run_that_waits_has_both_ends_as_buttons(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_clinic(tmp_path, slack) as chile:
            await slack.command("run mhd.source clinic", user="U1")
            await until(lambda: slack.in_channel())
            card = slack.in_channel()[0]
            (run,) = get(f"{chile.event}/api/runs", headers=chile.headers).json()
            await slack.click(card, "End the run", user="U2")  # of another team
            await until(lambda: len(slack.told("U2")) >= 2)
            assert chile.run(run["id"])["state"] == "waiting"
            await slack.click(card, "End the run", user="U1")
            await until(lambda: "State: done" in card.text)

            await slack.command("run mhd.source clinic", user="U1")
            await until(lambda: len(slack.in_channel()) == 2)
            await slack.click(slack.in_channel()[1], "Cancel", user="U1")
            await until(lambda: "State: cancelled" in slack.in_channel()[1].text)

    played(play)


def test_of_a_test_instance_the_run_of_ones_own_team_is_meant(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_clinic(tmp_path, slack) as chile:
            await slack.command("cancel 1.4", user="U1")
            await heard(slack, "U1", "no run of that test instance is open")
            run = chile.try_instance()
            await slack.command("status 1.4", user="U1")
            card = await heard(slack, "U1", "1.4")
            # a monitor who names it has no run of it, and is asked
            await slack.command(f"finish {chile.instance}", user="U3")
            await heard(slack, "U3", "which of these runs do you mean")
            assert chile.run(run["id"])["state"] == "waiting"
            chile.send(run, SENT_WRONG)
            await slack.click(card, "End the run: ", user="U1")
            await heard(slack, "U1", run["id"])
            assert chile.run(run["id"])["state"] == "done"
            again = chile.try_instance()
            await slack.command("cancel 1.4", user="U1")
            await until(lambda: chile.run(again["id"])["state"] == "cancelled")

    played(play)


def test_what_has_failed_is_contested_with_a_reason(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_clinic(tmp_path, slack) as chile:
            await slack.command("contest 1.4 it is right", user="U1")
            await heard(slack, "U1", "I know no result of a test instance")
            run = chile.try_instance()
            chile.send(run, SENT_WRONG)
            await slack.command("finish 1.4", user="U1")
            await until(lambda: chile.run(run["id"])["state"] == "done")
            await slack.command("contest", user="U2")  # Perú has nothing to contest
            await heard(slack, "U2", "I know no result of a test instance")

            await slack.command("contest 1.4", user="U1")
            await until(lambda: slack.views)
            assert slack.views[-1]["title"]["text"].startswith("Contest the result")
            assert chile.shown["state"] == "started"
            await slack.submit({"comment": "Our hash is right: see 3:4.65"}, user="U1")
            await until(lambda: chile.shown["state"] == "to_verify")
            (said,) = [one for one in chile.shown["history"] if one["kind"] == "contested"]
            assert (said["by"], said["words"]) == ("Ana", "Our hash is right: see 3:4.65")

    played(play)


def test_what_waits_is_ended_when_its_instance_is_handed_in_and_the_chat_says_so(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_clinic(tmp_path, slack) as chile:
            run = chile.try_instance()
            chile.send(run, SENT_WRONG)
            await slack.command("ask 1.4", user="U1")
            refused = await heard(slack, "U1", "So says the run that is still open")
            assert refused.text.startswith("✗ SRC-02")
            assert chile.shown["state"] == "started"
            # what is mended goes to the same address
            chile.send(run, a_submission())
            await slack.command("ask 1.4", user="U1")
            taken = await heard(slack, "U1", f"Run {run['id']} was ended for it")
            assert "State: to be verified" in taken.text
            assert chile.shown["state"] == "to_verify"

    played(play)
