"""The people of an event: who they are, of which team, in which role, and how they come in.

Kept as an append-only log of its own.  Codes and sessions are kept as hashes alone.  Before the
first person is added the sandbox is a rehearsal room of one's own: whoever asks is its facilitator.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed
from sandbox.event.identity import (
    ANYONE,
    NO_ONE,
    NO_TEAM,
    ROLES,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    named_team,
)
from sandbox.fhir.dates import milliseconds_of
from sandbox.ids import NewId, id_of, random_id
from sandbox.store.runs import Event, RunStore

__all__ = ["ANYONE", "ROLES", "Code", "People", "Person", "Role"]

LOG = "@people"
DAY = 24 * 3600 * 1000
CODE_DAYS = 7
SESSION_DAYS = 30
LONGEST = 60
TRIES = 20
Line = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Code:
    """What a link carries: the way in of one person, once, or of all who are to join a team
    (`person` is empty).
    """

    person: str
    team: str
    country: str
    until: int
    person_id: PersonId = NO_ONE
    team_id: TeamId = NO_TEAM


class People:
    """Adds, lets in and recognises people over one store; others may write to the same log
    meanwhile.
    """

    def __init__(self, store: RunStore, *, clock: Clock, new_id: NewId = random_id) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()  # requests come in several threads
        self._writing = threading.Lock()
        self._read = -1
        self._people: dict[PersonId, Person] = {}
        self._teams: dict[TeamId, Team] = {}
        self._codes: dict[str, Code] = {}
        self._sessions: dict[str, tuple[PersonId, int]] = {}

    @property
    def is_open(self) -> bool:
        """Whether nobody is known yet, so that whoever asks may do everything."""
        self._catch_up()
        return not self._people

    def all(self) -> list[Person]:
        """Returns the people by team and name."""
        self._catch_up()
        return sorted(self._people.values(), key=lambda person: (person.team, person.name))

    def team(self, name: str) -> Team:
        """Returns the team that those who run the event call so, which is there from then on;
        raises BadRequest.
        """
        clean = _plain(name, "team")
        team = Team(named_team(clean), clean)

        def plan() -> list[Line]:
            return self._lines_of(team) if clean and self._team_called(clean) is None else []

        self._write(plan)
        return self._team_called(clean) or team

    def teams(self) -> list[Team]:
        """Returns the teams of the event that have people, by name."""
        self._catch_up()
        joined = {person.team_id for person in self._people.values()}
        return sorted(
            (team for team in self._teams.values() if team.id in joined),
            key=lambda team: team.name,
        )

    def team_meant(self, name: str, *, at: int) -> TeamId:
        """Returns the id of the team that was meant where only a name was written down, at a moment
        (milliseconds since 1970).
        """
        self._catch_up()
        team = self._team_called(name)
        # a newcomer's team of that name may be younger than what was written
        return team.id if team and team.since <= at else named_team(name)

    def add(self, person: Person) -> str:
        """Adds a person and returns the code that lets them in once; raises BadRequest."""
        added = self._clean(person)

        def plan() -> list[Line]:
            team = self._team_called(added.team) or Team(named_team(added.team), added.team)
            is_new = bool(team.name) and team.id not in self._teams
            return [*(self._lines_of(team) if is_new else []), self._line_of(added, team)]

        self._write(plan)
        return self._link(self._people[added.id])

    def link(self, name: str) -> str:
        """Returns a new code that lets a person in once; raises NotFound."""
        return self._link(self._person(name))

    def invite(self, team: str, *, country: str = "") -> str:
        """Returns a code by which any number of participants join a team; for an empty team each
        founds their own.
        """
        # whoever came in by it would be the first, and a participant cannot be
        if self.is_open:
            raise BadRequest("people.first_is_facilitator", where="role")
        to = self.team(team)
        until = self._in_days(SESSION_DAYS)
        return self._code(Code("", to.name, _country(country), until, team_id=to.id))

    def remove(self, name: str) -> None:
        """Takes a person from the list and ends their sessions; what they did stays in the logs.
        Raises NotFound.
        """

        def plan() -> list[Line]:
            person = self._person(name)
            staff = [known for known in self._people.values() if known.role == "facilitator"]
            if staff == [person] and len(self._people) > 1:
                raise BadRequest("people.last_facilitator", where=name, name=name)
            return [("removed", {"id": person.id, "name": person.name})]

        self._write(plan)

    def code(self, text: str) -> Code:
        """Returns what a code is good for; raises Forbidden for one that is used, over, or none."""
        self._catch_up()
        code = self._codes.get(_hash(text))
        if code is None or code.until < self._now():
            raise Forbidden("people.no_code", where="code")
        return code

    def enter(self, text: str, *, name: str = "", team: str = "", country: str = "") -> str:
        """Lets in the person of a code, or a new participant of that name; returns the secret of
        the session.

        Raises:
            Forbidden: The code is used, over, or none.
            BadRequest: The name or team is lacking or cannot be one, or is taken.
        """
        secret = secrets.token_urlsafe(32)
        id = self._an_id()

        def plan() -> list[Line]:
            code = self.code(text)
            if code.person_id:
                who = self._people[code.person_id]
                return [self._entry(who, secret, used=_hash(text))]
            place = code.country or country
            who = self._clean(Person(name, "participant", code.team or team, place, id))
            joined = Team(code.team_id, code.team) if code.team_id else self._founded(who.team)
            lines = [] if code.team_id else self._lines_of(joined)
            return [*lines, self._line_of(who, joined), self._entry(who, secret)]

        self._write(plan)
        return secret

    def leave(self, secret: str) -> None:
        """Ends a session."""
        self._write(lambda: [("left", {"session": _hash(secret)})])

    def who(self, secret: str) -> Person | None:
        """Returns the person of a session; None for one that is over or none."""
        self._catch_up()
        id, until = self._sessions.get(_hash(secret), (NO_ONE, 0))
        return self._people.get(id) if until >= self._now() else None

    def _clean(self, person: Person) -> Person:
        """Returns a person as they may be added, with an id; raises BadRequest."""
        clean = replace(
            person,
            name=_plain(person.name, "name"),
            team=_plain(person.team, "team"),
            country=_country(person.country),
            id=person.id or self._an_id(),
        )
        if person.role not in ROLES:
            raise BadRequest(
                "people.bad_role", where="role", found=person.role, known=", ".join(ROLES)
            )
        if not clean.name:
            raise BadRequest("people.needs_name", where="name")
        if clean.role == "participant" and not clean.team:
            raise BadRequest("people.needs_team", where="team")
        return clean

    def _line_of(self, person: Person, team: Team) -> Line:
        """Returns the line that adds a person to a team; raises BadRequest where that cannot be
        now.
        """
        # Ana and ANA would look like one person to a monitor
        if person.name.casefold() in {known.name.casefold() for known in self._people.values()}:
            raise BadRequest("people.name_taken", where="name", name=person.name)
        if not self._people and person.role != "facilitator":
            raise BadRequest("people.first_is_facilitator", where="role")
        names = {"name": person.name, "team": team.name, "country": person.country}
        return ("person", {"id": person.id, "role": person.role, "team_id": team.id, **names})

    def _lines_of(self, team: Team) -> list[Line]:
        return [("team", {"id": team.id, "name": team.name})]

    def _entry(self, person: Person, secret: str, *, used: str = "") -> Line:
        until = self._in_days(SESSION_DAYS)
        who = {"id": person.id, "name": person.name}
        return ("entered", {**who, "session": _hash(secret), "until": until, "code": used})

    def _founded(self, name: str) -> Team:
        """Returns a newcomer's own team; raises BadRequest for a name that is taken."""
        # of systems older than teams' ids, whose team nobody has joined yet
        kept = {json.loads(body).get("team", "") for body in self._store.systems().values()}
        if self._team_called(name) or name in kept:
            raise BadRequest("people.team_taken", where="team", name=name)
        return Team(TeamId(self._new_id()), name)

    def _team_called(self, name: str) -> Team | None:
        return next((team for team in self._teams.values() if team.name == name), None)

    def _person(self, name: str) -> Person:
        self._catch_up()
        person = self._called(name)
        if person is None:
            known = ", ".join(sorted(person.name for person in self._people.values())) or "–"
            raise NotFound("people.no_person", where=name, name=name, known=known)
        return person

    def _called(self, name: str) -> Person | None:
        return next((person for person in self._people.values() if person.name == name), None)

    def _link(self, person: Person) -> str:
        until = self._in_days(CODE_DAYS)
        return self._code(
            Code(person.name, person.team, person.country, until, person.id, person.team_id)
        )

    def _code(self, code: Code) -> str:
        text = secrets.token_urlsafe(16)
        self._write(lambda: [("code", {**asdict(code), "hash": _hash(text)})])
        return text

    def _write(self, plan: Callable[[], Sequence[Line]]) -> None:
        """Writes the lines that a plan makes of what is known, all or none; where another process
        wrote meanwhile, the plan is made anew.
        """
        with self._writing:
            for attempt in range(TRIES):
                self._catch_up()
                read = self._read
                now = self._now()
                lines = [(kind, now, json.dumps(body, ensure_ascii=False)) for kind, body in plan()]
                if not lines:
                    return
                try:
                    self._store.append(LOG, lines, behind=read)
                except PreconditionFailed:
                    if attempt == TRIES - 1:
                        raise
                    continue
                break
        self._catch_up()

    def _catch_up(self) -> None:
        """Reads what was written since, by whomever."""
        with self._lock:
            for event in self._store.events(LOG, after=self._read):
                self._take(event, json.loads(event.body))
                self._read = event.number

    def _take(self, event: Event, body: dict[str, Any]) -> None:
        if event.kind == "team":
            self._teams[body["id"]] = Team(**body, since=event.at)
        elif event.kind == "person":
            person = _person_in(event, body)
            self._people[person.id] = person
            # of older logs, which have no lines of teams
            if person.team_id and person.team_id not in self._teams:
                self._teams[person.team_id] = Team(person.team_id, person.team, event.at)
        elif event.kind == "removed":
            gone = self._id_in(body, "id", "name")
            self._people.pop(gone, None)
            self._codes = {
                hash: code
                for hash, code in self._codes.items()
                if code.person_id != gone or code.person_id == NO_ONE
            }
            self._sessions = {
                hash: session for hash, session in self._sessions.items() if session[0] != gone
            }
        elif event.kind == "code":
            ids = {
                "person_id": self._id_in(body, "person_id", "person"),
                "team_id": body.get("team_id", named_team(body["team"])),
            }
            hash = body.pop("hash")
            self._codes[hash] = Code(**{**body, **ids})
        elif event.kind == "entered":
            self._sessions[body["session"]] = (self._id_in(body, "id", "name"), body["until"])
            # the code of a person is good once; that of a team is not written here, and goes on
            self._codes.pop(body["code"], None)
        elif event.kind == "left":
            self._sessions.pop(body["session"], None)

    def _id_in(self, body: Mapping[str, Any], id: str, name: str) -> PersonId:
        """Returns the id of the person of a line; in older ones a name, which one person had at a
        time.
        """
        if id in body:
            return PersonId(body[id])
        person = self._called(body[name])
        return person.id if person else NO_ONE

    def _an_id(self) -> PersonId:
        return PersonId(self._new_id())

    def _now(self) -> int:
        return milliseconds_of(self._clock())

    def _in_days(self, days: int) -> int:
        return self._now() + days * DAY


def _person_in(event: Event, body: Mapping[str, Any]) -> Person:
    """Returns the person of a line; in older ones without ids, which follow from the line."""
    # its number never changes, and tells Ana from an Ana who was removed before
    derived = {
        "id": id_of("person", str(event.number), body["name"]),
        "team_id": named_team(body["team"]),
    }
    return Person(**{**derived, **body, "since": event.at})


def _hash(secret: str) -> str:
    # without salt or rounds: these are 128 bits of chance or more, and no passwords
    return hashlib.sha256(secret.encode()).hexdigest()


def _plain(text: str, name: str) -> str:
    """Returns a name without space around it; raises BadRequest for one that is too long or holds
    odd characters.
    """
    plain = " ".join(text.split())
    # `@people` and the like are logs of their own in the same store
    if len(plain) > LONGEST or not plain.isprintable() or plain.startswith("@"):
        raise BadRequest("people.bad_name", where=name, most=LONGEST)
    return plain


def _country(text: str) -> str:
    code = text.strip().upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadRequest("people.bad_country", where="country", found=code[:LONGEST])
    return code
