"""`make check`: is the committed table of the oracle as new as the judge and the cases that it names?

The hash is over content, not time, so that a checkout or a rebase leaves it alone.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.places import PROJECT

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
ROOMS = ("validation", "fhirpath", "terminology", "definitions", "fhir")
NAMED = re.compile(r"^Sources: ([0-9a-f]+)$", re.MULTILINE)


def sources() -> Iterator[Path]:
    """Yields every file that the results depend on, in a fixed order."""
    rooms = [PROJECT / "sandbox" / room for room in ROOMS]
    for folder in (*rooms, FOLDER):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts and file != RESULTS:
                yield file


def hash_of_sources() -> str:
    """Returns a hash over names and contents."""
    digest = hashlib.sha256()
    for file in sources():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(PROJECT).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:32]


def is_fresh(results: str) -> bool:
    """Tells whether a table names the sources as they are."""
    named = NAMED.search(results)
    return named is not None and named[1] == hash_of_sources()


if __name__ == "__main__":
    if not is_fresh(RESULTS.read_text(encoding="utf-8")):
        sys.exit(
            "The judge or the oracle's cases have changed since tests/oracle/RESULTS.md was written: make oracle"
        )
