"""The people of an event: who they are, of which team, in which role, and how they come in.

Kept as an append-only log of its own.  Codes and sessions are kept as hashes alone.  Before the
first person is added the sandbox is a rehearsal room of one's own: whoever asks is its facilitator.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sandbox.clock import Clock
from sandbox.errors import BadRequest, Forbidden, NotFound
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore

Role = Literal["participant", "monitor", "facilitator"]
ROLES: tuple[Role, ...] = get_args(Role)
LOG = "@people"
DAY = 24 * 3600 * 1000
CODE_DAYS = 7
SESSION_DAYS = 30
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the event; monitors and facilitators may belong to no team."""

    name: str
    role: Role
    team: str = ""
    country: str = ""


ANYONE = Person("", "facilitator")
"""Whoever asks while no people are known."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a link carries: the way in of one person, once, or of all who are to join a team
    (`person` is empty).
    """

    person: str
    team: str
    country: str
    until: int


class People:
    """Adds, lets in and recognises people over one store; others may write to the same log
    meanwhile.
    """

    def __init__(self, store: RunStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()  # requests come in several threads
        self._read = -1
        self._people: dict[str, Person] = {}
        self._codes: dict[str, Code] = {}
        self._sessions: dict[str, tuple[str, int]] = {}

    @property
    def is_open(self) -> bool:
        """Whether nobody is known yet, so that whoever asks may do everything."""
        self._catch_up()
        return not self._people

    def all(self) -> list[Person]:
        """Returns the people by team and name."""
        self._catch_up()
        return sorted(self._people.values(), key=lambda person: (person.team, person.name))

    def add(self, person: Person) -> str:
        """Adds a person and returns the code that lets them in once; raises BadRequest."""
        self._add(person)
        return self.link(person.name)

    def link(self, name: str) -> str:
        """Returns a new code that lets a person in once; raises NotFound."""
        person = self._person(name)
        return self._code(Code(person.name, person.team, person.country, self._in_days(CODE_DAYS)))

    def invite(self, team: str, *, country: str = "") -> str:
        """Returns a code by which any number of participants join a team; for an empty team each
        names their own.
        """
        # whoever came in by it would be the first, and a participant cannot be
        if self.is_open:
            raise BadRequest("people.first_is_facilitator", where="role")
        return self._code(
            Code("", _plain(team, "team"), _country(country), self._in_days(SESSION_DAYS))
        )

    def remove(self, name: str) -> None:
        """Takes a person from the list and ends their sessions; what they did stays in the logs.
        Raises NotFound.
        """
        person = self._person(name)
        if [other for other in self._people.values() if other.role == "facilitator"] == [
            person
        ] and len(self._people) > 1:
            raise BadRequest("people.last_facilitator", where=name, name=name)
        self._append("removed", {"name": person.name})

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
            BadRequest: The name or team is lacking or cannot be one, or the name is taken.
        """
        code = self.code(text)
        if not code.person:
            person = Person(name, "participant", code.team or team, code.country or country)
            if not person.team:
                raise BadRequest("people.needs_team", where="team")
            self._add(person)
        secret = secrets.token_urlsafe(32)
        until = self._in_days(SESSION_DAYS)
        used = _hash(text) if code.person else ""
        who = code.person or _plain(name, "name")
        self._append(
            "entered", {"name": who, "session": _hash(secret), "until": until, "code": used}
        )
        return secret

    def leave(self, secret: str) -> None:
        """Ends a session."""
        self._append("left", {"session": _hash(secret)})

    def who(self, secret: str) -> Person | None:
        """Returns the person of a session; None for one that is over or none."""
        self._catch_up()
        name, until = self._sessions.get(_hash(secret), ("", 0))
        return self._people.get(name) if until >= self._now() else None

    def _add(self, person: Person) -> None:
        self._catch_up()
        clean = Person(
            _plain(person.name, "name"),
            person.role,
            _plain(person.team, "team"),
            _country(person.country),
        )
        if person.role not in ROLES:
            raise BadRequest(
                "people.bad_role", where="role", found=person.role, known=", ".join(ROLES)
            )
        if not clean.name:
            raise BadRequest("people.needs_name", where="name")
        if clean.role == "participant" and not clean.team:
            raise BadRequest("people.needs_team", where="team")
        # Ana and ANA would look like one person to a monitor
        if clean.name.casefold() in {known.casefold() for known in self._people}:
            raise BadRequest("people.name_taken", where="name", name=clean.name)
        if not self._people and clean.role != "facilitator":
            raise BadRequest("people.first_is_facilitator", where="role")
        self._append("person", asdict(clean))

    def _person(self, name: str) -> Person:
        self._catch_up()
        if name not in self._people:
            known = ", ".join(sorted(self._people)) or "–"
            raise NotFound("people.no_person", where=name, name=name, known=known)
        return self._people[name]

    def _code(self, code: Code) -> str:
        text = secrets.token_urlsafe(16)
        self._append("code", {**asdict(code), "hash": _hash(text)})
        return text

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        """Writes a line behind those that were read; whoever was slower is told to look again."""
        line = (kind, self._now(), json.dumps(body, ensure_ascii=False))
        self._store.append(LOG, [line], behind=self._read)
        self._catch_up()

    def _catch_up(self) -> None:
        """Reads what was written since, by whomever."""
        with self._lock:
            for event in self._store.events(LOG, after=self._read):
                self._take(event.kind, json.loads(event.body))
                self._read = event.number

    def _take(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "person":
            self._people[body["name"]] = Person(**body)
        elif kind == "removed":
            del self._people[body["name"]]
            self._codes = {
                hash: one for hash, one in self._codes.items() if one.person != body["name"]
            }
            self._sessions = {
                hash: one for hash, one in self._sessions.items() if one[0] != body["name"]
            }
        elif kind == "code":
            hash = body.pop("hash")
            self._codes[hash] = Code(**body)
        elif kind == "entered":
            self._sessions[body["session"]] = (body["name"], body["until"])
            # the code of a person is good once; that of a team is not written here, and goes on
            self._codes.pop(body["code"], None)
        elif kind == "left":
            self._sessions.pop(body["session"], None)

    def _now(self) -> int:
        return milliseconds_of(self._clock())

    def _in_days(self, days: int) -> int:
        return self._now() + days * DAY


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
