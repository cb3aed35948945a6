"""The plan of an event: its tracks, and for each the planned tests with their roles.  Pure.

A planned test is what teams do together: systems fill its roles, the bench tests each of them, and
a monitor looks at what no program can see.  Its words are Gazelle's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args

from sandbox.errors import NotFound
from sandbox.i18n import ENGLISH, Language
from sandbox.testbench.tracks import TRACKS

Proof = Literal["automatic", "monitor", "both"]
"""What proves a planned test: what the bench found, what a monitor decided, or both."""
PROOFS: tuple[Proof, ...] = get_args(Proof)
Registration = Literal["open", "approval", "invitation"]
REGISTRATIONS: tuple[Registration, ...] = get_args(Registration)
LinkKind = Literal["page", "guide", "recording", "tool", "samples"]
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)
Words = Mapping[str, str]
"""One sentence by language."""


@dataclass(frozen=True, slots=True)
class RoleInTest:
    """What a system does in a planned test, as an actor of IHE, HL7 or the event with its options.

    `bench` are ids of bench tests or of whole tracks that are run against it; `inputs` gives to an
    input of those the system of another role, such as the recipient that a source sends to.
    """

    name: str
    actor: str
    title: Words
    options: tuple[str, ...] = ()
    bench: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person adds to an instance, such as a picture of a screen; without what is required it
    cannot be verified.
    """

    name: str
    title: Words
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A test of the plan, by the number that people say, such as 1.3.

    The first role is that of the system whose team may start it alone; all others are filled by
    partners.  `checklist` is what a monitor looks at.  `waits` says, where the sandbox cannot test
    it yet, what it waits for; such a test can be planned and read, not started.
    """

    id: str
    track: str
    title: Words
    summary: Words
    roles: tuple[RoleInTest, ...]
    is_required: bool = True
    proof: Proof = "both"
    checklist: tuple[Words, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    waits: Words = field(default_factory=dict)
    meetings: int = 1

    @property
    def partners(self) -> int:
        """Returns how many other systems take part."""
        return len(self.roles) - 1

    def role(self, name: str) -> RoleInTest:
        """Returns a role by its name; raises NotFound with those that there are."""
        for role in self.roles:
            if role.name == name:
                return role
        known = ", ".join(role.name for role in self.roles)
        raise NotFound("plan.no_role", where=name, name=name, test=self.id, known=known)


@dataclass(frozen=True, slots=True)
class EventTrack:
    """A track of an event, such as 1 or 2a, with what its teams should know before they begin."""

    id: str
    title: Words
    guidance: Words = field(default_factory=dict)
    use_cases: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A part of a day; its moment is in the time zone of the event."""

    start: datetime
    minutes: int
    title: Words
    track: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that the event points to: a page, a recording, a tool."""

    url: str
    kind: LinkKind
    title: Words


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a monitor looks after: all of these tracks, of these planned tests, and all in which a
    system of these countries takes part.

    By name, since whoever plans knows no ids: it narrows a queue, and lets nobody do anything.
    """

    name: str
    tracks: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event as it is planned.

    `zone` is an IANA time zone, in which the days and the agenda are; `rulesets` are the years of
    the guides whose rules it judges by; `registration_rules` say who may register, and as what.
    Once `is_late`, only facilitators start new instances, so that what waits can be looked at.
    """

    id: str
    title: Words
    zone: str
    first: date
    last: date
    languages: tuple[str, ...]
    tracks: tuple[EventTrack, ...]
    tests: tuple[PlannedTest, ...]
    preset: str = ""
    agenda: tuple[AgendaItem, ...] = ()
    links: tuple[Link, ...] = ()
    registration: Registration = "approval"
    retention_days: int = 365
    place: Words = field(default_factory=dict)
    rulesets: tuple[str, ...] = ()
    registration_until: date | None = None
    registration_rules: Words = field(default_factory=dict)
    monitors: tuple[Assignment, ...] = ()
    is_late: bool = False
    is_simulation: bool = False
    """Whether the sandbox plays it by itself, so that nobody takes it for what people did."""

    def test(self, id: str) -> PlannedTest:
        """Returns a planned test by its number; raises NotFound with those that there are."""
        for test in self.tests:
            if test.id == id:
                return test
        known = ", ".join(test.id for test in self.tests)
        raise NotFound("plan.no_test", where=id, id=id, event=self.id, known=known)

    def track(self, id: str) -> EventTrack:
        """Returns a track by its id; raises NotFound with those that there are."""
        for track in self.tracks:
            if track.id == id:
                return track
        known = ", ".join(track.id for track in self.tracks)
        raise NotFound("plan.no_track", where=id, id=id, event=self.id, known=known)

    def to_do(self, actors: tuple[str, ...]) -> Iterator[tuple[PlannedTest, RoleInTest]]:
        """Yields the planned tests of a system that takes part as these actors, with its role."""
        for test in self.tests:
            for role in test.roles:
                if role.actor in actors:
                    yield test, role


def words_in(words: Words, language: Language) -> str:
    """Returns a sentence in a language, in English where it has none; "" where it says nothing."""
    return words.get(language) or words.get(ENGLISH, "")


def bench_tests(role: RoleInTest) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields the bench tracks of a role, each with the ids of the chosen tests; () for all."""
    chosen: dict[str, list[str]] = {}
    for id in role.bench:
        track = id if id in TRACKS else id.rpartition(".")[0]
        tests = chosen.setdefault(track, [])
        if id != track:
            tests.append(id)
    for track, tests in chosen.items():
        # a track that is named as a whole beside one of its tests is meant as a whole
        yield track, () if track in role.bench else tuple(tests)
