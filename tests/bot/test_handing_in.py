"""A notebook that is dropped is handed in; what it came to is told to those whose it is, once, when it is released."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.fakeslack.server import FakeSlack
from bot.fakeslack.workspace import Message
from bot.judging import document_of
from sandbox.desk.desk import HandIn
from sandbox.event.rights import NOBODYS
from tests.bot.playing import (
    a_bot,
    a_process,
    a_served_sandbox,
    answers,
    get,
    played,
    post,
    session_of,
    until,
)
from tests.bot.test_identity import codes
from tests.sandbox.desk.made import LESSON, a_notebook, leave


class Desk:
    """The desk of a sandbox on a socket, as its facilitator and Ana reach it."""

    def __init__(self, event: str, folder: Path, lead: str) -> None:
        self.event = event
        self.folder = folder
        self.lead = {"Authorization": f"Bearer {lead}"}

    def gradings(self) -> Any:
        return get(f"{self.event}/api/gradings", headers=self.lead).json()

    def act(self, act: str) -> None:
        path = f"{self.event}/api/assignments/{LESSON}/{act}"
        assert post(path, headers=self.lead).status_code == 200

    def grade(self, id: str, **answers: str) -> None:
        """Grades a hand-in by what its notebook left, without a kernel."""
        left = HandIn(id, "", "", NOBODYS, 0, "", LESSON, "api", "queued", {})
        leave(self.folder / "desk", left, **answers)
        self.act("judge")


def graded_notes(messages: list[Message]) -> list[Message]:
    return [one for one in messages if "calificada: " in one.text or "is graded: " in one.text]


async def linked(slack: FakeSlack, known: dict[str, str], *people: tuple[str, str]) -> None:
    for user, name in people:
        await slack.command(f"link {known[name]}", user=user)
        await until(lambda user=user: answers(slack, user))


@pytest.mark.slow
def test_those_whose_it_is_are_told_once_when_it_is_released_and_nobody_else(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = "es-CL"
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            desk = Desk(event, tmp_path / "event", session)
            async with a_bot(tmp_path, event, slack=slack, session=session) as store:
                await linked(slack, known, ("U1", "Ana"), ("U2", "Pia"), ("U3", "Mario"))
                await slack.drop(a_notebook(), name=f"{LESSON}.ipynb")
                await until(lambda: any("00_welcome · " in one.text for one in slack.messages))
                (card,) = [one for one in slack.messages if "00_welcome · " in one.text]
                assert "espera su calificación" in card.text
                (grading,) = desk.gradings()
                desk.grade(grading["id"], ex_0_1="5.0.0", ex_0_3="1", ex_0_2="x")
                await until(lambda: "Estado: calificada" in card.text)
                # graded, and not released yet: neither its owner nor a monitor hears of points
                assert "cuando quien facilita lo publique" in card.text
                await asyncio.sleep(0.7)
                assert graded_notes(slack.messages) == []
                desk.act("release")
                await until(lambda: graded_notes(slack.messages))
                desk.act("judge")
                desk.act("hold")
                desk.act("release")
                await asyncio.sleep(1)
                (note,) = graded_notes(slack.messages)
                assert note.channel == "D1"
                assert "Tu entrega de 00_welcome está calificada: " in note.text
                assert f"/desk/hand-ins/{grading['id']}?lang=es" in json.dumps(note.blocks)
                assert store.outgoing(state="dead") == []

    played(play)


@pytest.mark.slow
def test_who_handed_in_over_the_page_is_told_directly_in_their_language(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            desk = Desk(event, tmp_path / "event", session)
            async with a_bot(tmp_path, event, slack=slack, session=session):
                await linked(slack, known, ("U2", "Pia"), ("U4", "Inés"))
                place = f"{event}/api/gradings?team=Perú&name={LESSON}.ipynb"
                for _ in range(2):
                    post(place, headers=desk.lead, content=a_notebook())
                older, newer = (one["id"] for one in desk.gradings())
                desk.grade(older, ex_0_1="5.0.0")
                desk.grade(newer, ex_0_1="5.0.0", ex_0_3="1")
                desk.act("release")
                await until(lambda: graded_notes(slack.told("U2")))
                await asyncio.sleep(1)
                # of two tries the newest counts, and is the one that is told
                (note,) = graded_notes(slack.messages)
                assert note.channel == "D2"
                assert newer in json.dumps(note.blocks)
                assert older not in json.dumps(note.blocks)

    played(play)


def test_a_facilitator_hands_in_for_a_team_and_a_participant_only_for_their_own(
    tmp_path: Path,
) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            session = session_of(event, known["Bot"])
            desk = Desk(event, tmp_path / "event", session)
            async with a_bot(tmp_path, event, slack=slack, session=session):
                await linked(slack, known, ("U1", "Ana"), ("U4", "Inés"))
                await slack.drop(a_notebook(), name="x.ipynb", user="U4", text="grade Perú")
                await until(desk.gradings)
                before = len(answers(slack))
                await slack.drop(a_notebook(), name="x.ipynb", user="U1", text="grade Perú")
                await until(lambda: len(answers(slack)) > before)
                assert [one["team"] for one in desk.gradings()] == ["Perú"]

    played(play)


@pytest.mark.daily("chat", share=0.25)
@pytest.mark.slow
def test_a_bot_that_is_killed_hands_in_once_and_tells_once(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            desk = Desk(event, tmp_path / "event", "")
            desk.lead = {}
            for moment in range(3):
                process = await a_process(tmp_path / "bot", event, slack)
                if not moment:
                    await slack.drop(a_notebook(), name=f"{LESSON}.ipynb")
                    await until(desk.gradings)
                if moment == 1:
                    (grading,) = desk.gradings()
                    desk.grade(grading["id"], ex_0_1="5.0.0", ex_0_3="1")
                    desk.act("release")
                if moment == 2:
                    await until(lambda: graded_notes(slack.messages))
                    await asyncio.sleep(1)
                process.kill()
                await process.wait()
            assert len(desk.gradings()) == 1
            assert len(graded_notes(slack.messages)) == 1
            assert len([one for one in slack.messages if "00_welcome · " in one.text]) == 1

    played(play)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_notebook(), "application/x-ipynb+json"),
        (b'{"nbformat": 3, "worksheets": []}', "application/x-ipynb+json"),
        (b'{"resourceType": "Bundle", "cells": 1}', "application/fhir+json"),
        (b'{"nbformat": 4, "cells": [', "application/fhir+json"),
        (b"{" * 100_000, "application/fhir+json"),
    ],
)
def test_a_notebook_is_known_by_its_cells_and_its_format(content: bytes, kind: str) -> None:
    assert document_of(content).kind == kind
