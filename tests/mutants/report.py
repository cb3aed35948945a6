"""The table of the mutants, and those that live for a reason (`reasons.toml`)."""

from __future__ import annotations

import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.mutants.rooms import Room, rooms
from tests.places import PROJECT

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
HEAD = (
    "| room | mutants | tried | killed | | live with a reason | live | on | after | sources |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
UNTRIED = "not tried yet"
Row = dict[str, Any]
Why = tuple[str, str, str, str]  # file, function, line of code, change


def reasons() -> dict[Why, str]:
    """Returns why a mutant may live, by file, function, line of code and change."""
    named = tomllib.loads((FOLDER / "reasons.toml").read_text(encoding="utf-8"))
    return {_key(line): line["why"] for line in named.get("lives", [])}


def unexplained(rows: list[Row]) -> list[Row]:
    """Returns the mutants that live without a reason."""
    known = reasons()
    return [row for row in rows if not row["killed"] and _key(row) not in known]


def line_of(room: Room, rows: list[Row], *, of: int) -> str:
    """Returns the figures of a room, of whose mutants these were tried, as a line of the table."""
    killed = sum(row["killed"] for row in rows)
    alive = len(unexplained(rows))
    figures = (
        *(room.name, of, len(rows), killed, f"{100 * killed / len(rows):.1f} %"),
        *(len(rows) - killed - alive, alive),
        *(f"{datetime.now(UTC):%Y-%m-%d}", _commit(), room.sources),
    )
    return f"| {' | '.join(str(figure) for figure in figures)} |"


def write(lines: dict[str, str], rows: list[Row]) -> None:
    """Writes the committed table; rooms that were not tried keep what it says of them.

    Args:
        lines: The line of the table for each room that was tried, by the name of the room.
        rows: Every mutant of these rooms that was tried.
    """
    old = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.is_file() else []
    names = [room.name for room in rooms()]
    before = {name: line for name in names for line in old if line.startswith(f"| {name} |")}
    living = {
        name: [line for line in old if line.startswith(f"- {name}: ")]
        for name in names
        if name not in lines
    }
    for row in unexplained(rows):
        place = f"`{row['file']}` {row['function']}, `{row['code']}`: {row['change']}"
        living.setdefault(row["room"], []).append(f"- {row['room']}: {place}")
    figures = before | lines
    text = [
        "# Mutants of the rooms that decide",
        "",
        "Written by `python -m tests.mutants --record`, for each room on its day; do not edit.  Where",
        "fewer were tried than there are, they are a sample drawn by a fixed seed.",
        "",
        *HEAD,
        *(figures.get(name, f"| {name} | {UNTRIED} |" + 8 * " |") for name in names),
        "",
        *(line for name in names for line in living.get(name, [])),
    ]
    RESULTS.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def _key(row: Row) -> Why:
    return (row["file"], row["function"], row["code"], row["change"])
