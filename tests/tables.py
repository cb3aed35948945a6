"""Committed tables of what takes too long for the suite: `make check` holds that none is older than
the sources that it names.

`python -m tests.tables` names those that are.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.oracle.freshness import without_words
from tests.places import PROJECT

NAMED = re.compile(r"^Sources: ([0-9a-f]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the target that writes it, and the sources that it depends on, as patterns."""

    file: Path
    target: str
    sources: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        """Yields the sources in a fixed order."""
        for pattern in self.sources:
            yield from sorted(PROJECT.glob(pattern))

    def hash_of_sources(self) -> str:
        """Returns a hash over names and contents, without comments and docstrings."""
        digest = hashlib.sha256()
        for file in self.files():
            content = file.read_bytes()
            if file.suffix == ".py":
                content = without_words(content.decode()).encode()
            name = file.relative_to(PROJECT).as_posix()
            digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
        return digest.hexdigest()[:32]

    def is_fresh(self, text: str) -> bool:
        """Tells whether a table names the sources as they are."""
        named = NAMED.search(text)
        return named is not None and named[1] == self.hash_of_sources()

    def write(self, title: str, body: str) -> None:
        """Writes the table, with the day, the commit and the sources of which it speaks."""
        when = f"{datetime.now(UTC):%Y-%m-%d}, after commit {_commit()}"
        head = f"# {title}\n\nWritten by `make {self.target}` on {when}; do not edit.\n"
        sources = f"Sources: {self.hash_of_sources()}\n"
        self.file.write_text(f"{head}{sources}\n{body}\n", encoding="utf-8")


def _commit() -> str:
    asked = ["git", "rev-parse", "--short=8", "HEAD"]
    return subprocess.run(
        asked, capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout.strip()


EXAMPLES = Table(
    PROJECT / "tests" / "examples" / "RESULTS.md",
    "examples",
    (
        "sandbox/definitions/core/*",
        "sandbox/definitions/types.py",
        "sandbox/definitions/xml*.py",
        "sandbox/fhir/json.py",
        "sandbox/server/formats.py",
        "tests/examples/*.py",
    ),
)
TWINS = Table(
    PROJECT / "tests" / "families" / "TWINS.md",
    "twins",
    (
        "sandbox/testbench/tracks/*.py",
        "sandbox/testbench/tracks/*.toml",
        "sandbox/twins/*.py",
        "tests/sandbox/testbench/*twins.py",
        "tests/sandbox/testbench/*twins.toml",
    ),
)
FAMILIES = (TWINS,)
"""Those whose sources are few: another family is drawn by the day and has no table."""
TABLES = (EXAMPLES, *FAMILIES)


def main() -> int:
    """Returns 1 where a table is older than what it speaks of."""
    old = [table for table in TABLES if not table.is_fresh(table.file.read_text(encoding="utf-8"))]
    for table in old:
        name = table.file.relative_to(PROJECT)
        print(f"What {name} speaks of has changed since it was written: make {table.target}")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
