"""`make mutants`: changes one thing of a decisive module at a time; a test must notice.

What was tried is kept in `out/mutants.json`, so that the run goes on where it stopped: a mutant is
tried again when its function has changed.  `--sample N` takes a seeded part; `--record` writes
`RESULTS.md`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants import report
from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.trying import Trials, try_all
from tests.places import PROJECT

FOLDER = Path(__file__).parent
KEPT = PROJECT / "out" / "mutants.json"
SEED = 20
Wanted = tuple[str, Path, Mutant]  # what the mutant is known again by, its file, and itself


@dataclass(frozen=True, slots=True)
class Room:
    """Modules that belong together, and the tests that answer for them."""

    name: str
    files: list[Path]
    tests: list[str]


def main() -> None:
    """Tries the mutants, prints those that live, and exits 1 where one lives without a reason."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--room", action="append", help="these rooms alone")
    arguments.add_argument("--sample", type=int, default=0, help="so many mutants of each room")
    arguments.add_argument("--record", action="store_true", help="write RESULTS.md")
    chosen = arguments.parse_args()
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    tried: list[dict[str, Any]] = []
    for room in rooms():
        if room.name in (chosen.room or [room.name]):
            wanted = list(_wanted(room, chosen.sample))
            _try_missing(room, wanted, kept)
            tried += [kept[key] for key, _, _ in wanted]
    alive = report.unexplained(tried)
    for row in alive:
        print(f"{row['file']}:{row['line']} {row['function']}: {row['change']}")
    print("\n".join(report.table(tried)))
    if chosen.record:
        report.write(tried)
    sys.exit(1 if alive else 0)


def rooms() -> list[Room]:
    """Returns the rooms of `rooms.toml`."""
    named = tomllib.loads((FOLDER / "rooms.toml").read_text(encoding="utf-8"))
    return [
        Room(name, [PROJECT / file for file in room["files"]], room["tests"])
        for name, room in named.items()
    ]


def _try_missing(room: Room, wanted: list[Wanted], kept: dict[str, Any]) -> None:
    missing = [(key, file, mutant) for key, file, mutant in wanted if key not in kept]
    print(f"{room.name}: {len(wanted)} mutants, {len(missing)} to be tried", flush=True)
    if not missing:
        return

    def work(trials: Trials) -> None:
        for number, (key, file, mutant) in enumerate(missing, 1):
            kept[key] = {
                "room": room.name,
                "file": file.relative_to(PROJECT).as_posix(),
                "line": mutant.line,
                "function": mutant.function,
                "change": mutant.change,
                "killed": trials.is_killed(mutant, file),
                "tests": len(trials.reaching(file, mutant.line)),
            }
            if number % 20 == 0 or number == len(missing):
                print(f"  {number} of {len(missing)}", file=sys.stderr, flush=True)
                KEPT.parent.mkdir(exist_ok=True)
                KEPT.write_text(json.dumps(kept, indent=0))

    try_all(room.tests, room.files, work)


def _wanted(room: Room, sample: int) -> Iterator[Wanted]:
    """Yields the mutants within functions: what stands at the level of a module others have read."""
    every = [(key, file, mutant) for file in room.files for key, mutant in _keyed(file)]
    if sample:
        every = random.Random(SEED).sample(every, min(sample, len(every)))
    yield from every


def _keyed(file: Path) -> Iterator[tuple[str, Mutant]]:
    """Yields the mutants of a file by what names them as long as their function is the same."""
    number: dict[str, int] = defaultdict(int)
    for mutant in mutants_of(file.read_text(encoding="utf-8")):
        if mutant.function:
            place = f"{file.name} {mutant.function} {mutant.digest}"
            number[place] += 1
            yield f"{place} {number[place]} {mutant.change}", mutant


if __name__ == "__main__":
    main()
