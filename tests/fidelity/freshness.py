"""`make check`: is the committed table of the alterations as new as the tests that see them?

It names what compares and what is sent, and the tracks that are played; engine and rooms below
decide no verdict here by themselves, and a change of theirs is left to the sample in CI.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.oracle.freshness import without_words
from tests.places import PROJECT

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
SOURCES = (
    "sandbox/testbench/comparing.py",
    "sandbox/testbench/known_patient.py",
    "sandbox/testbench/known_patients.json",
    "sandbox/testbench/submissions.py",
    "sandbox/testbench/submitted_documents.py",
    "sandbox/testbench/tracks/fhir_basics*",
    "sandbox/testbench/tracks/ips_server*",
    "sandbox/testbench/tracks/mhd_recipient*",
    "sandbox/testbench/tracks/mhd_responder*",
    "sandbox/testbench/tracks/pdqm_*",
    "sandbox/twins/altering.py",
    "sandbox/twins/proxy.py",
    "tests/fidelity/alterations.py",
    "tests/fidelity/measuring.py",
    "tests/fidelity/playing.py",
    "tests/fidelity/servers.py",
)
NAMED = re.compile(r"^Sources: ([0-9a-f]+)$", re.MULTILINE)


def sources() -> Iterator[Path]:
    """Yields every file that the results depend on, in a fixed order."""
    for pattern in SOURCES:
        yield from sorted(PROJECT.glob(pattern))


def hash_of_sources() -> str:
    """Returns a hash over names and contents, without comments and docstrings."""
    digest = hashlib.sha256()
    for file in sources():
        content = file.read_text(encoding="utf-8")
        if file.suffix == ".py":
            content = without_words(content)
        name = file.relative_to(PROJECT).as_posix()
        digest.update(f"{name} {hashlib.sha256(content.encode()).hexdigest()}\n".encode())
    return digest.hexdigest()[:32]


def is_fresh(results: str) -> bool:
    """Tells whether a table names the sources as they are."""
    named = NAMED.search(results)
    return named is not None and named[1] == hash_of_sources()


if __name__ == "__main__":
    if not is_fresh(RESULTS.read_text(encoding="utf-8")):
        sys.exit(
            "What the bench compares has changed since tests/fidelity/RESULTS.md was written: "
            "make fidelity"
        )
