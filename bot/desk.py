"""Where wishes come in and answers go out, whatever the chat: once each, in the asker's name, a row for each act."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace

from bot.api import Away, Refused
from bot.cards import Card, Form
from bot.grammar import Intent, Misunderstood, parse
from bot.service import Answer, Service
from bot.store import Shown, Store
from bot.words import Language, say

log = logging.getLogger("bot")
UNKNOWN = 401


class Desk:
    """Carries out one wish after the other; `touch` is told of a run that was just shown, and of an answer to all."""

    def __init__(
        self, service: Service, store: Store, *, touch: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._service = service
        self._store = store
        self._touch = touch
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}

    async def take(self, intent: Intent) -> Card | Form | None:
        """Returns what to tell the asker alone; None where it was delivered before, or where the outbox tells all.

        A button of a run's card is asked about that run, as it stands when it is clicked.
        """
        if intent.key and not self._store.is_new(intent.key, at=self._clock()):
            return None
        turn = self._turns.setdefault(intent.actor, asyncio.Lock())  # who says two things means the first one first
        async with turn:
            answer, decision = await self._answer(intent)
        with self._store.writing():
            self._store.note(intent.actor, intent.verb, intent.args, decision=decision, at=self._clock())
            if not answer.is_private:
                self._tell_all(answer, intent)
        if not answer.is_private:
            self._touch(answer.follows)
        return (answer.form or answer.card) if answer.is_private else None

    async def hear(self, text: str, intent: Intent) -> Card | Form | None:
        """Takes a line of text; `intent` says who has said it, and where."""
        try:
            verb, args = parse(text)
        except Misunderstood as error:
            is_new = self._store.is_new(intent.key, at=self._clock())
            return Card(say(error.key, intent.language, **error.params), "bad") if is_new else None
        return await self.take(replace(intent, verb=verb, args=args))

    async def home(self, intent: Intent) -> list[Card]:
        """Returns what somebody sees at home."""
        try:
            return await self._service.home(intent)
        except (Refused, Away) as error:
            return [_told(error, intent.language)]

    async def _answer(self, intent: Intent) -> tuple[Answer, str]:
        language = intent.language
        try:
            return await self._service.carry_out(intent), "done"
        except (Refused, Away) as error:
            decision = (error.key or str(error.status)) if isinstance(error, Refused) else "away"
            return Answer(_told(error, language)), decision
        except Exception:
            log.exception("wish failed", extra={"verb": intent.verb})
            return Answer(Card(say("said.fault", language), "bad")), "fault"

    def _tell_all(self, answer: Answer, intent: Intent) -> None:
        """Puts a card into the outbox; that of a run is kept, so that it can be changed later."""
        channel, run = intent.place.channel, answer.follows
        key = f"post:{run or intent.key or self._clock()}:{channel}"
        body = {"card": asdict(answer.card), "run": run, "thread": "" if run else intent.place.thread}
        self._store.put_letter(key, "post", channel, body)
        if run:
            self._store.put_shown(Shown(run, channel, intent.language))


def _told(error: Refused | Away, language: Language) -> Card:
    """Returns a refusal as a card: what is wrong and what to do next."""
    if isinstance(error, Away):
        return Card(say("said.away", language), "bad")
    if error.status == UNKNOWN:
        return Card(say("said.not_linked", language), "bad", lines=(say("said.not_linked_fix", language),))
    return Card(error.text, "bad", lines=(error.fix,) if error.fix else ())
