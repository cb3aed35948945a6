"""What facilitators announce to all: in each language, on pages until it ends, and to subscribers.

One log, `@announcements`; the number of a line is the announcement's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import NOBODY, Person
from sandbox.event.rights import allow
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import ENGLISH, Language, known_language
from sandbox.limits import INSTANCE_WORDS
from sandbox.store.runs import ANNOUNCEMENTS, Event, RunStore, read_anew

DAY = 24 * 3600 * 1000
USUAL_DAYS = 1
LONGEST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Announcement:
    """What was announced; moments in milliseconds since 1970.

    Attributes:
        id: Its number in the log.
        texts: The words, by language.
        at: When it was made.
        until: When it ends.
        by: Who made it.
        is_ended: Whether a facilitator has taken it down before.
        wakes: Whether a chat calls whoever is there.
    """

    id: int
    texts: Mapping[Language, str]
    at: int
    until: int
    by: str
    is_ended: bool = False
    wakes: bool = False

    def said_in(self, language: Language) -> str:
        """Returns the words in a language, in English or the first one where it has none."""
        return (
            self.texts.get(language) or self.texts.get(ENGLISH) or next(iter(self.texts.values()))
        )


class Announcements:
    """Makes, ends and lists them over one store."""

    def __init__(self, logs: RunStore, *, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def make(
        self,
        texts: Mapping[str, str],
        person: Person,
        until: datetime | None = None,
        *,
        wakes: bool = False,
        key: str = "",
    ) -> Announcement:
        """Announces something; what is asked for again by the same key is announced once.

        Args:
            texts: The words, by the tag of a language.
            person: Who announces.
            until: When it ends; after a day where that is left out.
            wakes: Whether a chat calls whoever is there.
            key: Of the request (`Idempotency-Key`); empty for none.

        Raises:
            Forbidden: The person is no facilitator.
            BadRequest: There are no words, one is too long, its language is not known, or the end
                is not within LONGEST_DAYS.
        """
        allow(person, "manage_event")
        said = {_language(tag): text.strip() for tag, text in texts.items() if text.strip()}
        if not said:
            raise BadRequest("notices.no_words", where="texts")
        if any(len(text) > INSTANCE_WORDS for text in said.values()):
            raise BadRequest("people.too_long", where="texts", most=INSTANCE_WORDS)
        now = self._now()
        end = milliseconds_of(until) if until else now + USUAL_DAYS * DAY
        if not now < end <= now + LONGEST_DAYS * DAY:
            raise BadRequest("notices.bad_end", where="until", most=LONGEST_DAYS)
        more = {"wakes": wakes, "key": key} | _who(person)
        return self._once(key, person, {"texts": said, "until": end, **more})

    def end(self, id: int, person: Person) -> Announcement:
        """Takes one down; raises NotFound, Forbidden."""
        allow(person, "manage_event")
        if not self.find(id).is_ended:
            self._append("ended", {"id": id, **_who(person)})
        return self.find(id)

    def find(self, id: int) -> Announcement:
        """Returns one, also one that has ended; raises NotFound."""
        known = self._read()
        if id not in known:
            raise NotFound("notices.no_announcement", where="announcement", id=id)
        return known[id]

    def all(self) -> list[Announcement]:
        """Returns all, the newest first."""
        return list(reversed(self._read().values()))

    def current(self) -> list[Announcement]:
        """Returns those that hold now, the newest first."""
        now = self._now()
        return [row for row in self.all() if not row.is_ended and row.until > now]

    @read_anew
    def _once(self, key: str, person: Person, body: Mapping[str, Any]) -> Announcement:
        """Appends an announcement unless its key was used by the same person before."""
        lines = self._logs.events(ANNOUNCEMENTS)
        asked_before = [line.number for line in lines if _is_of(line, key, person)]
        if asked_before:
            return self.find(asked_before[0])
        line = ("made", self._now(), json.dumps(body, ensure_ascii=False))
        behind = lines[-1].number if lines else -1
        return self.find(self._logs.append(ANNOUNCEMENTS, [line], behind=behind)[0].number)

    def _read(self) -> dict[int, Announcement]:
        known: dict[int, Announcement] = {}
        for line in self._logs.events(ANNOUNCEMENTS):
            body = json.loads(line.body)
            if line.kind == "made":
                end = body["until"]
                wakes = body.get("wakes", False)
                known[line.number] = Announcement(
                    line.number, body["texts"], line.at, end, body["by"], wakes=wakes
                )
            elif line.kind == "ended":
                known[body["id"]] = replace(known[body["id"]], is_ended=True)
        return known

    def _append(self, kind: str, body: Mapping[str, Any]) -> int:
        line = (kind, self._now(), json.dumps(body, ensure_ascii=False))
        return self._logs.append(ANNOUNCEMENTS, [line])[0].number

    def _now(self) -> int:
        return milliseconds_of(self._clock())


def _language(tag: str) -> Language:
    language = known_language(tag)
    if language is None:
        raise BadRequest("notices.bad_language", where="texts", found=tag[:20])
    return language


def _is_of(line: Event, key: str, person: Person) -> bool:
    """Tells whether a line is what a person announced by a key."""
    body = json.loads(line.body)
    is_asked = bool(key) and line.kind == "made" and body.get("key") == key
    return is_asked and body["by_id"] == person.id


def _who(person: Person) -> dict[str, str]:
    return {"by": person.name or NOBODY, "by_id": person.id}
