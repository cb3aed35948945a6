"""The tokens by which programs work on the spaces of teams, and which team owns which space.

Kept as an append-only log of its own, as hashes alone: a token is shown once.  What the sandbox
itself does on a space it does by a token that it lends for one request and that is kept nowhere.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import Team, TeamId, named_team
from sandbox.event.people import DAY, LONGEST, People, Person
from sandbox.event.sessions import hash_of
from sandbox.fhir.dates import milliseconds_of
from sandbox.limits import TEAM_TOKENS
from sandbox.store.runs import RunStore, read_anew

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
LOG = "@tokens"
PREFIX = "connectathon_"  # by which a scanner for secrets finds what somebody published
TOKEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; `id` names it in lists, `made` and `until` are milliseconds since
    1970.
    """

    id: str
    name: str
    team: str
    team_id: TeamId
    scope: Scope
    by: str
    made: int
    until: int


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose credential a request carries, and how far it goes: a token acts as a participant of its
    team.
    """

    person: Person
    scope: Scope = "write"


class Tokens:
    """Makes, lends, lists, revokes and recognises tokens; others may write to the same log
    meanwhile.
    """

    def __init__(self, store: RunStore, people: People, *, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock
        self._lock = threading.Lock()  # requests come in several threads
        self._read = -1
        self._tokens: dict[str, Token] = {}  # by the hash of their secret
        self._owners: dict[str, TeamId] = {}  # of the spaces that were given to a team
        self._lent: dict[str, Bearer] = {}

    @read_anew
    def make(
        self, team: str, name: str, *, scope: str, by: str = "", days: int = TOKEN_DAYS
    ) -> tuple[Token, str]:
        """Keeps a token of a team; returns it and its secret, which nobody can read again.

        Raises:
            BadRequest: The name or the scope cannot be one, or the team has too many.
            NotFound: There is no such team.
        """
        owner = self.find_team(team)
        plain = " ".join(name.split())
        if not plain or len(plain) > LONGEST or not plain.isprintable():
            raise BadRequest("tokens.bad_name", where="name", most=LONGEST)
        if scope not in SCOPES:
            raise BadRequest("tokens.bad_scope", where="scope", found=scope[:LONGEST])
        if len(self.of(owner.id)) >= TEAM_TOKENS:
            raise BadRequest("tokens.too_many", where="team", most=TEAM_TOKENS)
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self._now()
        until = now + days * DAY
        id = secrets.token_hex(4)
        token = Token(id, plain, owner.name, owner.id, scope, by, now, until)
        self._append("made", {**asdict(token), "hash": hash_of(secret)})
        return token, secret

    def of(self, team: TeamId) -> list[Token]:
        """Returns the tokens of a team that are good today, the oldest first."""
        self._catch_up()
        now = self._now()
        return [
            token for token in self._tokens.values() if token.team_id == team and token.until > now
        ]

    def all(self) -> list[Token]:
        """Returns the tokens of all teams that are good today, by team."""
        self._catch_up()
        return [token for team in self._people.teams() for token in self.of(team.id)]

    def find(self, id: str) -> Token:
        """Returns a token by its id; raises NotFound."""
        for token in self.all():
            if token.id == id:
                return token
        raise NotFound("tokens.no_token", where=id, id=id[:LONGEST])

    @read_anew
    def revoke(self, id: str, *, by: str = "") -> Token:
        """Ends a token at once; raises NotFound."""
        token = self.find(id)
        self._append("revoked", {"id": id, "by": by})
        return token

    def read(self, secret: str) -> Bearer | None:
        """Returns whose token it is and what it is good for; None for one that is over or none."""
        hash = hash_of(secret)
        lent = self._lent.get(hash)
        if lent is not None:
            return lent
        self._catch_up()
        token = self._tokens.get(hash)
        if token is None or token.until <= self._now():
            return None
        # a team that has no people any more is no longer at the event
        if token.team_id not in {team.id for team in self._people.teams()}:
            return None
        return Bearer(_member_of(token.team_id, token.team), token.scope)

    @contextmanager
    def lent(self, team: TeamId, *, scope: Scope = "write") -> Iterator[str]:
        """Lends a token of a team to the sandbox itself, for as long as the block lasts."""
        secret = PREFIX + secrets.token_urlsafe(32)
        hash = hash_of(secret)
        self._lent[hash] = Bearer(_member_of(team), scope)
        try:
            yield secret
        finally:
            del self._lent[hash]

    @read_anew
    def give(self, space: str, team: str) -> None:
        """Makes a team the owner of a space, whatever its name; raises NotFound for no such
        team.
        """
        owner = self.find_team(team)
        self._append("given", {"space": space, "team": owner.name, "team_id": owner.id})

    def owner(self, space: str) -> Team | None:
        """Returns the team that owns a space; None while none does.

        It is the one that the space was given to, else the one whose name the space has; a team
        that a newcomer founded owns none before it is given one, whatever its name.
        """
        self._catch_up()
        teams = self._people.teams()
        if space in self._owners:
            return next((team for team in teams if team.id == self._owners[space]), None)
        named = [
            team
            for team in teams
            if space_named(team.name) == space and team.id == named_team(team.name)
        ]
        # of two teams that could mean the space, neither takes it from the other
        return named[0] if len(named) == 1 else None

    def find_team(self, name: str) -> Team:
        """Returns the team of a name; raises NotFound where none of that name has people."""
        teams = self._people.teams()
        for team in teams:
            if team.name == name:
                return team
        known = ", ".join(team.name for team in teams) or "–"
        raise NotFound("tokens.no_team", where="team", name=name[:LONGEST] or "–", known=known)

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        """Writes a line behind those that were read."""
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
        if kind == "made":
            hash = body.pop("hash")
            self._tokens[hash] = Token(**body)
        elif kind == "revoked":
            kept = {hash: token for hash, token in self._tokens.items() if token.id != body["id"]}
            self._tokens = kept
        elif kind == "given":
            self._owners[body["space"]] = body["team_id"]

    def _now(self) -> int:
        return milliseconds_of(self._clock())


def space_named(team: str) -> str:
    """Returns the name of the space that a team has unless it was given another: `Costa Rica` has
    costa-rica.
    """
    plain = unicodedata.normalize("NFKD", team.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"\s+", "-", letters.strip())


def _member_of(team: TeamId, name: str = "") -> Person:
    """Returns the participant as whom a team's token acts."""
    return Person("", "participant", name, team_id=team)
