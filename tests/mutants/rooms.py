"""The rooms whose mutants are tried (`rooms.toml`): their modules, and the tests that answer."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.places import PROJECT
from tests.tables import without_words

NAMED = Path(__file__).parent / "rooms.toml"


@dataclass(frozen=True, slots=True)
class Room:
    """Modules that belong together, and the tests that answer for them."""

    name: str
    files: list[Path]
    tests: list[str]
    without: list[str] = field(default_factory=list)
    """Names of tests that are not asked."""

    @property
    def sources(self) -> str:
        """A hash over the code of the modules; no mutant changes with a comment or a docstring."""
        digest = hashlib.sha256()
        for file in self.files:
            code = without_words(file.read_text(encoding="utf-8"))
            digest.update(f"{file.relative_to(PROJECT).as_posix()}\n{code}\n".encode())
        return digest.hexdigest()[:16]


def rooms() -> list[Room]:
    """Returns the rooms in the order of the table."""
    named = tomllib.loads(NAMED.read_text(encoding="utf-8"))
    return [
        Room(
            name, [PROJECT / file for file in room["files"]], room["tests"], room.get("without", [])
        )
        for name, room in named.items()
    ]
