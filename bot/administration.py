"""The verbs of facilitators: announcements, people, the audit log, and the outbox."""

from __future__ import annotations

from bot.announcing import (
    CALLED,
    PATH,
    announcement_card,
    announcement_key,
    texts_by_language,
)
from bot.asking import MOST_ROWS, Answer, Asking
from bot.cards import Card
from bot.grammar import Intent
from bot.words import say


class Administration(Asking):
    """Carries out the verbs of facilitators; whether somebody is one, the sandbox says."""

    async def on_announce(self, intent: Intent) -> Answer:
        text = intent.args["text"]
        texts = texts_by_language(CALLED.sub(" ", text).strip(), intent.language)
        body = {"texts": texts, "wakes": bool(CALLED.search(text))}
        # for facilitators alone, as the sandbox says
        made = await self._ask(intent, "POST", PATH, body, key=intent.key)
        here = intent.place.channel
        channels = {here: intent.language} | await self._subscribers.channels()
        # where it was said, though nobody subscribed there; the others are told as of any other
        post = (announcement_key(made, here), here, announcement_card(made, intent.language))
        title = say("said.announced", intent.language, count=len(channels))
        return Answer(Card(title, "good"), posts=(post,))

    async def on_admin(self, intent: Intent) -> Answer:
        # for facilitators alone, as the sandbox says
        people = await self._ask(intent, "GET", "/api/people")
        part = intent.args.get("part", "")
        language = intent.language
        if part == "people":
            lines = tuple(
                f"{person['name']} · {say('role.' + person['role'], language)} · {person['team']}"
                for person in people
            )
            return Answer(
                Card(say("said.people", language, count=len(people)), lines=lines[:MOST_ROWS])
            )
        if part == "audit":
            newest = self._store.audit()[: -MOST_ROWS - 1 : -1]
            lines = tuple(
                f"{self._store.name_of(actor) or actor} · {verb} · {message}"
                for actor, verb, message in newest
            )
            return Answer(Card(say("said.audit", language), lines=lines))
        if part == "retry":
            return Answer(Card(say("said.revived", language, count=self._store.revive()), "good"))
        if part != "outbox":
            return Answer(Card(say("said.admin_parts", language), "bad"))
        waiting = len(self._store.outgoing())
        dead = self._store.outgoing(state="dead")
        title = say("said.outbox", language, waiting=waiting, dead=len(dead))
        lines = tuple(f"{outgoing.method} {outgoing.key}" for outgoing in dead[:MOST_ROWS])
        return Answer(Card(title, "bad" if dead else "good", lines=lines))
