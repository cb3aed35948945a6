"""`make systems`: how far the verdicts on servers by others agree with what was argued before.

Each server is played with all tracks that its table names, by the command line, as a team would.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice, takewhile
from pathlib import Path

from sandbox.testbench.tracks import TRACKS
from tests.letters import meant_by
from tests.systems.starting import ALL, System

AT_LEAST = 5
"""Fewer foreign systems than these prove too little."""
VERDICT = re.compile(
    r"^([A-Z]{3}-\w+) .*: (pass|warning|fail|skipped|inconclusive|our error)$", re.MULTILINE
)
WORDS = {"warning": "warn", "skipped": "skip", "our error": "error"}

Rows = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A test whose verdict is not the one that was argued."""

    number: str
    argued: str
    found: str
    why: str


@dataclass(frozen=True, slots=True)
class Argued:
    """The table of a server: verdict and argument of each test by track and number, and the inputs
    with which it is played.
    """

    tracks: Mapping[str, Rows]
    inputs: Mapping[str, Sequence[str]]


def argued(file: Path) -> Argued:
    """Reads the table of a server.

    What is argued of a family (`RCP-19*`, tests/letters.py) holds for whoever joins it, until the
    server says otherwise.  A test that has a row by its own number is not meant.
    """
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    tracks: dict[str, dict[str, tuple[str, str]]] = {}
    named = [(row, name) for row in table["row"] for name in row["tests"]]
    for row, name in sorted(named, key=lambda pair: not pair[1].endswith("*")):
        rows = tracks.setdefault(row["track"], {})
        for number in meant_by(name, (test.number for test in TRACKS[row["track"]].tests)):
            rows[number] = (row["verdict"], row["why"])
    return Argued(tracks, table.get("inputs", {}))


def played(track: str, address: str, folder: Path, inputs: Sequence[str]) -> str:
    """Plays a track by the command line, and returns what it says."""
    words = [word for pair in inputs for word in ("--input", pair)]
    command = [sys.executable, "-m", "sandbox.cli", "run", track, "--system", address]
    return subprocess.run(
        [*command, "--lang", "en", "--data", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ,
    ).stdout


def verdicts(said: str) -> dict[str, str]:
    """Returns the verdict of each test of a track by its number, as the command line tells it."""
    return {number: WORDS.get(verdict, verdict) for number, verdict in VERDICT.findall(said)}


def reasons(said: str, number: str) -> list[str]:
    """Returns the lines of what was found by a test, indented as the command line does."""
    lines = dropwhile(lambda line: not line.startswith(f"{number} "), said.splitlines())
    return list(takewhile(lambda line: line.startswith("  "), islice(lines, 1, None)))


def disagreements(rows: Rows, found: Mapping[str, str]) -> list[Disagreement]:
    """Returns where the verdicts of a track on a server are not those that were argued."""
    missed = []
    for number in sorted(found.keys() | rows.keys()):
        verdict, why = rows.get(number, ("–", "no row"))
        if found.get(number) != verdict:
            missed.append(Disagreement(number, verdict, found.get(number, "–"), why))
    return missed


def compared(system: System) -> int:
    """Plays a server, prints how far it agrees, and returns how many verdicts do not."""
    table = argued(system.table)
    wrong = 0
    with system.start() as address, tempfile.TemporaryDirectory() as folder:
        for track, rows in table.tracks.items():
            said = played(track, address, Path(folder), table.inputs.get(track, ()))
            missed = disagreements(rows, verdicts(said))
            wrong += len(missed)
            agreed = len(rows) - len(missed)
            print(f"{system.name:<15} {track:<16} {agreed} of {len(rows)} as argued", flush=True)
            for each in missed:
                print(f"    {each.number}: {each.found}, argued {each.argued}: {each.why}")
                print(*reasons(said, each.number), sep="\n", flush=True)
    return wrong


def main(names: Sequence[str]) -> int:
    """Returns 1 when a verdict is not the one that was argued, or too few servers ran.

    Args:
        names: Those that are to be played; all, if empty.
    """
    chosen = [system for system in ALL if not names or system.name in names]
    there = [system for system in chosen if system.is_there]
    for system in chosen:
        if system not in there:
            print(f"{system.name}: not there")
    wrong = sum(compared(system) for system in there)
    too_few = not names and len(there) < AT_LEAST
    if too_few:
        print(f"{len(there)} foreign systems ran, {AT_LEAST} are asked for")
    return 1 if wrong or too_few or len(there) < len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
