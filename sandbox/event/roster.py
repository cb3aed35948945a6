"""Who takes part, as the log of people tells it: people, teams, codes and sessions.  Pure.

Lines older than ids name people and teams alone; their ids follow from the line or from the name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.event.identity import NO_ONE, NO_TEAM, Person, PersonId, Team, TeamId, named_team
from sandbox.ids import id_of
from sandbox.store.runs import Event


@dataclass(frozen=True, slots=True)
class Code:
    """What a link carries: the way in of one person, once, or of all who are to join a team, an
    invitation (`person` is empty).

    It was made `at` a moment by somebody and is good until another (milliseconds since 1970), and
    `most` times, 0 in older logs for any number.
    """

    person: str
    team: str
    country: str
    until: int
    person_id: PersonId = NO_ONE
    team_id: TeamId = NO_TEAM
    id: str = ""
    by: str = ""
    at: int = 0
    most: int = 1
    used: int = 0

    def is_good(self, now: int) -> bool:
        """Tells whether it still lets somebody in."""
        return now <= self.until and (not self.most or self.used < self.most)


@dataclass(frozen=True, slots=True)
class Session:
    """What lets a browser or a program in again: since when, last used, at most until when, all in
    milliseconds since 1970.

    Use is written down at times only, and never in older logs, where `seen` is 0.
    """

    id: str
    person: PersonId
    since: int
    seen: int
    until: int
    browser: str


@dataclass(slots=True)
class Roster:
    """What the lines taken so far come to; codes and sessions by the hash of their secret."""

    people: dict[PersonId, Person] = field(default_factory=dict)
    teams: dict[TeamId, Team] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)

    def copy(self) -> Roster:
        """Returns the same, to take further lines."""
        return Roster(dict(self.people), dict(self.teams), dict(self.codes), dict(self.sessions))

    def take(self, event: Event) -> None:
        """Takes the next line of the log."""
        read = {
            "team": self._team,
            "person": self._person,
            "contact": self._contact,
            "removed": self._removed,
            "code": self._code,
            "revoked": self._revoked,
            "entered": self._entered,
            "seen": self._seen,
            "left": self._left,
        }
        read[event.kind](event, json.loads(event.body))

    def person_called(self, name: str) -> Person | None:
        """Returns the person of a name, which only one has at a time."""
        return next((person for person in self.people.values() if person.name == name), None)

    def team_called(self, name: str) -> Team | None:
        """Returns the team of a name."""
        return next((team for team in self.teams.values() if team.name == name), None)

    def _team(self, event: Event, body: dict[str, Any]) -> None:
        self.teams[body["id"]] = Team(body["id"], body["name"], event.at)

    def _person(self, event: Event, body: dict[str, Any]) -> None:
        # its number never changes, and tells Ana from an Ana who was removed before
        derived = {
            "id": id_of("person", str(event.number), body["name"]),
            "team_id": named_team(body["team"]),
        }
        person = Person(**{**derived, **body, "since": event.at})
        self.people[person.id] = person
        # older logs have no lines of teams
        if person.team_id and person.team_id not in self.teams:
            self.teams[person.team_id] = Team(person.team_id, person.team, event.at)

    def _contact(self, event: Event, body: dict[str, Any]) -> None:
        if body["id"] in self.people:
            person = self.people[body["id"]]
            self.people[person.id] = replace(person, is_contact=body["is_contact"])

    def _removed(self, event: Event, body: dict[str, Any]) -> None:
        gone = self._id_in(body, "id", "name")
        self.people.pop(gone, None)
        for hash in [hash for hash, code in self.codes.items() if code.person_id == gone != NO_ONE]:
            del self.codes[hash]
        for hash in [hash for hash, session in self.sessions.items() if session.person == gone]:
            del self.sessions[hash]

    def _code(self, event: Event, body: dict[str, Any]) -> None:
        hash = body.pop("hash")
        person_id = self._id_in(body, "person_id", "person")
        older = {
            "team_id": named_team(body["team"]),
            "id": id_of("code", hash),
            "at": event.at,
            "most": 1 if person_id else 0,
        }
        self.codes[hash] = Code(**{**older, **body, "person_id": person_id})

    def _revoked(self, event: Event, body: dict[str, Any]) -> None:
        self.codes = {hash: code for hash, code in self.codes.items() if code.id != body["id"]}

    def _entered(self, event: Event, body: dict[str, Any]) -> None:
        person = self._id_in(body, "id", "name")
        is_old = "browser" not in body
        hash = body["session"]
        self.sessions[hash] = Session(
            id_of("session", hash),
            person,
            event.at,
            0 if is_old else event.at,
            body["until"],
            body.get("browser", ""),
        )
        code = self.codes.get(body["code"])
        if code and code.person_id:
            del self.codes[body["code"]]
        elif code:
            self.codes[body["code"]] = replace(code, used=code.used + 1)

    def _seen(self, event: Event, body: dict[str, Any]) -> None:
        session = self.sessions.get(body["session"])
        if session:
            self.sessions[body["session"]] = replace(session, seen=event.at)

    def _left(self, event: Event, body: dict[str, Any]) -> None:
        self.sessions.pop(body["session"], None)

    def _id_in(self, body: Mapping[str, Any], id: str, name: str) -> PersonId:
        """Returns the id of the person of a line; in older ones there is a name."""
        if id in body:
            return PersonId(body[id])
        person = self.person_called(body[name])
        return person.id if person else NO_ONE
