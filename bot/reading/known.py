"""What a line can be about: tracks with their names and tests, the systems that the asker sees, and
teams.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from bot.reading.phrases import words_in
from bot.reading.titles import beginnings_in
from bot.reading.tokens import tokens_of
from bot.words import plain

BUNDLED = "sandbox"
BRACKETS = re.compile(r"\([^)]*\)")
NUMBER = re.compile(r"([a-z]{3,5})[-–_ .#º°]*0*(\d{1,3}[a-z]?)")


@dataclass(frozen=True, slots=True)
class Known:
    """What can be named.

    Attributes:
        tracks: The tests of each track, by the ids of tracks, and tests by their numbers.
        names: Tracks by their names in all languages, as words without articles.
        systems: Those that the asker sees, and the bundled one.
        own: Those of the asker's team.
        teams: Of the systems, and the asker's.
        planned: The numbers of the planned tests of the event that runs.
        titles: Beginnings of the words of tests' titles, by the numbers of tests.
        is_blind: Whether the asker is not known, and so nothing else is.
    """

    tracks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    systems: tuple[str, ...] = (BUNDLED,)
    own: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    titles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_blind: bool = False

    def tracks_below(self, prefix: str) -> list[str]:
        """Returns the tracks whose ids begin with whole parts of a prefix."""
        begin = f"{plain(prefix).rstrip('.*')}."
        return [track for track in self.tracks if f"{track}.".startswith(begin)]

    def test_numbered(self, word: str) -> str:
        """Returns the number of a test as it is written; empty for none."""
        match = NUMBER.fullmatch(plain(word))
        if match is None:
            return ""
        wanted = (match[1], match[2])
        return next(
            (
                number
                for numbers in self.tracks.values()
                for number in numbers
                if (key := NUMBER.fullmatch(plain(number))) and (key[1], key[2]) == wanted
            ),
            "",
        )

    def is_number_of(self, word: str, prefixes: Set[str]) -> bool:
        """Tells whether a word looks like the number of a test with one of some prefixes."""
        match = NUMBER.fullmatch(plain(word))
        return match is not None and match[1].upper() in prefixes

    def track_of(self, number: str) -> str:
        """Returns the track that has a test; empty for none."""
        return next((track for track, numbers in self.tracks.items() if number in numbers), "")


@dataclass(frozen=True, slots=True)
class Tracks:
    """What can be tested: the tests of each track, tracks by their names in all languages, and
    tests by the words of their titles.
    """

    tests: Mapping[str, tuple[str, ...]]
    names: Mapping[tuple[str, ...], str]
    titles: Mapping[str, frozenset[str]]


def tracks_of(tracks_by_language: Mapping[str, Any]) -> Tracks:
    """Returns what can be tested, as it can be named.

    Args:
        tracks_by_language: What `/api/tracks` gives in each language.
    """
    tests: dict[str, tuple[str, ...]] = {}
    names: dict[tuple[str, ...], str] = {}
    titles: dict[str, frozenset[str]] = {}
    for listed in tracks_by_language.values():
        for track in listed:
            tests[track["id"]] = tuple(test["number"] for test in track["tests"])
            for test in track["tests"]:
                known = titles.get(test["number"], frozenset())
                titles[test["number"]] = known | beginnings_in(test["title"])
            for name in (track["name"], BRACKETS.sub("", track["name"])):
                names.setdefault(name_words(name), track["id"])
    return Tracks(tests, names, titles)


def known_of(
    tracks: Tracks,
    systems: Any,
    me: Mapping[str, Any],
    *,
    more_teams: Sequence[str] = (),
    planned: Sequence[str] = (),
) -> Known:
    """Returns what can be named.

    Args:
        tracks: What can be tested.
        systems: What `/api/systems` gives.
        me: What `/api/me` gives.
        more_teams: Teams that no system is of, where the asker sees them.
        planned: The numbers of the planned tests of the event that runs.
    """
    # where nobody is known by name there are no teams, and every system is the asker's
    own = [row["name"] for row in systems if row["team_id"] == me["team_id"]]
    teams = dict.fromkeys(
        filter(None, (me["team"], *(row["team"] for row in systems), *more_teams))
    )
    return Known(
        tracks.tests,
        tracks.names,
        (*(row["name"] for row in systems), BUNDLED),
        tuple(own),
        tuple(teams),
        tuple(planned),
        tracks.titles,
    )


def name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name that tell it from others."""
    small = words_in("words.filler")
    return tuple(token.plain for token in tokens_of(name) if token.plain not in small)
