"""The verbs of facilitators: announcements, people, the audit log, and the outbox."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.asking import MOST_ROWS, Answer, Asking
from bot.cards import HERE, Card
from bot.grammar import Intent
from bot.words import LANGUAGES, Language, language_of, say

CALLED = re.compile(r"(?:^|\s)@here(?!\w)")
TAGGED = re.compile(rf"(?:^|\n|\s[/|]\s)\s*({'|'.join(LANGUAGES)}):\s", re.IGNORECASE)


def texts_by_language(text: str) -> dict[str, str]:
    """Returns what is announced in each language.

    Args:
        text: `en: … / es: … / pt: …`, or, without such a word at its beginning, one text for all.

    Returns:
        The texts by language; by an empty one what everybody reads who has no other.
    """
    parts = TAGGED.split(text)
    if parts[0].strip() or len(parts) < 2:
        return {"": text}
    tags, texts = parts[1::2], parts[2::2]
    told = {tag.casefold(): said.strip() for tag, said in zip(tags, texts, strict=True)}
    return {"": texts[0].strip(), **told}


def _announcement(texts: Mapping[str, str], language: Language, calls: tuple[str, ...]) -> Card:
    line = texts.get(language, texts[""])
    return Card(say("said.announcement", language), lines=(line,), calls=calls)


class Administration(Asking):
    """Carries out the verbs of facilitators; whether somebody is one, the sandbox says."""

    async def on_announce(self, intent: Intent) -> Answer:
        await self._ask(intent, "GET", "/api/people")  # for facilitators alone, as the sandbox says
        # who may announce may wake whoever is there: nobody else's words ever do
        calls = (HERE,) if CALLED.search(intent.args["text"]) else ()
        texts = texts_by_language(CALLED.sub(" ", intent.args["text"]).strip())
        channels = {intent.place.channel: intent.language} | self._store.channels()
        posts = tuple(
            (channel, _announcement(texts, language_of(tag), calls))
            for channel, tag in channels.items()
        )
        return Answer(
            Card(say("said.announced", intent.language, count=len(posts)), "good"),
            posts=posts,
        )

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
