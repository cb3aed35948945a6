"""A test instance as its log tells it: a planned test, the systems in its roles, and what became of
it.  Pure.

    started ⇄ paused → to_verify | critical → verified | partially | failed
                     → aborted              → incomplete, at the close of the event

The words are Gazelle's.  Runs are attempts: an instance has as many as it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed
from sandbox.event.identity import NO_ONE, NO_TEAM, Author, Person, PersonId, TeamId
from sandbox.event.in_words import evidence_in_words, roles_in_words
from sandbox.event.plan import PlannedTest
from sandbox.event.rights import Act, Whose, may
from sandbox.event.systems import System
from sandbox.limits import INSTANCE_WORDS
from sandbox.testbench.script import Verdict

State = Literal[
    "started",
    "paused",
    "aborted",
    "to_verify",
    "critical",
    "verified",
    "partially",
    "failed",
    "incomplete",
]
STATES: tuple[State, ...] = get_args(State)
Decision = Literal["verified", "partially", "failed"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
WAITING: tuple[State, ...] = ("critical", "to_verify")
"""What monitors have to look at, the most urgent first."""
FINAL: tuple[State, ...] = ("verified", "partially", "failed", "aborted", "incomplete")
"""What the close of the event leaves as it is."""
Standing = Literal["invited", "accepted", "declined"]


@dataclass(frozen=True, slots=True)
class Part:
    """A system in a role, as it was registered when it came in, or when it was last tested here;
    its team has accepted, or not.
    """

    role: str
    system: str
    team: str
    team_id: TeamId
    country: str
    base: str
    standing: Standing = "accepted"
    version: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run of bench tests against the system of a role."""

    role: str
    track: str
    run: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a person added: a file with its hash, or a link; `evidence` is its name in the plan."""

    number: int
    name: str
    by: str
    at: int
    media: str = ""
    hash: str = ""
    size: int = 0
    url: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Through:
    """A recording proxy between the systems of two roles: what `asking` sends to its address goes
    on to the base of `answering`, and is judged in `runs`.
    """

    token: str
    asking: str
    answering: str
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overruling:
    """A verdict of the bench that a monitor has set aside; both stay in the record."""

    run: str
    test: str
    was: Verdict
    verdict: Verdict
    reason: str
    clause: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did or said, by the kind of its line."""

    number: int
    at: int
    kind: str
    by: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """A test instance; `at` and `changed` in milliseconds since 1970."""

    id: str
    event: str
    test: str
    track: str
    at: int
    state: State
    author: Author
    changed: int = 0
    parts: Mapping[str, Part] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    overrulings: tuple[Overruling, ...] = ()
    throughs: tuple[Through, ...] = ()
    """The proxies that were opened; the last of them is the one that is open."""
    history: tuple[Entry, ...] = ()
    monitor: str = ""
    """Who looks at it, or has decided it."""
    monitor_id: PersonId = NO_ONE
    said: Entry | None = None
    """What a monitor said last, with a decision or with sending it back, while it is for the team
    to read; None once the instance was handed in again, and where nothing was said.
    """
    decision: Entry | None = None
    """The line by which it came to where it stands, while it is decided."""
    is_contested: bool = False
    waiting_since: int = 0
    """Since when it waits, or waited before it was decided or a monitor sent it back; 0 where it
    never did, or its team has begun it anew.
    """

    @property
    def comment(self) -> str:
        """The words of what a monitor said last."""
        return str(self.said.body["words"]) if self.said else ""

    @property
    def first(self) -> Part:
        """The system whose team has started it."""
        return next(iter(self.parts.values()))

    @property
    def whose(self) -> Whose:
        """Returns what rights.py asks: whose instance it is."""
        teams = {part.team_id for part in self.parts.values() if part.standing != "declined"}
        others = tuple(sorted(teams - {self.first.team_id, NO_TEAM}))
        return Whose(self.first.team_id, self.author, others)

    def is_claimed_by(self, person: Person) -> bool:
        """Tells whether it is this person who looks at it."""
        return bool(self.monitor) and person.is_author(Author(self.monitor_id, self.monitor))

    def open_roles(self, test: PlannedTest) -> Iterator[str]:
        """Yields the roles of a test that no system has taken yet."""
        for role in test.roles:
            part = self.parts.get(role.name)
            if part is None or part.standing != "accepted":
                yield role.name

    def missing_evidence(self, test: PlannedTest) -> Iterator[str]:
        """Yields the names of the evidence that a test requires and nobody has added."""
        added = {attachment.evidence for attachment in self.attachments}
        for evidence in test.evidence:
            if evidence.is_required and evidence.name not in added:
                yield evidence.name


@dataclass(frozen=True, slots=True)
class Move:
    """From which states an act leads to which; None leaves the state. `right` is who may."""

    right: Act
    before: tuple[State, ...]
    after: State | None = None


UNDER_WAY: tuple[State, ...] = ("started", "paused")
# Who moves what, as in Gazelle: participants up to "to be verified", monitors from there.  A
# contested verdict goes to the monitors, whatever it was and whoever found it, bench or monitor.
MOVES: Mapping[str, Move] = {
    "invite": Move("take_part", UNDER_WAY),
    "accept": Move("take_part", UNDER_WAY),
    "decline": Move("take_part", UNDER_WAY),
    "attach": Move("take_part", (*UNDER_WAY, "to_verify", "critical", "partially")),
    "say": Move("take_part", STATES),
    "run": Move("take_part", (*UNDER_WAY, "partially")),
    "watch": Move("take_part", UNDER_WAY),
    "pause": Move("take_part", ("started",), "paused"),
    "resume": Move("take_part", ("paused", "aborted", "partially", "failed"), "started"),
    "abort": Move("take_part", (*UNDER_WAY, "partially"), "aborted"),
    "submit": Move("take_part", (*UNDER_WAY, "partially"), "to_verify"),
    "contest": Move("take_part", (*UNDER_WAY, *DECISIONS), "to_verify"),
    "hurry": Move("manage_event", ("to_verify",), "critical"),
    "claim": Move("verify", WAITING),
    "release": Move("verify", WAITING),
    "return": Move("verify", WAITING, "started"),
    "overrule": Move("verify", WAITING),
    "decide": Move("verify", WAITING),
    "close": Move("manage_event", (*UNDER_WAY, *WAITING), "incomplete"),
}  # fmt: skip

BEFORE_ANSWER = ("accept", "decline", "say")
"""What a team that was asked to take part may do before it has answered."""


def move_of(act: str, instance: Instance) -> Move:
    """Returns what an act does to an instance as it stands.

    Raises:
        NotFound: There is no such act.
        PreconditionFailed: It cannot be done in this state.
    """
    move = MOVES.get(act)
    if move is None:
        raise NotFound("instances.no_act", where=act, found=act, known=", ".join(MOVES))
    if instance.state not in move.before:
        raise PreconditionFailed(f"instances.not_now.{instance.state}", where=instance.id, act=act)
    return move


def may_act(person: Person, act: str, instance: Instance) -> bool:
    """Tells whether a person may say a word of an instance; monitors may speak and add anywhere."""
    whose = instance.whose
    if act in ("say", "attach") and may(person, "verify", whose):
        return True
    is_before = act not in BEFORE_ANSWER and is_only_asked(person, instance)
    return may(person, MOVES[act].right, whose) and not is_before


def is_only_asked(person: Person, instance: Instance) -> bool:
    """Tells whether a person's team has been asked to take part and has not answered yet: until it
    has accepted, the instance is the others' to move.
    """
    own = [part.standing for part in instance.parts.values() if part.team_id == person.team_id]
    return bool(person.team_id) and "invited" in own and "accepted" not in own


def check_words(text: str, *, where: str, needed: str = "") -> str:
    """Returns what a person wrote, without blanks around it; raises BadRequest for too many,
    and for none where there is a sentence, the key `needed`, that asks for some.
    """
    words = text.strip()
    if needed and not words:
        raise BadRequest(needed, where=where)
    if len(words) > INSTANCE_WORDS:
        raise BadRequest("people.too_long", where=where, most=INSTANCE_WORDS)
    return words


def check_claim(instance: Instance, person: Person, *, may_be_free: bool = False) -> None:
    """Raises where another monitor looks at an instance, or, unless it may be free, nobody does.

    Raises:
        PreconditionFailed: Another monitor has claimed it.
        Forbidden: This person has not claimed it.
    """
    if instance.is_claimed_by(person) or (may_be_free and not instance.monitor):
        return
    if instance.monitor:
        raise PreconditionFailed("people.claimed_by", where=instance.id, monitor=instance.monitor)
    raise Forbidden("people.claim_first", where=instance.id, monitor="–")


def check_decision(
    instance: Instance, test: PlannedTest, decision: str, ticked: Sequence[int]
) -> Decision:
    """Returns a decision that can be taken: *verified* asks for the whole checklist and for all
    evidence that is required.

    Raises:
        BadRequest: It is no decision, or something is missing; the error says what.
    """
    if decision not in DECISIONS:
        known = ", ".join(DECISIONS)
        raise BadRequest("people.bad_decision", where="decision", found=decision, known=known)
    if decision == "verified":
        lacking = list(instance.missing_evidence(test))
        if lacking:
            names = evidence_in_words(test, lacking)
            raise BadRequest("instances.no_evidence", where="evidence", names=names)
        if set(range(len(test.checklist))) - set(ticked):
            raise BadRequest(
                "instances.checklist",
                where="checklist",
                done=len(set(ticked)),
                count=len(test.checklist),
            )
    return decision


def part_of(planned: PlannedTest, role: str, system: System) -> Part:
    """Returns a system in a role of a planned test; raises NotFound for no role of it, BadRequest
    for a system that does not take part as its actor.
    """
    actor = planned.role(role).actor
    if actor not in system.actors:
        title = roles_in_words(planned, [role])
        raise BadRequest(
            "instances.other_actor", where=system.name, system=system.name, role=title, actor=actor
        )
    base = system.base_for(actor)
    return Part(
        role,
        system.name,
        system.team,
        system.team_id,
        system.country,
        base,
        version=system.version,
    )
