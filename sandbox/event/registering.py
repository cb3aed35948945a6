"""Registration of institutions for an event, also of ones outside the network: what they ask for,
and what facilitators decide.

A log of its own for each event, `@registrations:ID`.  Whoever registers gets a secret, by which
they read what was decided and come in; no address is asked for or kept.  Once it is decided, or
taken back, the words are taken out of the log: who is let in stands among the people from then on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sandbox.errors import BadRequest, Busy, NotFound, PreconditionFailed
from sandbox.event.identity import NO_ONE, NOBODY, Person, PersonId
from sandbox.event.names import country_code, look_alike, plain_name
from sandbox.event.people import People
from sandbox.event.plan import PlannedEvent
from sandbox.event.sessions import hash_of
from sandbox.fhir.dates import moment_of
from sandbox.ids import id_of
from sandbox.limits import REGISTRATION_WORDS, REGISTRATIONS_WAITING
from sandbox.store.runs import Event, RunStore, read_anew

LOG = "@registrations:"
Decision = Literal["waiting", "approved", "refused", "withdrawn"]
Door = Literal["open", "invitation", "closed", "over"]
"""Whether whoever comes may register; where not, it is by invitation alone, or too late."""
MOST_PEOPLE = 99


@dataclass(frozen=True, slots=True)
class Institution:
    """What an institution says of itself: its name, two letters of its country, who speaks for it,
    how many people come, which tracks of the event, and which systems it brings, in words.
    """

    name: str
    country: str
    contact: str
    people: int = 1
    tracks: tuple[str, ...] = ()
    systems: str = ""


NOTHING = Institution("", "", "")


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration: what was asked, when (milliseconds since 1970), and what was decided.

    `person` is who was let in, `reason` why not; what was asked is gone once it is decided, but for
    the tracks.
    """

    id: str
    number: int
    at: int
    asked: Institution
    decision: Decision = "waiting"
    by: str = ""
    reason: str = ""
    person: PersonId = NO_ONE
    team: str = ""
    tracks: tuple[str, ...] = ()
    has_entered: bool = False


@dataclass(slots=True)
class _Book:
    """What the lines of one log come to, by the hash of the secret."""

    rows: dict[str, Registration] = field(default_factory=dict)
    last: int = -1

    def take(self, line: Event) -> None:
        body = json.loads(line.body)
        self.last = line.number
        if line.kind == "registered":
            asked = body.get("asked")
            institution = (
                Institution(**{**asked, "tracks": tuple(asked["tracks"])}) if asked else NOTHING
            )
            id = id_of("registration", body["hash"])
            self.rows[body["hash"]] = Registration(id, line.number, line.at, institution)
            return
        row = self.rows[body["hash"]]
        if line.kind == "entered":
            self.rows[body["hash"]] = replace(row, has_entered=True)
        else:
            known = {
                name: body[name] for name in ("by", "reason", "person", "team") if name in body
            }
            known["tracks"] = tuple(body.get("tracks", ()))
            self.rows[body["hash"]] = replace(row, decision=body["decision"], **known)


class Registrations:
    """Takes and decides registrations over one store.

    Args:
        logs: Keeps the log of each event.
        people: Those of the event, to whom whoever is approved is added.
        now: Tells the moment, in milliseconds since 1970.
    """

    def __init__(self, logs: RunStore, people: People, *, now: Callable[[], int]) -> None:
        self._logs = logs
        self._people = people
        self._now = now

    def register(self, plan: PlannedEvent, asked: Institution) -> str:
        """Keeps a registration and returns the secret of whoever registers, which is told once.

        Raises:
            PreconditionFailed: The event takes none, or no more.
            BadRequest: A word or number cannot be one; the error says which.
            Busy: Too many wait for facilitators.
        """
        # while nobody is known there is nobody who could let others in
        if self._people.is_open or door_of(plan, self._now()) != "open":
            raise PreconditionFailed("floor.registration_closed", where=plan.id)
        institution = _clean(plan, asked)
        secret = secrets.token_urlsafe(24)
        self._ask(plan.id, institution, hash_of(secret))
        if plan.registration == "open":
            # a name that is taken is for a facilitator to put right
            with suppress(BadRequest):
                self._admit(plan.id, hash_of(secret), institution, by=NOBODY)
        return secret

    @read_anew
    def _ask(self, event: str, institution: Institution, hash: str) -> None:
        book = self._read(event)
        waiting = [row.asked.name for row in book.rows.values() if row.decision == "waiting"]
        if len(waiting) >= REGISTRATIONS_WAITING:
            raise Busy("floor.registrations_full", where=event)
        if look_alike(institution.name, waiting):
            raise BadRequest("floor.registered_already", where="name", name=institution.name)
        self._append(event, book, "registered", {"hash": hash, "asked": asdict(institution)})

    def waiting(self, event: str) -> list[Registration]:
        """Returns those that nobody has decided, the oldest first."""
        return [row for row in self._read(event).rows.values() if row.decision == "waiting"]

    def decided(self, event: str) -> list[Registration]:
        """Returns those that were decided, the newest first."""
        rows = self._read(event).rows.values()
        return [row for row in reversed(list(rows)) if row.decision != "waiting"]

    def tracks_of(self, event: str, team: str) -> frozenset[str]:
        """Returns the tracks of an event for which a team has registered; none for one that came
        in otherwise.
        """
        rows = self._read(event).rows.values()
        return frozenset(
            track
            for row in rows
            if row.decision == "approved" and team and row.team == team
            for track in row.tracks
        )

    def by_secret(self, event: str, secret: str) -> Registration:
        """Returns a registration by the secret of whoever made it; raises NotFound."""
        row = self._read(event).rows.get(hash_of(secret))
        if row is None:
            raise NotFound("floor.no_registration", where="secret")
        return row

    def approve(self, event: str, id: str, asked: Institution, by: Person) -> str:
        """Lets an institution in, as the facilitator has put its words right; returns the code that
        lets its contact in once.

        Raises:
            NotFound: None of that id waits.
            BadRequest: A name cannot be one, is taken, or looks like another.
        """
        hash = self._waiting_of(event, id)
        return self._admit(event, hash, asked, by=by.name or NOBODY)

    def refuse(self, event: str, id: str, reason: str, by: Person) -> None:
        """Refuses an institution, and says why; raises NotFound, BadRequest without a reason."""
        if not reason.strip() or len(reason) > REGISTRATION_WORDS:
            raise BadRequest("floor.needs_reason", where="reason", most=REGISTRATION_WORDS)
        hash = self._waiting_of(event, id)
        who = by.name or NOBODY
        self._decide(event, hash, {"decision": "refused", "by": who, "reason": reason.strip()})

    def withdraw(self, event: str, secret: str) -> None:
        """Takes back a registration that waits; raises NotFound."""
        id = self.by_secret(event, secret).id
        self._decide(event, self._waiting_of(event, id), {"decision": "withdrawn"})

    @read_anew
    def enter(self, event: str, secret: str) -> str:
        """Returns a code that lets in who was approved, once.

        Raises:
            NotFound: Nothing was approved by this secret, or it has let in already.
        """
        book = self._read(event)
        row = book.rows.get(hash_of(secret))
        if row is None or row.decision != "approved" or row.has_entered:
            raise NotFound("floor.no_registration", where="secret")
        person = self._people.find(row.person)
        if self._people.sessions.of(person):  # by the link that a facilitator has sent
            raise NotFound("floor.no_registration", where="secret")
        # before there is a link, so that of two that enter at once one alone gets one
        self._append(event, book, "entered", {"hash": hash_of(secret)})
        # one approval is one way in: the link that its facilitator has seen ends with this one
        self._people.end_links(person)
        return self._people.link(person.name)

    def _admit(self, event: str, hash: str, asked: Institution, *, by: str) -> str:
        if not plain_name(asked.contact, "contact"):
            raise BadRequest("people.needs_name", where="contact")
        # the id follows from the registration, so that an approval that was broken off is gone on
        # with, and of two that approve at once nobody adds a second person
        id = PersonId(id_of("person", hash))
        person = Person(
            asked.contact, "participant", asked.name, asked.country, id=id, is_contact=True
        )
        try:
            code = self._people.link(self._people.find(id).name)
        except NotFound:
            code = self._people.add(person)
        added = self._people.find(id)
        # the form of an approval does not ask for them again
        tracks = self._read(event).rows[hash].asked.tracks
        body = {
            "decision": "approved",
            "by": by,
            "person": added.id,
            "team": added.team,
            "tracks": tracks,
        }
        try:
            self._decide(event, hash, body)
        except NotFound:
            if self._read(event).rows[hash].decision != "approved":  # taken back meanwhile
                self._people.remove(added.name)
            raise
        return code

    @read_anew
    def _decide(self, event: str, hash: str, body: dict[str, Any]) -> None:
        book = self._read(event)
        row = book.rows[hash]
        if row.decision != "waiting":  # somebody decided it meanwhile
            raise NotFound("floor.no_registration", where=row.id)
        self._append(event, book, "decided", {"hash": hash, **body})
        # what somebody wrote is kept no longer than it is needed
        self._logs.blot(f"{LOG}{event}", row.number, json.dumps({"hash": hash}))

    def _waiting_of(self, event: str, id: str) -> str:
        for hash, row in self._read(event).rows.items():
            if row.id == id and row.decision == "waiting":
                return hash
        raise NotFound("floor.no_registration", where=id)

    def _read(self, event: str) -> _Book:
        book = _Book()
        for line in self._logs.events(f"{LOG}{event}"):
            book.take(line)
        return book

    def _append(self, event: str, book: _Book, kind: str, body: dict[str, Any]) -> None:
        line = (kind, self._now(), json.dumps(body, ensure_ascii=False))
        self._logs.append(f"{LOG}{event}", [line], behind=book.last)


def door_of(plan: PlannedEvent, moment: int) -> Door:
    """Returns whether an event takes registrations of whoever comes, else why it does not.

    Args:
        plan: The event.
        moment: When, in milliseconds since 1970; its day is that of the event's zone.
    """
    today = day_in(plan, moment)
    if plan.registration != "invitation" and today <= last_day_of(plan):
        return "open"
    if today > plan.last:
        return "over"
    return "invitation" if plan.registration == "invitation" else "closed"


def last_day_of(plan: PlannedEvent) -> date:
    """Returns the last day on which whoever comes may register."""
    return plan.registration_until or plan.last


def day_in(plan: PlannedEvent, moment: int) -> date:
    """Returns the day of a moment (milliseconds since 1970) in the zone of an event."""
    return moment_of(moment).astimezone(ZoneInfo(plan.zone)).date()


def _clean(plan: PlannedEvent, asked: Institution) -> Institution:
    """Returns what an institution says in its one form; raises BadRequest."""
    clean = replace(
        asked,
        name=plain_name(asked.name, "name"),
        contact=plain_name(asked.contact, "contact"),
        country=country_code(asked.country),
        tracks=tuple(track.id for track in plan.tracks if track.id in asked.tracks),
        systems=asked.systems.strip(),
    )
    for place in _lacking(clean):
        raise BadRequest("floor.registration_lacks", where=place)
    if not 1 <= clean.people <= MOST_PEOPLE:
        raise BadRequest("floor.bad_people", where="people", most=MOST_PEOPLE)
    if len(clean.systems) > REGISTRATION_WORDS:
        raise BadRequest("people.too_long", where="systems", most=REGISTRATION_WORDS)
    return clean


def _lacking(asked: Institution) -> Iterator[str]:
    for place in ("name", "country", "contact", "tracks"):
        if not getattr(asked, place):
            yield place
