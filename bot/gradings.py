"""Tells of hand-ins that move: their cards are kept current, and those whose a hand-in is are told
alone what it came to, once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bot.api import Refused, Sandbox
from bot.chat import Back
from bot.handing_in import grading_card, outcome_of, result_card
from bot.records import GRADING, Member
from bot.shown_cards import change_card
from bot.store import Store
from bot.words import Language, language_of


class Gradings:
    """Looks at hand-ins of one sandbox.

    Args:
        sandbox: Is asked, for cards in the bot's name, for results in the name of who is told.
        store: Knows who is of which team, and holds the outbox.
        secret: The bot's own session.
    """

    def __init__(self, sandbox: Sandbox, store: Store, *, secret: str) -> None:
        self._sandbox = sandbox
        self._store = store
        self._secret = secret

    async def look(self, subject: str) -> None:
        """Says what is new of a hand-in.

        Raises:
            Refused: The bot may not see it, or it is gone.
            Away: The sandbox does not answer.
        """
        path = f"/api/gradings/{quote(subject.removeprefix(GRADING))}"
        grading = await self._asked(path, self._secret, "en")
        # before the cards: a card that says it is over is not looked at again
        for member in self._store.members_told_of(
            grading["id"], team=grading["team_id"], person=grading["by_id"]
        ):
            await self._tell(member, grading["id"])
        for shown in self._store.shown(subject):
            card = grading_card(grading, self._sandbox.base, language_of(shown.language))
            change_card(self._store, shown, card, outcome=outcome_of(grading))

    async def _tell(self, member: Member, id: str) -> None:
        language = self._store.language_of(member.actor) or language_of(member.language)
        secret = self._store.secret_of(member.actor)
        # in the name of who is told: the sandbox says what is theirs to see
        try:
            known = await self._asked("/api/gradings", secret, language)
        except Refused:
            return
        grading = next((listed for listed in known if listed["id"] == id), None)
        if grading is None or not _counts(grading, known):
            return
        card = result_card(grading, self._sandbox.base, language)
        if card is None:
            return
        back = asdict(Back(member.asker))
        body = {"card": asdict(card), "run": "", "thread": "", "back": back}
        key = f"{grading['state']}:{id}:{member.actor}"
        self._store.put_outgoing(key, "tell", member.asker, body)

    async def _asked(self, path: str, secret: str, language: Language) -> Any:
        return await self._sandbox.ask("GET", path, secret=secret, language=language)


def _counts(grading: Any, known: list[Any]) -> bool:
    """Tells whether no newer hand-in of the same team for the same was graded: the newest counts,
    and ten tries are not told one by one when their results are released.
    """
    newer = [
        listed
        for listed in known
        if (listed["assignment"], listed["team"]) == (grading["assignment"], grading["team"])
        and listed["state"] == "graded"
        and (listed["at"], listed["id"]) > (grading["at"], grading["id"])
    ]
    return not newer
