"""Notebooks in chat: handed in to the desk, with a card that says how far each is.

The card may stand where others read: it never tells what a notebook came to.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bot.api import Document
from bot.asking import Answer, Asking
from bot.cards import Button, Card, Tone
from bot.grammar import Intent
from bot.records import GRADING
from bot.words import Language, say

GRADED = "graded"
NOT_GRADED = ("refused", "failed")
MOST_NAME = 120  # characters of a file's name, as the desk keeps them


class HandingIn(Asking):
    """Hands in what somebody drops."""

    async def handed_in(self, document: Document, intent: Intent, *, name: str) -> Answer:
        """Returns the card of a notebook that waits to be graded.

        Args:
            document: The notebook.
            intent: Who hands it in; `team` of its arguments names whose it is, for facilitators.
            name: How the file was called: it may tell the lesson.

        Raises:
            Refused: The sandbox refuses, in words that can be shown.
            Away: The sandbox does not answer.
        """
        await self._note_member(intent)
        team = intent.args.get("team", "")
        query = urlencode({"name": name[:MOST_NAME], **({"team": team} if team else {})})
        path = f"/api/gradings?{query}"
        grading = await self._ask(intent, "POST", path, document, key=intent.key)
        self._store.put_handed_in(grading["id"], intent.actor)
        card = grading_card(grading, self._sandbox.base, intent.language)
        return Answer(card, follows=f"{GRADING}{grading['id']}", is_private=False)


def grading_card(grading: Any, base: str, language: Language) -> Card:
    """Returns how far a hand-in is.

    Args:
        grading: As `/api/gradings/ID` gives it.
        base: The address of the sandbox, for links.
        language: Of the card.
    """
    state = grading["state"]
    tones: dict[str, Tone] = {GRADED: "good", **dict.fromkeys(NOT_GRADED, "bad")}
    facts = ((say("fact.state", language), say(f"handed_in.{state}", language)),)
    is_held = state == GRADED and not grading["is_released"]
    lines = (say("said.not_released", language),) if is_held else ()
    return Card(
        f"{grading['assignment']} · {grading['team']}",
        tones.get(state, "busy"),
        facts,
        lines,
        buttons=(_page(grading, base, language),),
    )


def result_card(grading: Any, base: str, language: Language) -> Card | None:
    """Returns what a hand-in came to, for those whose it is; None where that cannot be told yet.

    Args:
        grading: As `/api/gradings` gives it to whoever is told.
        base: The address of the sandbox, for links.
        language: Of the card.
    """
    what = {"assignment": grading["assignment"]}
    page = (_page(grading, base, language),)
    if grading["state"] in NOT_GRADED:
        title = say("said.graded_not", language, **what)
        return Card(title, "bad", lines=(grading["text"],), buttons=page)
    if grading["state"] != GRADED or not grading["is_released"] or grading["score"] is None:
        return None
    points = {"score": f"{grading['score']:g}", "most": f"{grading['max_score']:g}"}
    return Card(say("said.graded", language, **what, **points), "good", buttons=page)


def outcome_of(grading: Any) -> str:
    """Returns how a hand-in has ended; empty while its owners have something to wait for."""
    state = str(grading["state"])
    is_over = state in NOT_GRADED or (state == GRADED and grading["is_released"])
    return state if is_over else ""


def _page(grading: Any, base: str, language: Language) -> Button:
    url = f"{base}/desk/hand-ins/{grading['id']}?lang={language}"
    return Button(say("button.feedback", language), "feedback", url=url)
