"""Tells of test instances that move: their cards are kept current, and those whom it is about are
told alone: a team that it is invited, the one that invited it what it answered, both what a monitor
did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bot.api import Refused, Sandbox
from bot.cards import Card, Tone
from bot.chat import Back
from bot.instance_cards import OVER, instance_card, invited_card, moved_card, page_of
from bot.records import INSTANCE, Member
from bot.shown_cards import change_card
from bot.store import Store
from bot.words import Language, language_of, say

ANSWERS = {"accepted": "said.accepted_by", "declined": "said.declined_by"}
DECISIONS = ("decided", "returned")
TOLD = frozenset({"invited", *ANSWERS, *DECISIONS})
"""Kinds of lines in the log of an instance of which somebody is told alone."""


class InstanceNews:
    """Looks at test instances of one sandbox.

    Args:
        sandbox: Is asked, for cards in the bot's name, for what is told in that of who hears it.
        store: Knows who is of which team, and holds the outbox.
        secret: The bot's own session.
    """

    def __init__(self, sandbox: Sandbox, store: Store, *, secret: str) -> None:
        self._sandbox = sandbox
        self._store = store
        self._secret = secret

    async def look(self, subject: str, kinds: Collection[str]) -> None:
        """Says what is new of a test instance.

        Args:
            subject: Its name, as the log of the sandbox has it here.
            kinds: What has happened since the last look.

        Raises:
            Refused: The bot may not see it, or it is gone.
            Away: The sandbox does not answer.
        """
        id = subject.removeprefix(INSTANCE)
        # before the cards: a card that says it is over is not looked at again
        if not TOLD.isdisjoint(kinds):
            instance = await self._asked(id, self._secret, "en")
            teams = {part["team_id"] for part in instance["parts"]}
            for member in self._store.members_of(teams):
                await self._tell(member, id, kinds)
        for shown in self._store.shown(subject):
            language = language_of(shown.language)
            instance = await self._asked(id, self._secret, language)
            card = instance_card(instance, self._sandbox.base, language)
            outcome = instance["state"] if instance["state"] in OVER else ""
            change_card(self._store, shown, card, outcome=outcome)

    async def _tell(self, member: Member, id: str, kinds: Collection[str]) -> None:
        """Tells one member of a team what is theirs to hear of an instance, each thing once."""
        language = self._store.language_of(member.actor) or language_of(member.language)
        # in the name of who is told: the sandbox says what is theirs to see
        try:
            instance = await self._asked(id, self._store.secret_of(member.actor), language)
        except Refused:
            return
        for name, card in _news(instance, kinds, member.team, self._sandbox.base, language):
            back = asdict(Back(member.asker))
            body = {"card": asdict(card), "run": "", "thread": "", "back": back}
            self._store.put_outgoing(f"{name}:{id}:{member.actor}", "tell", member.asker, body)

    async def _asked(self, id: str, secret: str, language: Language) -> Any:
        path = f"/api/instances/{quote(id, safe='')}"
        return await self._sandbox.ask("GET", path, secret=secret, language=language)


def _news(
    instance: Any, kinds: Collection[str], team: str, base: str, language: Language
) -> Iterator[tuple[str, Card]]:
    """Yields what a team is told of an instance, each with a name by which it is told once."""
    numbers = {entry["kind"]: entry["number"] for entry in instance["history"]}
    first, *others = instance["parts"]
    for part in others:
        if part["team_id"] == team and part["standing"] == "invited" and "invited" in kinds:
            yield f"invited:{numbers['invited']}", invited_card(instance, base, language)
        answer = part["standing"]
        # who invited hears of it; the others see it on the card
        if first["team_id"] == team and answer in kinds and answer in ANSWERS:
            title = say(ANSWERS[answer], language, team=part["team"], test=instance["test"])
            tone: Tone = "good" if answer == "accepted" else "bad"
            page = page_of(instance["id"], base, language)
            name = f"{answer}:{numbers.get(answer, 0)}:{part['role']}"
            yield name, Card(title, tone, buttons=(page,))
    for kind in DECISIONS:
        is_part = any(part["team_id"] == team for part in instance["parts"])
        if kind in kinds and is_part and kind in numbers:
            yield f"{kind}:{numbers[kind]}", moved_card(instance, base, language)
