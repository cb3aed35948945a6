"""The verbs by which people are told of runs in the place where they say so."""

from __future__ import annotations

from bot.asking import Answer, Asking
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.records import Subscription
from bot.words import Language, say


class Subscribing(Asking):
    """Carries them out: for each person their own."""

    async def on_subscribe(self, intent: Intent) -> Answer:
        # raises for somebody whom the sandbox does not know
        me = await self._ask(intent, "GET", "/api/me")
        names = ("track", "verdict", "team", "hour")
        track, verdict, team, hour = (intent.args.get(name, "").strip() for name in names)
        if hour and not (hour.isascii() and hour.isdecimal() and int(hour) < 24):
            return Answer(Card(say("said.bad_hour", intent.language, hour=hour), "bad"))
        await self._subscribers.make(
            intent.place.channel,
            {"track": track.rstrip("*"), "verdict": verdict, "team": team},
            person=me["id"],
            language=intent.language,
            hour=int(hour) if hour else None,
        )
        return await self.on_subscriptions(intent)

    async def on_subscriptions(self, intent: Intent) -> Answer:
        return Answer(_card_of(await self._own(intent), intent.language))

    async def on_unsubscribe(self, intent: Intent) -> Answer:
        own = await self._own(intent)
        numbered = {str(place): row.id for place, row in enumerate(own, 1)}
        number = intent.args["number"]
        # a button has the id as well: a number is another one's as soon as one has ended
        id = intent.args.get("subscription") or numbered.get(number)
        if id not in numbered.values():
            title = say("said.no_subscription", intent.language, number=number)
            return Answer(Card(title, "bad", lines=_card_of(own, intent.language).lines))
        await self._ask(intent, "DELETE", f"/api/subscriptions/{id}")
        return await self.on_subscriptions(intent)

    async def _own(self, intent: Intent) -> list[Subscription]:
        """Returns the asker's; where no people are known, those of this place."""
        me = await self._ask(intent, "GET", "/api/me")
        rows = await self._ask(intent, "GET", "/api/subscriptions?carrier=chat")
        here = self._subscribers.those_here(rows)
        return [
            row
            for row in here
            if row.person == me["id"] and (me["id"] or row.channel == intent.place.channel)
        ]


def _card_of(own: list[Subscription], language: Language) -> Card:
    lines = tuple(f"{place}: {_line_of(row, language)}" for place, row in enumerate(own, 1))
    ends = tuple(
        Button(
            say("button.unsubscribe", language, number=place),
            "unsubscribe",
            {"number": str(place), "subscription": row.id},
        )
        for place, row in enumerate(own, 1)
    )
    return Card(say("said.subscriptions", language, count=len(own)), lines=lines, buttons=ends)


def _line_of(row: Subscription, language: Language) -> str:
    verdict = row.verdict and say(f"verdict.{row.verdict}", language)
    narrowed = [name or say("said.any", language) for name in (row.track, verdict, row.team)]
    daily = [] if row.hour is None else [say("said.daily", language, hour=row.hour)]
    return " · ".join([*narrowed, *daily])
