"""What a line can be about: tracks with their names and tests, the systems that the asker sees, and
teams.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.reading.phrases import listed as listed_in
from bot.reading.phrases import words_in
from bot.reading.titles import beginnings_in
from bot.reading.tokens import tokens_of
from bot.words import LANGUAGES, plain

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
        tracks_by_word: The tracks that have a word in one of their names or in their id.
        numbers: The numbers of tests by their letters and digits.
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
    tracks_by_word: Mapping[str, frozenset[str]] = field(default_factory=dict)
    numbers: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def tracks_below(self, prefix: str) -> list[str]:
        """Returns the tracks whose ids begin with whole parts of a prefix."""
        begin = f"{plain(prefix).rstrip('.*')}."
        return [track for track in self.tracks if f"{track}.".startswith(begin)]

    def test_numbered(self, word: str) -> str:
        """Returns the number of a test as it is written; empty for none."""
        match = NUMBER.fullmatch(plain(word))
        if match is None:
            return ""
        return self.numbers.get((match[1], match[2]), "")

    def lettered(self, word: str) -> list[str]:
        """Returns the tests that are meant by a number without their letter: RSP-08 is 08a, 08b."""
        match = NUMBER.fullmatch(plain(word))
        return [
            number
            for (letters, digits), number in self.numbers.items()
            if match and letters == match[1] and digits[:-1] == match[2]
        ]

    def is_number_of(self, word: str) -> bool:
        """Tells whether a word looks like the number of a test, by its letters."""
        match = NUMBER.fullmatch(plain(word))
        return match is not None and any(letters == match[1] for letters, _ in self.numbers)

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
    by_word: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
            called = [name for tag in LANGUAGES for name in listed_in(f"track.{track['id']}", tag)]
            for name in (track["name"], BRACKETS.sub("", track["name"]), *called):
                names.setdefault(name_words(name), track["id"])
    by_word: dict[str, set[str]] = {}
    for words, track in names.items():
        for word in (*words, *plain(track).split(".")):
            by_word.setdefault(word, set()).add(track)
    return Tracks(tests, names, titles, {word: frozenset(of) for word, of in by_word.items()})


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
        tracks_by_word=tracks.by_word,
        numbers=numbers_of(tracks.tests),
    )


def numbers_of(tests: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
    """Returns the numbers of tests by their letters and digits, as whatever way of writing has
    them.
    """
    matches = {
        number: NUMBER.fullmatch(plain(number)) for numbers in tests.values() for number in numbers
    }
    return {(match[1], match[2]): number for number, match in matches.items() if match}


def name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name that tell it from others."""
    small = words_in("words.filler")
    return tuple(token.plain for token in tokens_of(name) if token.plain not in small)
