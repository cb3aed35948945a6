"""Who somebody is in the chat: linked by a code from the page, asked again at every click, in their own language."""

from __future__ import annotations

from pathlib import Path

from bot.fakeslack.server import FakeSlack
from sandbox.clock import utc_now
from sandbox.event.people import People, Person
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, post, session_of, until


def codes(folder: Path) -> dict[str, str]:
    """Adds the people of an event, and returns the code of each."""
    partitions = Partitions(folder)
    people = People(RunStore(partitions.main), clock=utc_now)
    found = {}
    for name, role, team in (
        ("Bot", "facilitator", ""), ("Ana", "participant", "Chile"), ("Pia", "participant", "Perú"),
        ("Mario", "monitor", "Perú"), ("Inés", "facilitator", ""),
    ):  # fmt: skip
        found[name] = people.add(Person(name, role, team))  # type: ignore[arg-type]  # roles as they are
    partitions.close()
    return found


def test_each_acts_in_their_own_name_and_rights_are_asked_again_at_every_click(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        slack.behaviour.locales |= {"U1": "es-LA", "U2": "pt-BR", "U3": "en-US"}
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            async with a_bot(tmp_path, event, slack=slack, session=session) as store:
                await slack.command("correr mhd.source sandbox", user="U1")
                await until(lambda: answers(slack, "U1"))
                assert "Todavía no sé quién eres" in answers(slack, "U1")[0].text
                assert "vincular CÓDIGO" in answers(slack, "U1")[0].text

                for user, name in (("U1", "Ana"), ("U2", "Pia"), ("U3", "Mario")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(
                        lambda user=user: any("✓" in one.text for one in answers(slack, user))
                    )
                assert "Aquí eres Ana: participante, Chile." in answers(slack, "U1")[-1].text
                await slack.command(f"link {known['Ana']}", user="U2")  # a code is good once
                await until(lambda: len(answers(slack, "U2")) == 2)
                assert "✗" in answers(slack, "U2")[1].text

                await slack.command("correr mhd.source sandbox", user="U1")
                await until(lambda: slack.in_channel())
                card = slack.in_channel()[0]
                await slack.click(
                    card, "Cancelar", user="U2"
                )  # she sees the card, but the run is another team's
                await until(lambda: len(answers(slack, "U2")) == 3)
                assert "outra equipe" in answers(slack, "U2")[2].text
                assert "en espera" in card.text

                run = card.text.partition("·")[2].split()[0]
                ana = {"Authorization": f"Bearer {store.secret_of('TWORK:U1')}"}
                post(f"{event}/api/runs/{run}/finish", headers=ana, json={})
                await until(lambda: "terminada" in card.text)
                await slack.click(card, "Pedir un monitor", user="U1")
                await until(lambda: "por verificar" in card.text)
                await slack.command("queue", user="U3")
                await until(lambda: any(run in one.text for one in answers(slack, "U3")))
                before = len(answers(slack, "U3"))
                await slack.command(f"claim {run}", user="U3")
                await until(lambda: len(answers(slack, "U3")) > before)  # commands overtake
                await slack.command(f"verify {run} looks right to me", user="U3")
                await until(lambda: "verificada" in card.text and "por verificar" not in card.text)
                assert [one for one in store.audit() if one[1] == "verify"] == [
                    ("TWORK:U3", "verify", "done")
                ]
                assert "people.other_team" in {decision for _, _, decision in store.audit()}

    played(play)


def test_no_secret_and_no_code_stands_in_a_message_or_in_the_audit(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            entered = post(f"{event}/api/enter", json={"code": known["Bot"]}).json()
            async with a_bot(tmp_path, event, slack=slack, session=entered["session"]) as store:
                await slack.command(f"link {known['Ana']}")
                await until(lambda: answers(slack))
                secret = store.secret_of("TWORK:U1")
                said = "".join(str(one) for one in slack.messages)
                assert secret
                assert secret not in said
                assert known["Ana"] not in said
                held = store._db.execute("SELECT args FROM audit").fetchall()
                assert known["Ana"] not in str(held)
                assert (tmp_path / "bot.sqlite").stat().st_mode & 0o077 == 0

    played(play)
