"""The table of the mutants, and those that live for a reason (`reasons.toml`)."""

from __future__ import annotations

import subprocess
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.places import PROJECT

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def reasons() -> dict[tuple[str, str, str], str]:
    """Returns why a mutant may live, by file, function and change."""
    named = tomllib.loads((FOLDER / "reasons.toml").read_text(encoding="utf-8"))
    return {
        (line["file"], line["function"], line["change"]): line["why"]
        for line in named.get("lives", [])
    }


def unexplained(rows: list[Row]) -> list[Row]:
    """Returns the mutants that live without a reason."""
    known = reasons()
    return [row for row in rows if not row["killed"] and _key(row) not in known]


def table(rows: list[Row]) -> list[str]:
    """Returns the figures by room as lines of Markdown."""
    by_room: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_room[row["room"]].append(row)
    lines = [
        "| room | mutants | killed | | live with a reason | live |",
        "|---|---|---|---|---|---|",
    ]
    known = reasons()
    for name, members in by_room.items():
        killed = sum(row["killed"] for row in members)
        explained = sum(not row["killed"] and _key(row) in known for row in members)
        share = 100 * killed / len(members)
        alive = len(members) - killed - explained
        lines.append(
            f"| {name} | {len(members)} | {killed} | {share:.1f} % | {explained} | {alive} |"
        )
    return lines


def write(rows: list[Row]) -> None:
    """Writes the committed table."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    lines = [
        "# Mutants of the rooms that decide",
        "",
        f"Written by `make mutants` on {datetime.now(UTC):%Y-%m-%d}, after commit {commit}; do not edit.",
        "",
        *table(rows),
        "",
        *(
            f"- `{row['file']}` {row['function']}, line {row['line']}: {row['change']}"
            for row in unexplained(rows)
        ),
    ]
    (FOLDER / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _key(row: Row) -> tuple[str, str, str]:
    return (row["file"], row["function"], row["change"])
