"""Who wishes it is told where runs end, of what they may see and nothing else, and where the card is not already."""

from __future__ import annotations

from pathlib import Path

from bot.fakeslack.server import FakeSlack
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, session_of, until
from tests.bot.test_identity import codes


def subscribed(event: str, session: str = "") -> list[str]:
    """Where people are told by chat, as the sandbox has it."""
    headers = {"Authorization": f"Bearer {session}"} if session else {}
    rows = get(f"{event}/api/subscriptions?carrier=chat", headers=headers).json()
    return [row["target"] for row in rows]


def test_a_subscription_tells_of_what_fits_once_and_of_no_other_teams_runs(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session) as store:
                for user, name in (("U1", "Ana"), ("U2", "Pia")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                await slack.command("subscribe fhir", user="U1", channel="C-ana")
                await slack.command(
                    "subscribe track=fhir verdict=fail", user="U1", channel="C-fail"
                )
                await slack.command("subscribe", user="U2", channel="C-pia")
                await until(lambda: len(subscribed(event, session)) == 3)
                await slack.command("subscribe fhir", user="U1", channel="C-ana")  # once is enough

                ana = {"Authorization": f"Bearer {store.secret_of('TWORK:U1')}"}
                wish = {"track": "fhir.basics", "system": "sandbox"}
                post(f"{event}/api/runs", json=wish, headers=ana)
                await until(lambda: slack.in_channel("C-ana"))
                assert "fhir.basics → sandbox" in slack.in_channel("C-ana")[0].text
                await slack.command("run fhir.basics sandbox", user="U1", channel="C-ana")
                await until(
                    lambda: (
                        len(slack.in_channel("C-ana")) == 2
                        and "done" in slack.in_channel("C-ana")[1].text
                    )
                )
                await until(lambda: not store.outgoing())
                assert len(slack.in_channel("C-ana")) == 2  # the card is there already
                assert slack.in_channel("C-fail") == slack.in_channel("C-pia") == []

                assert len(subscribed(event, session)) == 3
                await slack.command("unsubscribe 2", user="U2")  # she has one alone
                await until(lambda: "no subscription 2 of yours" in answers(slack, "U2")[-1].text)
                await slack.command("subscriptions", user="U1")
                await until(lambda: "here: 2" in answers(slack, "U1")[-1].text)
                listed = answers(slack, "U1")[-1]
                await slack.click(listed, "End 1", user="U1")
                await until(lambda: "here: 1" in answers(slack, "U1")[-1].text)
                await slack.click(listed, "End 1", user="U1")  # again: it ends no other one
                await until(lambda: "no subscription 1 of yours" in answers(slack, "U1")[-1].text)
                assert len(subscribed(event, session)) == 2
                # what is listed is in the words of whoever asks
                await slack.command("idioma español", user="U1")
                await until(lambda: "español" in answers(slack, "U1")[-1].text)
                await slack.command("suscripciones", user="U1")
                await until(lambda: "fhir · falla · todo" in answers(slack, "U1")[-1].text)

    played(play)


def test_what_could_not_be_sent_is_for_facilitators_to_see(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Inés"])
            async with a_bot(tmp_path, event, slack=slack, session=session):
                for user, name in (("U1", "Ana"), ("U2", "Bot")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                    await slack.command("admin outbox", user=user)
                    await until(lambda user=user: len(answers(slack, user)) == 2)
                assert answers(slack, "U1")[1].text.startswith("✗")
                assert "Given up: 0" in answers(slack, "U2")[1].text

    played(play)
