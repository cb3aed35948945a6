"""What a replay does, as a file says it: who takes part in which tracks, whose system has which
fault, and what goes otherwise than planned.  Pure.

It never says how an instance ends: that is found by playing it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from sandbox.errors import NotFound
from sandbox.shipped import shipped

What = Literal["no_answer", "no_evidence", "unfinished"]
"""What goes otherwise: the partner does not answer the invitation; required evidence is not added;
the team runs and never asks for a monitor.
"""
HITCHES: tuple[What, ...] = get_args(What)

FAULTS = frozenset({"source_hash_in_hex", "issuer_expired", "verifier_believes_all"})
"""What can be wrong with the programs of a team; faults of its server are the broken twins'."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team by its letter; `server` is the broken twin that its server is, or "" for a right one;
    `clients` are the faults of its own programs.
    """

    letter: str
    server: str = ""
    clients: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the team is called; no country bears its code (ISO 3166-1 user-assigned)."""
        return f"Equipo {self.letter.upper()}"

    @property
    def country(self) -> str:
        """A code of nobody's, so that no fault here is read as that of a country."""
        return f"X{self.letter.upper()}"

    @property
    def system(self) -> str:
        """The alias of its system."""
        return f"sistema-{self.letter}"


@dataclass(frozen=True, slots=True)
class Other:
    """A server that others wrote, in the place of a team's own for some actors, where it is
    installed; the team's own server has no fault then.

    `server` is the folder in which it is installed, `command` starts it there (`{folder}`): it
    prints its FHIR base in its first line.
    """

    server: str
    actors: tuple[str, ...]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hitch:
    """What goes otherwise in a meeting of a team in a planned test."""

    team: str
    test: str
    what: What
    meeting: int = 1


@dataclass(frozen=True, slots=True)
class Meeting:
    """An instance to be played: the teams in the roles of a planned test, the first starts it."""

    test: str
    teams: tuple[str, ...]
    hitch: What | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A replay.

    Attributes:
        event: The id of the event whose plan is played.
        id: That of the simulated one.
        title: What it is called, by language; it says that it is a simulation.
        note: What its reader should know, by language.
        teams: All that register, by letter.
        tracks: The letters of the teams of each track, in the order in which they meet.
        ministries: The letters of the teams whose ministry has a component on LACChain.
        optional: The letters of the teams that play each test that the plan does not require.
        hitches: What goes otherwise.
        late: The team and the test of the instance that a facilitator starts behind the close.
        monitors: How many look at what waits.
        others: Servers that others wrote, by the letter of the team that plays with them.
        published: The figures that were told of the real event.
        few: The letters and the tests of the small replay.
        tests: Those that are played; () for all.
    """

    event: str
    id: str
    title: Mapping[str, str]
    note: Mapping[str, str]
    teams: Mapping[str, Team]
    tracks: Mapping[str, str]
    ministries: str
    optional: Mapping[str, str]
    hitches: tuple[Hitch, ...]
    late: tuple[str, str]
    monitors: int = 4
    others: Mapping[str, Other] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)
    few: Mapping[str, Any] = field(default_factory=dict)
    tests: tuple[str, ...] = ()

    def small(self) -> Script:
        """Returns the same replay with the few teams and tests that its file names."""
        letters = self.few["teams"]

        def kept(table: Mapping[str, str]) -> dict[str, str]:
            return {
                name: "".join(letter for letter in who if letter in letters)
                for name, who in table.items()
            }

        return replace(
            self,
            teams={letter: team for letter, team in self.teams.items() if letter in letters},
            tracks=kept(self.tracks),
            ministries="".join(letter for letter in self.ministries if letter in letters),
            optional=kept(self.optional),
            hitches=tuple(hitch for hitch in self.hitches if hitch.team in letters),
            others={letter: other for letter, other in self.others.items() if letter in letters},
            late=(letters[0], self.late[1]),
            tests=tuple(self.few["tests"]),
            published={},
        )

    def with_others(self, letters: Collection[str]) -> Script:
        """Returns the same replay in which the servers that others wrote play for some teams, so
        that their own have no fault.
        """
        teams = {
            letter: replace(team, server="") if letter in letters else team
            for letter, team in self.teams.items()
        }
        return replace(self, teams=teams)

    def meetings(self, tests: Sequence[Mapping[str, Any]]) -> Iterator[Meeting]:
        """Yields the instances to be played, team by team.

        Each team of a track plays its required tests, as often as the plan says and with the teams
        that follow it in the track; each other time one place further.

        Args:
            tests: The planned tests as the API tells them.
        """
        for test in tests:
            track = self.tracks.get(test["track"], "")
            who = track if test["is_required"] else self.optional.get(test["id"], "")
            partners = test["partners"]
            # whoever meets somebody a second time would be taken for the same meeting
            count = min(test["meetings"], len(track) - partners) if partners else 1
            is_left_out = test["waits"] or (self.tests and test["id"] not in self.tests)
            for letter in "" if is_left_out else who:
                begin = track.index(letter)
                for meeting in range(count):
                    others = [begin + meeting + role for role in range(1, partners + 1)]
                    teams = (letter, *(track[place % len(track)] for place in others))
                    yield Meeting(test["id"], teams, self._hitch(letter, test["id"], meeting + 1))

    def _hitch(self, team: str, test: str, meeting: int) -> What | None:
        place = (team, test, meeting)
        return next(
            (
                hitch.what
                for hitch in self.hitches
                if (hitch.team, hitch.test, hitch.meeting) == place
            ),
            None,
        )


def read_script(text: str) -> Script:
    """Returns the replay that a file tells.

    Raises:
        ValueError: A fault or a hitch is none, or of a team that is none; it is named.
        KeyError: Something is missing.
    """
    table = tomllib.loads(text)
    teams = _teams(table["teams"], table["broken"])
    hitches = tuple(Hitch(**row) for row in table["hitches"])
    for hitch in hitches:
        if hitch.what not in HITCHES or hitch.team not in teams:
            raise ValueError(f"hitches: {hitch}")
    return Script(
        table["event"],
        table["id"],
        table["title"],
        table["note"],
        teams,
        table["tracks"],
        table["ministries"],
        table["optional"],
        hitches,
        (table["late"]["team"], table["late"]["test"]),
        table["monitors"],
        _others(table.get("others", {}), teams),
        table["published"],
        table["small"],
    )


def _others(table: Mapping[str, Mapping[str, Any]], teams: Collection[str]) -> dict[str, Other]:
    others = {}
    for letter, row in table.items():
        if letter not in teams or row.keys() != {"server", "actors", "command"}:
            raise ValueError(f"others.{letter}")
        others[letter] = Other(row["server"], tuple(row["actors"]), tuple(row["command"]))
    return others


def _teams(letters: str, broken: Mapping[str, Mapping[str, Any]]) -> dict[str, Team]:
    for letter, fault in broken.items():
        clients = fault.get("clients", ())
        is_known = fault.keys() <= {"server", "clients"} and FAULTS.issuperset(clients)
        if letter not in letters or not is_known:
            raise ValueError(f"broken.{letter}")
    faults = {letter: broken.get(letter, {}) for letter in letters}
    return {
        letter: Team(letter, fault.get("server", ""), tuple(fault.get("clients", ())))
        for letter, fault in faults.items()
    }


def shipped_script(event: str) -> Script:
    """Returns the replay of an event that comes with the project; raises NotFound with those that
    do.
    """
    folder = shipped("datasets") / "events" / "replays"
    files = {file.stem: file for file in sorted(folder.glob("*.toml"))}
    if event not in files:
        raise NotFound("replay.none", where=event, id=event[:60], known=", ".join(files))
    return read_script(files[event].read_text(encoding="utf-8"))
