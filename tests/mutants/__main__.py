"""`make mutants`: changes one thing of a decisive module at a time; a test must notice.

What was tried is kept in `out/mutants.json`, so that the run goes on where it stopped: a mutant is
tried again when its function has changed.  `--sample N` takes a seeded part; `--record` writes the
rows of these rooms in `RESULTS.md`, unless a mutant lives without a reason (`reasons.toml`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.mutants import report
from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.report import Row
from tests.mutants.rooms import Room, rooms
from tests.mutants.trying import Trials, try_all
from tests.places import PROJECT

KEPT = PROJECT / "out" / "mutants.json"
SEED = 20
Wanted = tuple[str, Path, Mutant]  # what the mutant is known again by, its file, and itself


def main() -> None:
    """Tries the mutants, prints those that live, and exits 1 where one lives without a reason or
    too many live with one.
    """
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--room", action="append", help="these rooms alone")
    arguments.add_argument("--sample", type=int, default=0, help="so many mutants of each room")
    arguments.add_argument(
        "--again", action="store_true", help="try those again that live without a reason"
    )
    arguments.add_argument(
        "--excused", action="store_true", help="try those too for which there is a reason to live"
    )
    arguments.add_argument("--kept", type=Path, default=KEPT, help="the file of what was tried")
    arguments.add_argument("--record", action="store_true", help="write RESULTS.md")
    chosen = arguments.parse_args()
    faults: list[str] = []
    lines: dict[str, str] = {}
    for room in rooms():
        if room.name in (chosen.room or [room.name]):
            every = [(key, file, mutant) for file in room.files for key, mutant in keyed(file)]
            wanted = _sample(every, chosen.sample)
            kept = _try_missing(room, wanted, chosen)
            rows = [row_of(room, file, mutant, kept.get(key, "")) for key, file, mutant in wanted]
            lines[room.name] = report.line_of(room, rows, of=len(every))
            faults += report.shortcomings(rows)
    print("\n".join([*report.HEAD, *lines.values(), *faults]))
    if faults:
        sys.exit(1)
    if chosen.record:
        report.write(lines)


def _try_missing(room: Room, wanted: list[Wanted], chosen: argparse.Namespace) -> dict[str, str]:
    """Returns the test that killed each mutant, "" for one that lives, after trying those of which
    nothing is known.
    """
    file_kept: Path = chosen.kept
    kept: dict[str, str] = json.loads(file_kept.read_text()) if file_kept.is_file() else {}
    missing = [
        (key, file, mutant)
        for key, file, mutant in wanted
        # one that has a reason counts as living untried: it would wait for every test of its room
        if (key not in kept or (chosen.again and not kept[key]))
        and (chosen.excused or report.unexplained([row_of(room, file, mutant, "")]))
    ]
    print(f"{room.name}: {len(wanted)} mutants, {len(missing)} to be tried", flush=True)
    if not missing:
        return kept
    screen = os.fdopen(os.dup(sys.stderr.fileno()), "w")  # pytest takes the usual one

    def work(trials: Trials) -> None:
        for number, (key, file, mutant) in enumerate(missing, 1):
            kept[key] = trials.killer_of(mutant, file)
            if number % 5 == 0 or number == len(missing):
                print(f"  {number} of {len(missing)}", file=screen, flush=True)
                file_kept.parent.mkdir(exist_ok=True)
                file_kept.write_text(json.dumps(kept, indent=0))

    with screen:
        try_all(room, work)
    return kept


def row_of(room: Room, file: Path, mutant: Mutant, killer: str) -> Row:
    """Returns what is told of a mutant and of the test that killed it, "" for none."""
    return {
        "room": room.name,
        "file": file.relative_to(PROJECT).as_posix(),
        "line": mutant.line,
        "code": file.read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip(),
        "function": mutant.function,
        "change": mutant.change,
        "killed": bool(killer),
    }


def _sample(every: list[Wanted], size: int) -> list[Wanted]:
    """Returns the mutants to be tried: all, or a seeded part."""
    return random.Random(SEED).sample(every, min(size, len(every))) if size else every


def keyed(file: Path) -> Iterator[tuple[str, Mutant]]:
    """Yields the mutants of a file by what names them as long as their function is the same."""
    number: dict[str, int] = defaultdict(int)
    for mutant in mutants_of(file.read_text(encoding="utf-8")):
        if mutant.function:
            place = f"{file.name} {mutant.function} {mutant.digest}"
            number[place] += 1
            yield f"{place} {number[place]} {mutant.change}", mutant


if __name__ == "__main__":
    main()
