"""The people of an event: who they are, of which team, in which role, and how they come in.

Kept as an append-only log of its own.  Codes and sessions are kept as hashes alone.  Before the
first person is added the sandbox is a rehearsal room of one's own: whoever asks is its facilitator.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace

from sandbox.clock import Clock
from sandbox.errors import BadRequest, Forbidden, NotFound
from sandbox.event.identity import (
    ANYONE,
    ROLES,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    named_team,
)
from sandbox.event.names import LONGEST, country_code, look_alike, plain_name
from sandbox.event.people_log import Line, PeopleLog
from sandbox.event.rights import Whose, allow, may
from sandbox.event.roster import Code, Roster
from sandbox.event.sessions import Sessions, hash_of
from sandbox.ids import NewId, random_id
from sandbox.limits import (
    INVITATION_DAYS,
    INVITATION_USES,
    LINK_DAYS,
    SESSION_DAYS,
)
from sandbox.store.runs import RunStore

__all__ = [
    "ANYONE",
    "DAY",
    "LONGEST",
    "ROLES",
    "Code",
    "People",
    "Person",
    "Role",
    "Terms",
]

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Terms:
    """How often an invitation is good, and for how many days."""

    uses: int = 50
    days: int = 30


USUAL = Terms()


class People:
    """Adds, lets in and recognises people over one store; others may write to the same log
    meanwhile.
    """

    def __init__(self, store: RunStore, *, clock: Clock, new_id: NewId = random_id) -> None:
        self._log = PeopleLog(store, clock=clock)
        self.sessions = Sessions(self._log)
        self._new_id = new_id

    @property
    def _roster(self) -> Roster:
        return self._log.roster

    @property
    def is_open(self) -> bool:
        """Whether nobody is known yet, so that whoever asks may do everything."""
        return not self._roster.people

    def all(self) -> list[Person]:
        """Returns the people by team and name."""
        known = self._roster.people.values()
        return sorted(known, key=lambda person: (person.team, person.name))

    def team(self, name: str) -> Team:
        """Returns the team that those who run the event call so, which is there from then on;
        raises BadRequest for a name that looks like another's.
        """
        clean = plain_name(name, "team")
        self._log.write(lambda: self._lines_of(self._named(clean)))
        return self._named(clean)

    def teams(self) -> list[Team]:
        """Returns the teams of the event that have people, by name."""
        known = self._roster
        joined = {person.team_id for person in known.people.values()}
        teams = (team for team in known.teams.values() if team.id in joined)
        return sorted(teams, key=lambda team: team.name)

    def team_meant(self, name: str, *, at: int) -> TeamId:
        """Returns the id of the team that was meant where only a name was written down, at a moment
        (milliseconds since 1970).
        """
        team = self._roster.team_called(name)
        # a newcomer's team of that name may be younger than what was written
        return team.id if team and team.since <= at else named_team(name)

    def add(self, person: Person) -> str:
        """Adds a person and returns the code that lets them in once; raises BadRequest."""
        added = self._clean(person)

        def plan() -> list[Line]:
            team = self._named(added.team)
            return [*self._lines_of(team), self._line_of(added, team)]

        self._log.write(plan)
        return self._link(self._roster.people[added.id])

    def link(self, name: str) -> str:
        """Returns a new code that lets a person in once; raises NotFound."""
        return self._link(self.named(name))

    def end_links(self, person: Person) -> None:
        """Ends the links that let a person in and that nobody has used."""

        def plan() -> list[Line]:
            return [
                ("revoked", {"id": code.id, "by": person.name})
                for code in self._roster.codes.values()
                if code.person_id == person.id
            ]

        self._log.write(plan)

    def find(self, id: str) -> Person:
        """Returns a person by id; raises NotFound."""
        person = self._roster.people.get(PersonId(id))
        return person or self.named(id)

    def named(self, name: str) -> Person:
        """Returns a person by name; raises NotFound."""
        known = self._roster
        person = known.person_called(name)
        if person is None:
            names = ", ".join(sorted(person.name for person in known.people.values())) or "–"
            raise NotFound("people.no_person", where=name, name=name, known=names)
        return person

    def make_contact(self, name: str, *, is_contact: bool = True) -> Person:
        """Makes a person a contact of their team, who may invite to it, or ends that; raises
        NotFound, BadRequest for a person of no team.
        """

        def plan() -> list[Line]:
            person = self.named(name)
            if not person.team_id:
                raise BadRequest("people.needs_team", where=name)
            return [("contact", {"id": person.id, "name": name, "is_contact": is_contact})]

        self._log.write(plan)
        return self.named(name)

    def invite(
        self, team: str, *, country: str = "", by: Person = ANYONE, terms: Terms = USUAL
    ) -> str:
        """Returns a code by which participants join a team; for an empty team of a facilitator each
        founds their own.

        Raises:
            Forbidden: The team is not one to which this person invites.
            BadRequest: A word or number is wrong, or nobody is known yet.
        """
        # whoever came in by it would be the first, and a participant cannot be
        if self.is_open:
            raise BadRequest("people.first_is_facilitator", where="role")
        for name, number, most in (
            ("uses", terms.uses, INVITATION_USES),
            ("days", terms.days, INVITATION_DAYS),
        ):
            if not 1 <= number <= most:
                raise BadRequest("people.bad_terms", where=name, name=name, most=most)
        if may(by, "invite"):
            to = self.team(team)
        else:
            to = self._roster.team_called(plain_name(team or by.team, "team")) or self._named("")
            allow(by, "invite", Whose(to.id))
        until = self._in_days(terms.days)
        code = Code("", to.name, country_code(country), until, team_id=to.id, most=terms.uses)
        return self._code(replace(code, by=by.name))

    def invitations(self, person: Person = ANYONE) -> list[Code]:
        """Returns the invitations that are not over, of the teams to which a person invites, the
        newest first.
        """
        codes = [
            code
            for code in self._roster.codes.values()
            if not code.person_id
            and code.until >= self._log.now()
            and may(person, "invite", Whose(code.team_id))
        ]
        return sorted(codes, key=lambda code: (-code.at, code.id))

    def revoke(self, id: str, person: Person = ANYONE) -> Code:
        """Ends an invitation; who came in by it stays.  Raises NotFound, also for one of a team to
        which the person does not invite.
        """
        code = next((code for code in self.invitations(person) if code.id == id), None)
        if code is None:
            raise NotFound("people.no_invitation", where=id, id=id)
        self._log.write(lambda: [("revoked", {"id": id, "by": person.name})])
        return code

    def remove(self, name: str) -> None:
        """Takes a person from the list and ends their sessions; what they did stays in the logs.
        Raises NotFound.
        """

        def plan() -> list[Line]:
            person = self.named(name)
            people = self._roster.people.values()
            if [member for member in people if member.role == "facilitator"] == [person] and len(
                people
            ) > 1:
                raise BadRequest("people.last_facilitator", where=name, name=name)
            return [("removed", {"id": person.id, "name": person.name})]

        self._log.write(plan)

    def code(self, text: str) -> Code:
        """Returns what a code is good for; raises Forbidden for one that is used, over, or none."""
        code = self._roster.codes.get(hash_of(text))
        if code is None or not code.is_good(self._log.now()):
            raise Forbidden("people.no_code", where="code")
        return code

    def enter(
        self, text: str, *, name: str = "", team: str = "", country: str = "", browser: str = ""
    ) -> str:
        """Lets in the person of a code, or a new participant of that name; returns the secret of
        the session.

        Raises:
            Forbidden: The code is used, over, or none.
            BadRequest: The name or team is lacking or cannot be one, is taken or looks like one.
        """
        secret = secrets.token_urlsafe(32)
        session = {"session": hash_of(secret), "code": hash_of(text), "browser": browser}
        id = PersonId(self._new_id())

        def plan() -> list[Line]:
            code = self.code(text)
            lines: list[Line] = []
            who = self._roster.people.get(code.person_id)
            if who is None:
                own = (code.team or team, code.country or country)
                who = self._clean(Person(name, "participant", *own, id))
                lines = self._joining(who, Team(code.team_id, code.team))
            until = self._in_days(SESSION_DAYS)
            return [
                *lines,
                ("entered", {"id": who.id, "name": who.name, "until": until, **session}),
            ]

        self._log.write(plan)
        return secret

    def leave(self, secret: str) -> None:
        """Ends a session."""
        self.sessions.leave(secret)

    def who(self, secret: str) -> Person | None:
        """Returns the person of a session; None for one that is over or none."""
        return self.sessions.who(secret)

    def _clean(self, person: Person) -> Person:
        """Returns a person as they may be added, with an id; raises BadRequest."""
        clean = replace(
            person,
            name=plain_name(person.name, "name"),
            team=plain_name(person.team, "team"),
            country=country_code(person.country),
            id=person.id or PersonId(self._new_id()),
        )
        if person.role not in ROLES:
            raise BadRequest(
                "people.bad_role", where="role", found=person.role, known=", ".join(ROLES)
            )
        if not clean.name:
            raise BadRequest("people.needs_name", where="name")
        if (clean.role == "participant" or clean.is_contact) and not clean.team:
            raise BadRequest("people.needs_team", where="team")
        return clean

    def _joining(self, person: Person, invited: Team) -> list[Line]:
        """Returns the lines by which a newcomer joins the team of an invitation, or founds one and
        is its contact.
        """
        if invited.id:
            return [self._line_of(person, invited)]
        self._check_new(person.team)
        founded = Team(TeamId(self._new_id()), person.team)
        return [*self._lines_of(founded), self._line_of(replace(person, is_contact=True), founded)]

    def _line_of(self, person: Person, team: Team) -> Line:
        """Returns the line that adds a person to a team; raises BadRequest where that cannot be
        now.
        """
        names = [known.name for known in self._roster.people.values()]
        # Ana and ANA would look like one person to a monitor
        if person.name.casefold() in map(str.casefold, names):
            raise BadRequest("people.name_taken", where="name", name=person.name)
        if known := look_alike(person.name, names):
            raise BadRequest("people.name_alike", where="name", name=person.name, known=known)
        if not self._roster.people and person.role != "facilitator":
            raise BadRequest("people.first_is_facilitator", where="role")
        labels = {"name": person.name, "team": team.name, "country": person.country}
        ids = {"id": person.id, "team_id": team.id}
        return ("person", {**ids, **labels, "role": person.role, "is_contact": person.is_contact})

    def _lines_of(self, team: Team) -> list[Line]:
        """Returns the line of a team that is not there yet."""
        is_new = bool(team.name) and team.id not in self._roster.teams
        return [("team", {"id": team.id, "name": team.name})] if is_new else []

    def _named(self, name: str) -> Team:
        """Returns the team that those who run the event call so; raises BadRequest for a name that
        looks like that of another one.
        """
        team = self._roster.team_called(name)
        if team is None and (known := look_alike(name, self._team_names())):
            raise BadRequest("people.team_alike", where="team", name=name, known=known)
        return team or Team(named_team(name), name)

    def _check_new(self, name: str) -> None:
        """Raises BadRequest for a name by which a newcomer cannot found a team."""
        # of systems older than teams' ids, whose team nobody has joined yet
        kept = [json.loads(body).get("team", "") for body in self._log.store.systems().values()]
        names = [*self._team_names(), *filter(None, kept)]
        if name in names:
            raise BadRequest("people.team_taken", where="team", name=name)
        if known := look_alike(name, names):
            raise BadRequest("people.team_alike", where="team", name=name, known=known)

    def _team_names(self) -> list[str]:
        return [team.name for team in self._roster.teams.values()]

    def _link(self, person: Person) -> str:
        until = self._in_days(LINK_DAYS)
        return self._code(
            Code(person.name, person.team, person.country, until, person.id, person.team_id)
        )

    def _code(self, code: Code) -> str:
        text = secrets.token_urlsafe(16)
        made = replace(code, id=self._new_id(), at=self._log.now())
        self._log.write(lambda: [("code", {**asdict(made), "hash": hash_of(text)})])
        return text

    def _in_days(self, days: int) -> int:
        return self._log.now() + days * DAY
