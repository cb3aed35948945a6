"""Dispatches each chat command once, in the user's name, and records it in the audit log; knows no
chat.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from weakref import WeakValueDictionary

from bot.api import UNKNOWN, Away, Document, Refused
from bot.asking import Answer
from bot.cards import Card, Form
from bot.chat import Back
from bot.grammar import VERBS, Intent, Place
from bot.judging import NOTEBOOK_TYPE
from bot.offering import offers_card
from bot.records import FirstClick, Shown, is_grading, is_instance
from bot.service import Service
from bot.store import Store
from bot.words import Language, say

log = logging.getLogger("bot")
GRADE = "grade"
VERSION = "version"  # of the run that a button was shown on: a button works once for each version


class Dispatcher:
    """Carries out the commands of a person one after the other.

    Args:
        service: Does the work.
        store: Keeps who clicked what, the audit log and the outbox.
        touch: Is called with the id of a run that was just shown, and with an empty text once
            everybody was answered.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self,
        service: Service,
        store: Store,
        *,
        touch: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._store = store
        self._touch = touch
        self._clock = clock
        # locks of people and buttons come by the thousand, and are never told that they are done
        # with
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, intent: Intent) -> Card | Form | None:
        """Carries out what somebody wants.

        A button on the card of a run acts on that run as it stands when it is clicked. Whoever
        clicks one that somebody else has clicked already is told who it was.

        Returns:
            A form to fill in; what the asker alone is told, where the chat has no way back to them;
            None where the outbox says it all.
        """
        once = once_of(intent)
        # who says two things means the first one first; and of two who click, one is the first
        async with self._turn(f"actor {intent.actor}"), self._turn(f"once {once or intent.key}"):
            click = self._store.first_click(once) if once else None
            if click is not None and click.key != intent.key:
                return self.tell(self._too_late(click, intent), intent)
            return await self._carry_out(intent, once)

    async def hear(self, text: str, intent: Intent) -> Card | Form | None:
        """Carries out a line of text.

        Args:
            text: A command in words, of any language.
            intent: Who said it, where and in which language; its verb and arguments are replaced.

        Returns:
            As `take`; for words that are no command, a card that offers what may be meant.
        """
        reading = await self._service.read(text, intent)
        if reading.wish is None:
            return self.tell(offers_card(reading, intent.language), intent)
        return await self.take(replace(intent, verb=reading.wish.verb, args=reading.wish.args))

    async def take_file(self, document: Document, intent: Intent, *, name: str, text: str) -> None:
        """Carries out what a dropped file is for: a notebook is handed in, all else is judged.

        Args:
            document: The file.
            intent: Who dropped it, where and in which language.
            name: How it was called.
            text: What was written beside it: `grade TEAM` says whose a notebook is.
        """
        if document.kind != NOTEBOOK_TYPE:
            await self.judge(document, intent)
            return
        team = ""
        # any other words beside a notebook are no command: people say what they send
        if VERBS[GRADE].is_said_in(text):
            reading = await self._service.read(text, intent)
            team = reading.wish.args.get("team", "") if reading.wish else ""
            # a team that is not known is never taken for one's own
            if not team and len(text.split()) > 1:
                title = say("said.unknown_word", intent.language, word=text)
                self.tell(Card(title, "bad"), intent)
                return
        asked = replace(intent, verb=GRADE, args={"team": team})
        async with self._turn(f"actor {intent.actor}"):
            work = self._service.handed_in(document, asked, name=name)
            await self._say(asked, "", *await self._answered(work, asked))

    async def judge(self, document: Document, intent: Intent) -> None:
        """Tells the asker what the sandbox says of a document, and notes that it was asked."""
        decision = "done"
        try:
            card = await self._service.judged(document, intent)
        except (Refused, Away) as error:
            card = _refusal_card(error, intent.language)
            decision = (error.key or str(error.status)) if isinstance(error, Refused) else "away"
        with self._store.writing():
            at = self._clock()
            self._store.note(intent.actor, "validate", {}, decision=decision, at=at, key=intent.key)
            self._put_told(card, intent)
        self._touch("")

    async def home(self, intent: Intent) -> list[Card]:
        """Returns what somebody sees at home."""
        try:
            return await self._service.home(intent)
        except (Refused, Away) as error:
            return [_refusal_card(error, intent.language)]

    async def form(self, intent: Intent) -> Form | None:
        """Returns a form as it is to be now, while somebody fills it in; None where the sandbox
        refuses it or is away.
        """
        try:
            return await self._service.form(intent)
        except (Refused, Away):
            return None

    async def _carry_out(self, intent: Intent, once: str) -> Card | Form | None:
        work = self._service.carry_out(intent)
        return await self._say(intent, once, *await self._answered(work, intent))

    async def _say(
        self, intent: Intent, once: str, answer: Answer, decision: str
    ) -> Card | Form | None:
        """Notes what came of an intent, and puts what is said of it into the outbox."""
        # one transaction: a bot that is killed here has told and noted all of it, or nothing
        with self._store.writing():
            self._store.note(
                intent.actor,
                intent.verb,
                intent.args,
                decision=decision,
                at=self._clock(),
                key=intent.key,
            )
            if once and decision == "done" and answer.form is None:
                self._store.put_first_click(
                    once, FirstClick(intent.key, intent.actor, answer.follows)
                )
            for key, channel, card in answer.posts:
                self._put_outgoing(card, channel, key=key)
            told = self._told(answer, intent)
            if told is not None:
                self._put_told(told, intent)
            if not answer.is_private:
                self._tell_all(answer, intent)
        if answer.posts or told or not answer.is_private:
            self._touch(answer.follows)
        if not answer.is_private:
            return None
        return answer.form or (None if intent.place.asker else answer.card)

    def tell(self, card: Card, intent: Intent) -> Card | None:
        """Puts what the asker alone is told into the outbox; returns it where the chat has no way
        back to them.
        """
        if not intent.place.asker:
            return card
        self._put_told(card, intent)
        self._touch("")
        return None

    def _put_told(self, card: Card, intent: Intent) -> None:
        place = intent.place
        body = {"card": asdict(card), "run": "", "thread": "", "back": asdict(back_to(place))}
        key = f"tell:{intent.key or self._clock()}"
        self._store.put_outgoing(key, "tell", place.channel, body)

    def _told(self, answer: Answer, intent: Intent) -> Card | None:
        """Returns what the asker alone is told: a private answer, or that a run has begun, since
        its card waits its turn in the channel.
        """
        if not intent.place.asker or answer.form is not None:
            return None
        if answer.is_private:
            return answer.card
        if not answer.follows or intent.place.is_alone:
            return None
        if is_grading(answer.follows):
            return Card(say("said.handed_in", intent.language), "busy")
        if is_instance(answer.follows):
            return Card(say("said.begun", intent.language), "busy")
        return Card(say("said.started", intent.language, run=answer.follows), "busy")

    def _too_late(self, click: FirstClick, intent: Intent) -> Card:
        who = self._store.name_of(click.actor) or say("said.somebody", intent.language)
        key = "said.acted_yourself" if click.actor == intent.actor else "said.acted"
        lines = (say("said.acted_run", intent.language, run=click.run),) if click.run else ()
        return Card(say(key, intent.language, name=who), lines=lines)

    def _turn(self, name: str) -> asyncio.Lock:
        """Returns the lock of a name; it is forgotten as soon as nobody holds or awaits it."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Lock()
        return turn

    async def _answered(self, work: Awaitable[Answer], intent: Intent) -> tuple[Answer, str]:
        language = intent.language
        try:
            return await work, "done"
        except (Refused, Away) as error:
            decision = (error.key or str(error.status)) if isinstance(error, Refused) else "away"
            return Answer(_refusal_card(error, language)), decision
        except Exception:
            log.exception("wish failed", extra={"verb": intent.verb})
            return Answer(Card(say("said.fault", language), "bad")), "fault"

    def _tell_all(self, answer: Answer, intent: Intent) -> None:
        """Puts a card into the outbox; that of a run is kept, so that it can be changed later."""
        channel = intent.place.channel
        run = answer.follows
        key = f"post:{run or intent.key or self._clock()}:{channel}"
        self._put_outgoing(
            answer.card,
            channel,
            key=key,
            run=run,
            thread="" if run else intent.place.thread,
            asked=intent,
        )
        if run and not any(shown.channel == channel for shown in self._store.shown(run)):
            asker = intent.place.asker
            shown = Shown(run, channel, intent.language, asker=asker, actor=intent.actor)
            self._store.put_shown(shown)

    def _put_outgoing(
        self,
        card: Card,
        channel: str,
        *,
        key: str,
        run: str = "",
        thread: str = "",
        asked: Intent | None = None,
    ) -> None:
        body: dict[str, object] = {"card": asdict(card), "run": run, "thread": thread}
        if asked is not None and asked.place.asker:
            # so that whoever asked hears of it where the channel does not take it
            body |= {"back": asdict(back_to(asked.place)), "language": asked.language}
        self._store.put_outgoing(key, "post", channel, body)


def back_to(place: Place) -> Back:
    """Returns the ways back to whoever said something.

    Args:
        place: Where it was said.
    """
    return Back(place.asker, place.channel, place.thread, place.back)


def once_of(intent: Intent) -> str:
    """Returns a key for the action of a button, the same for everybody who sees it; empty for what
    may be repeated.
    """
    if VERSION not in intent.args:
        return ""
    rest = [f"{name}={value}" for name, value in sorted(intent.args.items())]
    return " ".join([intent.verb, *rest])


def _refusal_card(error: Refused | Away, language: Language) -> Card:
    """Returns a refusal as a card: what is wrong and what to do next."""
    if isinstance(error, Away):
        return Card(say("said.away", language), "bad")
    if error.status == UNKNOWN:
        return Card(
            say("said.not_linked", language), "bad", lines=(say("said.not_linked_fix", language),)
        )
    return Card(error.text, "bad", lines=(error.fix,) if error.fix else ())
