"""From a typed command to the last state of the card, over the fake Slack, with a real sandbox behind."""

from __future__ import annotations

from pathlib import Path

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, until


def test_a_participant_runs_reads_why_it_failed_in_spanish_and_passes_once_it_is_mended(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = "es-LA"
        with (
            a_served_sandbox(tmp_path / "event", grants=("127.0.0.1",)) as event,
            a_served_sandbox(tmp_path / "broken", twin="keeps_old_current") as broken,
        ):
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command(f"registrar mysystem {broken}/fhir")
                await until(lambda: answers(slack))
                assert "mysystem quedó registrado" in answers(slack)[-1].text
                await slack.command("correr mhd.recipient mysystem")
                await until(
                    lambda: slack.in_channel() and "terminada" in slack.in_channel()[0].text
                )
                (card,) = slack.in_channel()
                assert card.text.startswith("✗ mhd.recipient → mysystem")
                await until(lambda: slack.in_thread(card))
                (reply,) = slack.in_thread(card)
                assert "RCP-20" in reply.text

                await slack.click(card, "Explicar")
                await until(lambda: "RCP-20 ·" in answers(slack)[-1].text)
                explained = answers(slack)[-1].text
                assert "Cláusula: MHD 3:4.65.4.1.2.3" in explained
                assert "→ " in explained

                with a_served_sandbox(tmp_path / "mended") as mended:  # the fault is switched off
                    system = {"name": "mysystem", "base": f"{mended}/fhir"}
                    assert post(f"{event}/api/systems", json=system).status_code == 201
                    await slack.click(card, "Correr de nuevo")
                    await until(
                        lambda: (
                            "terminada" in slack.in_channel()[-1].text
                            and len(slack.in_channel()) == 2
                        )
                    )
                assert slack.in_channel()[-1].text.startswith("✓ mhd.recipient → mysystem")
                assert "falla" not in slack.in_channel()[-1].text
                assert not slack.refusals

    played(play)


def test_the_card_changes_whoever_moves_the_run(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("run mhd.source sandbox")
                await until(lambda: slack.in_channel())
                card = slack.in_channel()[0]
                assert "State: waiting" in card.text
                await slack.mention("status", thread=card.ts)
                run = get(f"{event}/api/runs").json()[0]
                await until(lambda: answers(slack))
                assert (
                    f"Send to: {event}{run['inbox']}" in answers(slack)[0].text
                )  # for whoever asks alone
                assert answers(slack)[0].channel == "D1"
                post(event + run["inbox"], json={"resourceType": "Bundle"})
                await until(lambda: "fail 2" in card.text)
                post(f"{event}/api/runs/{run['id']}/finish", json={})
                await until(lambda: "State: done" in card.text)
                assert len(slack.in_channel()) == 1

    played(play)


def test_a_wrong_word_gets_the_nearest_right_one(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("rnu mhd")
                await until(lambda: answers(slack))
                assert "Did you mean one of these" in answers(slack)[0].text
                await slack.command("run mhd.recipiant sandbox")
                await until(lambda: len(answers(slack)) == 2)
                assert "mhd.recipient" in answers(slack)[1].text
                assert not slack.in_channel()

    played(play)
