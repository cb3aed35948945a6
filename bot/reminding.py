"""What comes next at the event, and reminders before each of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.api import Away, Refused, Sandbox
from bot.asking import Answer, Asking
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.records import Reminder
from bot.store import Store
from bot.words import Language, language_of, say

log = logging.getLogger("bot")
USUAL_MINUTES = 60
MOST_MINUTES = 7 * 24 * 60
MOST_MOMENTS = 8  # of a list that is read on a telephone


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the event of which people want to be reminded.

    Attributes:
        at: When, in the event's own zone.
        title: What begins or ends then.
        kind: session, registration or close.
    """

    at: datetime
    title: str
    kind: str


def moments_of(plan: Any, language: Language) -> list[Moment]:
    """Returns what begins and what ends at an event, the earliest first.

    Args:
        plan: As `/api/plans/ID` gives it.
        language: Of the titles that the plan does not hold.
    """
    moments = [
        Moment(datetime.fromisoformat(item["start"]), item["title"], "session")
        for item in plan["agenda"]
    ]
    ends = {"registration": plan["registration_until"], "close": plan["last"]}
    for kind, day in ends.items():
        if day:
            midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(plan["zone"]))
            # a day counts to its end by the clock on the wall there
            moments.append(
                Moment(midnight + timedelta(days=1), say(f"moment.{kind}", language), kind)
            )
    return sorted(moments, key=_at)


def _at(moment: Moment) -> datetime:
    return moment.at


class Reminding(Asking):
    """Carries out the verbs of the agenda and of reminders."""

    async def on_agenda(self, intent: Intent) -> Answer:
        language = intent.language
        plan = await self._plan_of(intent)
        if plan is None:
            return Answer(Card(say("said.no_event", language), "bad"))
        now = datetime.now(UTC)
        coming = [moment for moment in moments_of(plan, language) if moment.at >= now]
        lines = tuple(
            f"{moment.at:%Y-%m-%d %H:%M} · {moment.title}" for moment in coming[:MOST_MOMENTS]
        )
        title = say("said.agenda" if coming else "said.agenda_over", language, title=plan["title"])
        remind = Button(say("button.remind", language), "remind")
        return Answer(Card(title, lines=lines, buttons=(remind,) if coming else ()))

    async def on_remind(self, intent: Intent) -> Answer:
        # raises for somebody whom the sandbox does not know
        await self._ask(intent, "GET", "/api/me")
        language = intent.language
        minutes = int(intent.args.get("number") or USUAL_MINUTES)
        if not 0 < minutes <= MOST_MINUTES:
            title = say("said.bad_minutes", language, most=MOST_MINUTES)
            return Answer(Card(title, "bad"))
        place = intent.place.channel
        self._store.put_reminder(Reminder(intent.actor, place, language, minutes))
        end = Button(say("button.unremind", language), "unremind")
        return Answer(
            Card(say("said.reminding", language, minutes=minutes), "good", buttons=(end,))
        )

    async def on_unremind(self, intent: Intent) -> Answer:
        was_there = self._store.end_reminder(intent.actor, intent.place.channel)
        key = "said.unreminded" if was_there else "said.no_reminder"
        return Answer(Card(say(key, intent.language), "good" if was_there else "bad"))


class Reminders:
    """Puts reminders into the outbox as their time comes, each once in each place.

    Args:
        sandbox: Is asked for the plan, in the name of whoever wanted to be reminded.
        store: Holds the reminders and the outbox.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self, sandbox: Sandbox, store: Store, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._sandbox = sandbox
        self._store = store
        self._clock = clock

    async def look_once(self) -> None:
        """Tells what is due now."""
        for reminder in self._store.reminders():
            try:
                await self._tell(reminder)
            except (Refused, Away) as error:
                log.warning("no reminder: %s", error)

    async def _tell(self, reminder: Reminder) -> None:
        language = language_of(reminder.language)
        secret = self._store.secret_of(reminder.actor)
        asked = {"secret": secret, "language": language}
        rows = await self._sandbox.ask("GET", "/api/plans", **asked)
        current = next((row["id"] for row in rows if row["is_current"]), "")
        if not current:
            return
        plan = await self._sandbox.ask("GET", f"/api/plans/{quote(current)}", **asked)
        for moment in self._due(moments_of(plan, language), reminder.minutes):
            left = round((moment.at.timestamp() - self._clock()) / 60)
            title = say("said.reminder", language, minutes=max(left, 1), title=moment.title)
            lines = (f"{moment.at:%Y-%m-%d %H:%M}",)
            todo = Button(say("button.todo", language), "todo")
            card = Card(title, "busy", lines=lines, buttons=(todo,))
            body = {"card": asdict(card), "run": "", "thread": ""}
            # by place and moment: of two who want it here, one reminder is enough
            key = f"remind:{reminder.channel}:{current}:{moment.kind}:{moment.at.isoformat()}"
            if not self._store.is_told(key):
                self._store.put_outgoing(key, "post", reminder.channel, body)

    def _due(self, moments: list[Moment], minutes: int) -> Iterator[Moment]:
        now = self._clock()
        for moment in moments:
            if now <= moment.at.timestamp() <= now + minutes * 60:
                yield moment
