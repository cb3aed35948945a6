"""The tables of statements, read: each guide with its sources, statements, obligations and profiles."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.definitions.store import core_definitions
from sandbox.testbench.tracks import TRACKS
from tests.coverage.constraints import constraints
from tests.letters import meant_by

HERE = Path(__file__).parent
NOT_OURS = -1
"""Where a profile is not among the definitions that the judge has."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a guide asks of an actor, in our words, and what holds it.

    `says` is the number of its sentences in the guide; `held` numbers of tests, also as a family
    (`RCP-14*`, tests/letters.py); `why` the key of the reason why no test holds it, or why those
    that are named hold it only in part.
    """

    id: str
    who: str
    text: str
    option: str = ""
    says: int = 1
    held: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    why: str = ""

    @property
    def standing(self) -> str:
        """Whether it is held, held in part, or by none."""
        if not self.held and not self.rules:
            return "by none"
        return "in part" if self.why else "held"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a source with its statements."""

    source: str
    at: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A page of a guide as it was read, and how many of its sentences say shall or must."""

    file: str
    commit: str
    says: int


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles of a guide with the number of constraints of each, by its id."""

    who: str
    base: str
    counts: Mapping[str, int]
    held: tuple[str, ...] = ()
    agreed: str = ""
    why: str = ""

    def ours(self, id: str) -> int:
        """Returns how many constraints the judge has of a profile."""
        structure = core_definitions().structure(self.base + id)
        return NOT_OURS if structure is None else constraints(structure["element"])


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide, and all that was counted in it."""

    name: str
    title: str
    version: str
    read: str
    repository: str
    sources: tuple[Source, ...]
    sections: tuple[Section, ...]
    obligations: tuple[Statement, ...]
    profiles: tuple[Profiles, ...]

    @property
    def statements(self) -> Iterator[Statement]:
        """All statements of its text, in order."""
        return (statement for section in self.sections for statement in section.statements)


def guides() -> list[Guide]:
    """Returns the guides in the order of their files."""
    return [_guide(_read(file)) for file in sorted((HERE / "guides").glob("*.toml"))]


def reasons() -> dict[str, str]:
    """Returns why a statement may be held by none, or in part, by key."""
    return {key: str(text) for key, text in _read(HERE / "reasons.toml").items()}


def numbers_of(held: Iterable[str]) -> list[str]:
    """Returns the tests that hold something, each member of a family for itself."""
    return [number for name in held for number in meant_by(name, bench())]


def beyond() -> list[tuple[str, tuple[str, ...]]]:
    """Returns what is asked by another text than these guides, with the tests that hold it."""
    rows = _read(HERE / "beyond.toml")["beyond"]
    return [(row["asked"], tuple(row["tests"])) for row in rows]


def bench() -> dict[str, str]:
    """Returns the track of each test of the bench, by its number."""
    return {test.number: track.id for track in TRACKS.values() for test in track.tests}


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _guide(table: Mapping[str, Any]) -> Guide:
    sections = (
        Section(row["source"], row["at"], tuple(_statement(each) for each in row["rows"]))
        for row in table["section"]
    )
    return Guide(
        name=table["guide"],
        title=table["title"],
        version=table["version"],
        read=table["read"],
        repository=table["repository"],
        sources=tuple(Source(**row) for row in table["source"]),
        sections=tuple(sections),
        obligations=tuple(_obligation(row) for row in table.get("obligation", ())),
        profiles=tuple(Profiles(**_tuples(row)) for row in table.get("profiles", ())),
    )


def _statement(row: Mapping[str, Any]) -> Statement:
    return Statement(**_tuples(row))


def _obligation(row: Mapping[str, Any]) -> Statement:
    words = {name: value for name, value in row.items() if name != "code"}
    return _statement({**words, "id": row["code"], "text": row["code"]})


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
