"""No value of a patient, no token and no address with credentials in a message, a log or the bot's file."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, session_of, until
from tests.bot.test_identity import codes

CANARY = "CANARY-76543210"


def a_submission() -> dict[str, object]:
    """What a client might send, with the canary wherever a patient's value can stand."""
    patient = {
        "resourceType": "Patient", "id": CANARY, "identifier": [{"system": "urn:oid:2.999", "value": CANARY}],
        "name": [{"family": CANARY, "given": [CANARY]}], "birthDate": CANARY, "gender": CANARY,
    }  # fmt: skip
    reference = {
        "resourceType": "DocumentReference",
        "status": CANARY,
        "description": CANARY,
        "content": [],
    }
    entries = [{"fullUrl": f"urn:uuid:{CANARY}", "resource": one} for one in (patient, reference)]
    return {
        "resourceType": "Bundle",
        "type": CANARY,
        "meta": {"profile": [CANARY]},
        "entry": entries,
    }


def test_what_belongs_to_patients_and_sessions_stays_where_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Inés"])
            async with a_bot(tmp_path, event, slack=slack, session=session) as store:
                for user, name in (("U1", "Ana"), ("U3", "Mario")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                secret = store.secret_of("TWORK:U1")
                await slack.command("subscribe", user="U1", channel="C-ana")
                base = f"http://{CANARY}:{CANARY}@127.0.0.1:9/{CANARY}/fhir?token={CANARY}"
                await slack.command(f"register ours {base}", user="U1")
                await until(lambda: len(answers(slack, "U1")) >= 3)
                await slack.command("run mhd.source sandbox", user="U1")
                await until(lambda: slack.in_channel())
                headers = {"Authorization": f"Bearer {secret}"}
                run = get(f"{event}/api/runs", headers=headers).json()[0]
                sent = {
                    "Authorization": f"Bearer {CANARY}",
                    "Content-Type": "application/fhir+json",
                }
                for place in (run["inbox"], f"{run['inbox']}/Patient?identifier={CANARY}"):
                    post(event + place, json=a_submission(), headers=sent)
                card = slack.in_channel()[0]
                await until(lambda: slack.in_thread(card))
                post(f"{event}/api/runs/{run['id']}/finish", json={}, headers=headers)
                await until(lambda: "State: done" in card.text and len(slack.in_thread(card)) >= 2)
                for number in ("SRC-01", "SRC-02", "SRC-05"):
                    await slack.command(f"explain {number}", user="U1")
                await slack.click(card, "Ask a monitor", user="U1")
                await until(lambda: "to be verified" in card.text)
                before = len(answers(slack, "U3"))
                await slack.command(f"claim {run['id']}", user="U3")
                await until(lambda: len(answers(slack, "U3")) > before)  # commands overtake
                await slack.command(f"return {run['id']} {CANARY} is missing", user="U3")
                await until(lambda: len(slack.in_thread(card)) >= 3)
                await slack.open_home(user="U1")
                await until(lambda: slack.homes)

                said = str([slack.messages, slack.views, slack.homes])
                kept = "\n".join(
                    line for line in store._db.iterdump() if 'INTO "person"' not in line
                )
                found = get(f"{event}/api/runs/{run['id']}", headers=headers).text
                assert (
                    CANARY in found
                )  # the sandbox itself has told the team, so there was something to leak
                inbox = next(
                    part for part in run["inbox"].split("/") if "." in part
                )  # it lets in whoever knows it
                # httpx tells of the test's own requests, with their addresses
                logged = "\n".join(
                    one.getMessage() for one in caplog.records if one.name != "httpx"
                )
                for hidden in (CANARY, CANARY.lower(), secret, session, known["Ana"], inbox):
                    assert hidden not in said
                    assert hidden not in kept
                    assert hidden not in logged

    played(play)
