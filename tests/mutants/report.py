"""The table of the mutants, and those that live for a reason (`reasons.toml`)."""

from __future__ import annotations

import subprocess
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.mutants.rooms import Room, rooms
from tests.places import PROJECT

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
HEAD = (
    "| room | mutants | tried | killed | | live: the same | live: beside | live: decide | on | after"
    " | sources |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
)
INTRODUCTION = """\
Written by `python -m tests.mutants --record`, for each room on its day; do not edit.  Where fewer
were tried than there are, they are a sample drawn by a fixed seed.

Each mutant counts as one of a line that decides a right, a signature or a verdict, unless a row of
`reasons.toml` says why nothing is decided by what it changes: the program does *the same*, sooner
or later, or the change is *beside* the decision, as that of a log.  Nothing is recorded while a
mutant that decides lives, or while less than 90 % are killed in a room."""
UNTRIED = "not tried yet"
LEAST = 0.9
ENOUGH = 40
"""Of the mutants of a room, how many must be killed, whatever the reasons of the others."""
KINDS = ("same", "beside")
Row = dict[str, Any]
Why = tuple[str, str, str, str]  # file, function, line of code, change


def reasons() -> dict[Why, str]:
    """Returns the kind of the reason for which a mutant may live, by file, function, line of code
    and change.
    """
    named = tomllib.loads((FOLDER / "reasons.toml").read_text(encoding="utf-8"))
    return {why_of(row): row["kind"] for row in named["lives"]}


def why_of(row: Row) -> Why:
    """Returns by what a mutant and the reason why it may live are brought together."""
    return (row["file"], row["function"], row["code"], row["change"])


def unexplained(rows: list[Row]) -> list[Row]:
    """Returns the mutants that live without a reason."""
    known = reasons()
    return [row for row in rows if not row["killed"] and why_of(row) not in known]


def shortcomings(rows: list[Row]) -> list[str]:
    """Returns why the figures of a room are not to be recorded."""
    killed = sum(row["killed"] for row in rows)
    faults = [
        f"lives: {row['file']}:{row['line']} {row['function']}: {row['change']}"
        for row in unexplained(rows)
    ]
    # of a handful the share says nothing
    if len(rows) >= ENOUGH and killed < LEAST * len(rows):
        faults.append(f"{rows[0]['room']}: {killed} of {len(rows)} killed, less than {LEAST:.0%}")
    return faults


def line_of(room: Room, rows: list[Row], *, of: int) -> str:
    """Returns the figures of a room, of whose mutants these were tried, as a line of the table."""
    killed = sum(row["killed"] for row in rows)
    known = reasons()
    living = Counter(known.get(why_of(row), "") for row in rows if not row["killed"])
    figures = (
        *(room.name, of, len(rows), killed, f"{100 * killed / len(rows):.1f} %"),
        *(living[kind] for kind in (*KINDS, "")),
        *(f"{datetime.now(UTC):%Y-%m-%d}", _commit(), room.sources),
    )
    return f"| {' | '.join(str(figure) for figure in figures)} |"


def write(lines: dict[str, str]) -> None:
    """Writes the committed table; rooms that were not tried keep what it says of them.

    Args:
        lines: The line of the table for each room that was tried, by the name of the room.
    """
    old = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.is_file() else []
    names = [room.name for room in rooms()]
    before = {name: line for name in names for line in old if line.startswith(f"| {name} |")}
    figures = before | lines
    untried = " |" * (HEAD[0].count("|") - 3)
    text = [
        "# Mutants of the rooms that decide",
        "",
        INTRODUCTION,
        "",
        *HEAD,
        *(figures.get(name, f"| {name} | {UNTRIED} |{untried}") for name in names),
    ]
    RESULTS.write_text("\n".join(text) + "\n", encoding="utf-8")


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
