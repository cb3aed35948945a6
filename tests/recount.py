"""`python -m tests.recount DATABASE EVENT`: the figures of an event's report counted anew, from the logs alone.

Imports nothing of the sandbox: what it says beside the report is the word of another program.  It reads what people
and the bench have written line by line, and never the rows that lists are made of.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSED = ("pass", "warn")
# what a line does to the state, where it does not say so itself
LEADS_TO = {"paused": "paused", "resumed": "started", "aborted": "aborted", "submitted": "to_verify",
            "contested": "to_verify", "hurried": "critical", "returned": "started", "closed": "incomplete"}  # fmt: skip


@dataclass
class Told:
    """An instance as its lines tell it."""

    test: str
    track: str
    state: str = "started"
    countries: dict[str, str] = field(default_factory=dict)
    """By role, of those who have accepted."""
    teams: dict[str, str] = field(default_factory=dict)
    invited: dict[str, tuple[str, str]] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)


def recount(database: Path, event: str) -> dict[str, Any]:
    """Returns the figures of an event by the names that its report gives them.

    Args:
        database: The SQLite file of a sandbox, which is only read.
        event: The id of the event.
    """
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        logs = _logs(connection)
        instances = [told for lines in logs.values() if (told := _told(lines, event))]
        systems = [
            json.loads(row[0]) for row in connection.execute("SELECT body FROM registered_system")
        ]
        verdicts = _verdicts(connection)
    finally:
        connection.close()
    verified = [told for told in instances if told.state == "verified"]
    return {
        "registered": len({system["team"] for system in systems}),
        "active": len({team for told in instances for team in told.teams.values()}),
        "systems": len(systems),
        "count": len(instances),
        "by_state": dict(Counter(told.state for told in instances)),
        "verified_by_track": dict(Counter(told.track for told in verified)),
        "by_test": _by(instances, lambda told: [told.test]),
        "by_country": _by(instances, lambda told: sorted(set(told.countries.values()))),
        "verified_without_a_run_that_passed": [
            told.test
            for told in verified
            if told.runs and not any(verdicts.get(run) in PASSED for run in told.runs)
        ],
    }


def _logs(connection: sqlite3.Connection) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    logs: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    rows = connection.execute(
        "SELECT run, kind, body FROM event WHERE run LIKE '@instance:%' ORDER BY run, number"
    )
    for log, kind, body in rows:
        logs.setdefault(log, []).append((kind, json.loads(body)))
    return logs


def _told(lines: list[tuple[str, dict[str, Any]]], event: str) -> Told | None:
    opened = lines[0][1]
    if opened["event"] != event:
        return None
    told = Told(opened["test"], opened["track"])
    _take_in(told, opened["part"])
    for kind, body in lines[1:]:
        told.state = body.get("state") or LEADS_TO.get(kind, told.state)
        if kind == "invited":
            _take_in(told, body["part"])
        elif kind == "accepted":
            told.countries[body["role"]], told.teams[body["role"]] = told.invited[body["role"]]
        elif kind == "ran":
            told.runs.append(body["run"])
    return told


def _take_in(told: Told, part: dict[str, Any]) -> None:
    told.invited[part["role"]] = (part["country"], part["team"])
    if part["standing"] == "accepted":
        told.countries[part["role"]], told.teams[part["role"]] = told.invited[part["role"]]


def _verdicts(connection: sqlite3.Connection) -> dict[str, str]:
    """Returns how the bench has ended each run."""
    rows = connection.execute("SELECT run, body FROM event WHERE kind = 'done'")
    return {run: str(json.loads(body)["verdict"]) for run, body in rows}


def _by(instances: list[Told], names_of: Any) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for told in instances:
        for name in names_of(told):
            counts.setdefault(name, Counter())[told.state] += 1
    return {name: dict(counts[name]) for name in sorted(counts)}


if __name__ == "__main__":
    print(json.dumps(recount(Path(sys.argv[1]), sys.argv[2]), indent=2))
