"""An event played in chat: a team begins a planned test and invites another, which accepts; a monitor claims, returns and verifies, all by words and buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.fakeslack.server import FakeSlack
from bot.fakeslack.workspace import Message
from sandbox.clock import utc_now
from sandbox.event.people import People, Person
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, session_of, until

PLAN = "next"
PEOPLE = {
    "U1": ("Ana", "participant", "Chile"),
    "U2": ("Pia", "participant", "Perú"),
    "U3": ("Mario", "monitor", "Panamá"),
    "U4": ("Inés", "facilitator", ""),
}
SYSTEMS = (
    ("U1", "visor-cl", "document-consumer"),
    ("U2", "nodo-pe", "document-responder"),
)


def invited(folder: Path) -> dict[str, str]:
    """Adds the people of an event, and returns the code of each."""
    partitions = Partitions(folder)
    people = People(RunStore(partitions.main), clock=utc_now)
    codes = {
        user: people.add(Person(name, role, team))  # type: ignore[arg-type]  # roles as they are
        for user, (name, role, team) in {"bot": ("Bot", "facilitator", ""), **PEOPLE}.items()
    }
    partitions.close()
    return codes


@asynccontextmanager
async def an_event(folder: Path, slack: FakeSlack) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """An event that runs, with two systems of two countries and everybody linked in chat."""
    codes = invited(folder / "event")
    with a_served_sandbox(folder / "event") as event:
        sessions = {
            user: {"Authorization": f"Bearer {session_of(event, codes[user])}"}
            for user in ("U4", "bot")
        }
        first = (utc_now() + timedelta(days=1)).date().isoformat()
        body = {"id": PLAN, "template": "lacpass-2023", "first": first, "days": 3}
        for path in ("", f"/{PLAN}/now"):
            post(f"{event}/api/plans{path}", json=body, headers=sessions["U4"]).raise_for_status()
        session = sessions["bot"]["Authorization"].removeprefix("Bearer ")
        async with a_bot(folder, event, slack=slack, session=session) as store:
            for user in ("U1", "U2", "U3"):
                await slack.command(f"link {codes[user]}", user=user)
                await until(lambda user=user: slack.told(user))
            for user, name, actor in SYSTEMS:
                secret = store.secret_of(f"TWORK:{user}") or store.secret_of(f"{user}")
                headers = sessions[user] = {"Authorization": f"Bearer {secret}"}
                body = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
                body["country"] = {"U1": "CL", "U2": "PE"}[user]
                post(f"{event}/api/systems", json=body, headers=headers).raise_for_status()
            yield event, sessions


def instances_of(event: str, sessions: dict[str, Any]) -> Any:
    return get(f"{event}/api/instances", headers=sessions["bot"]).json()


def told(slack: FakeSlack, user: str, words: str) -> Message | None:
    return next((one for one in reversed(slack.told(user)) if words in one.text), None)


async def heard(slack: FakeSlack, user: str, words: str) -> Message:
    """Waits until somebody alone is told something."""
    try:
        await until(lambda: told(slack, user, words))
    except TimeoutError:
        raise AssertionError((words, [one.text for one in slack.told(user)])) from None
    message = told(slack, user, words)
    assert message is not None
    return message


def test_a_planned_test_is_played_by_words_and_buttons(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales |= {"U1": "es-LA", "U2": "pt-BR", "U3": "en-US"}
        async with an_event(tmp_path, slack) as (event, sessions):
            await slack.command("invita a Perú a la 1.10", user="U1")
            await heard(slack, "U1", "La instancia de prueba comenzó")
            await until(lambda: slack.in_channel())
            card = slack.in_channel()[0]
            assert all(word in card.text for word in ("1.10", "nodo-pe", "invitado"))
            (row,) = instances_of(event, sessions)
            assert (row["state"], row["systems"]) == ("started", ["visor-cl", "nodo-pe"])
            # the team that is invited is told alone, in its own language, and answers by a click
            asked = await heard(slack, "U2", "Chile convida sua equipe para o 1.10")
            assert told(slack, "U1", "convida") is None
            await slack.click(asked, "Aceitar", user="U2")
            await heard(slack, "U1", "Perú aceptó: 1.10")
            await until(lambda: "participa" in card.text and "invitado" not in card.text)

            await slack.click(card, "Pedir un monitor", user="U1")
            await until(lambda: instances_of(event, sessions)[0]["state"] == "to_verify")
            await slack.command("queue", user="U3")
            queue = await heard(slack, "U3", "Waiting for a monitor: 1")
            await slack.click(queue, "Claim", user="U3")
            claimed = await heard(slack, "U3", "Monitor: Mario")
            words = f"return {row['id']} Team's hash isn't right: use \"SHA-1\" &amp; see &lt;clause&gt;"
            await slack.command(words, user="U3")
            await until(lambda: instances_of(event, sessions)[0]["state"] == "started")
            path = f"{event}/api/instances/{row['id']}"
            comment = get(path, headers=sessions["bot"]).json()["comment"]
            assert comment == "Team's hash isn't right: use \"SHA-1\" & see <clause>"
            back = await heard(slack, "U2", "está na página dela")
            assert "SHA-1" not in back.text

            # the old card's button says how it stands now, and does nothing
            await slack.click(claimed, "Verify", user="U3")
            await heard(slack, "U3", "It has moved since")
            lacking = get(path, headers=sessions["bot"]).json()["missing_evidence"]
            for name in lacking:
                link = {"name": name, "url": "https://example.org/x", "evidence": name}
                post(f"{path}/attachments", json=link, headers=sessions["bot"])
            await slack.command(f"pedir {row['id']}", user="U1")
            await until(lambda: instances_of(event, sessions)[0]["state"] == "to_verify")
            await slack.command("claim", user="U3")
            await until(lambda: get(path, headers=sessions["bot"]).json()["monitor"] == "Mario")
            await slack.command("verify", user="U3")
            points = await heard(slack, "U3", "have you seen all")
            assert instances_of(event, sessions)[0]["state"] == "to_verify"
            await slack.click(points, "All seen", user="U3")
            await heard(slack, "U3", "✓ 1.10")
            await until(lambda: instances_of(event, sessions)[0]["state"] == "verified")
            await until(lambda: "✓" in card.text)
            await slack.command("qué cambió para mí?", user="U1")
            await heard(slack, "U1", "Cambió para ti desde")

    played(play)


def test_what_may_mean_more_than_one_thing_is_offered_and_nothing_is_done(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with an_event(tmp_path, slack) as (event, sessions):
            await slack.command("begin 9.9", user="U1")
            await heard(slack, "U1", "is none that I know for planned")
            await slack.command("begin 1.10 with Panamá", user="U1")
            assert instances_of(event, sessions) == []
            await slack.command("accept 1.10", user="U2")
            await heard(slack, "U2", "Nobody has invited your team")
            await slack.command("begin 1.10", user="U1")
            await until(lambda: len(instances_of(event, sessions)) == 1)
            await slack.command("begin 1.10", user="U1")
            await until(lambda: len(instances_of(event, sessions)) == 2)
            await slack.command("invite Perú to 1.10", user="U1")
            offers = await heard(slack, "U1", "more than one instance of 1.10")
            assert all(len(row["systems"]) == 1 for row in instances_of(event, sessions))
            await slack.click(offers, "1.10", user="U1")
            await until(
                lambda: [len(row["systems"]) for row in instances_of(event, sessions)].count(2) == 1
            )
            await slack.command("decline 1.10", user="U2")
            await heard(slack, "U1", "Perú has declined: 1.10")
            await slack.command("instances", user="U1")
            await heard(slack, "U1", "Test instances: 2")
            # what is left and whom one has not met are asked over the same plan
            for question in ("what is left for us?", "quem ainda não nos encontrou?"):
                before = len(answers(slack, "U1"))
                await slack.command(question, user="U1")
                await until(lambda before=before: len(answers(slack, "U1")) > before)
            assert "nodo-pe" in answers(slack, "U1")[-1].text

    played(play)


def test_what_is_left_and_whom_one_has_not_met_is_one_click_away(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales |= {"U1": "es-LA", "U2": "pt-BR"}
        async with an_event(tmp_path, slack) as (event, sessions):
            await slack.command("a quién nos falta conocer", user="U1")
            unmet = await heard(slack, "U1", "Falta encontrarse")
            await slack.click(unmet, "invitar Perú 1.10", user="U1")
            await heard(slack, "U2", "Chile convida sua equipe para o 1.10")
            (row,) = instances_of(event, sessions)
            assert row["systems"] == ["visor-cl", "nodo-pe"]
            await slack.command("qué nos falta", user="U1")
            left = await heard(slack, "U1", "Queda por hacer")
            await slack.click(left, "comenzar 1.9 · visor-cl", user="U1")
            await until(lambda: "1.9" in {one["test"] for one in instances_of(event, sessions)})
            await slack.click(left, "correr mhd.consumer visor-cl", user="U1")
            await heard(slack, "U1", "La corrida")

    played(play)
