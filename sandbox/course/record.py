"""The learner's record: one JSON line per check, hint, solution or submission, written at once and
never changed.

The grader reads answers from it, so it must survive a kernel that dies.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.exchange import Exchange
from sandbox.ips.building import as_plain

UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
# characters: room for several documents, and an end for a loop gone wrong
MAX_ANSWER = 200_000


class Record:
    """The events of one team in one lesson; a damaged line is left out when they are read."""

    def __init__(self, folder: Path, *, team: str, lesson: str) -> None:
        self.file = folder / "progress" / _folder_of(team) / f"{lesson}.jsonl"

    def add(self, exercise: str, event: str, moment: datetime, **details: Any) -> None:
        """Appends an event and returns once it is written.

        Args:
            exercise: Whose.
            event: check, hint, solution or submit.
            moment: When; kept to the second.
            details: What else is known, as JSON.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        line = {
            "exercise": exercise,
            "event": event,
            "time": moment.isoformat(timespec="seconds"),
            **details,
        }
        # half a surrogate, which an answer may hold, becomes its JSON escape
        with self.file.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def events(self) -> list[dict[str, Any]]:
        """Returns all events in order."""
        if not self.file.exists():
            return []
        events = []
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                event = json.loads(line)
            # no JSON, or nested so deeply that nobody wrote it
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict) and all(
                isinstance(event.get(name), str) for name in ("exercise", "event")
            ):
                events.append(event)
        return events


def as_artifact(answer: Any) -> Any:
    """Returns an answer as a plain JSON value: what is judged, and what the grader judges again
    later.
    """
    if isinstance(answer, Exchange):
        return as_artifact(answer.json)
    try:
        text = json.dumps(_plain(answer) if isinstance(answer, bytes) else answer, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return {"unreadable": type(answer).__name__}
    return (
        json.loads(text) if len(text) <= MAX_ANSWER else {"unreadable": f"{len(text)} characters"}
    )


def _plain(value: Any) -> Any:
    """JSON for what the json module does not know; what has none is written as Python shows it."""
    plain = as_plain(value)
    if plain is not value:  # an object of fhir.resources
        return plain
    if isinstance(value, Exchange):
        return value.json
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return _text_of(value)
    return str(value)


def _text_of(content: bytes) -> str:
    # a text that is still bytes says the same; bytes of a hash or a key are no text
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return str(content)
    return text if text.isprintable() or "\n" in text else str(content)


def _folder_of(team: str) -> str:
    """Returns a folder's name for a team; its name comes from the environment."""
    safe = UNSAFE.sub("-", team)
    if safe == team:
        return team or "team"
    # `Perú` and `Perñ` are two teams, and may share a machine
    return f"{safe}-{hashlib.sha256(team.encode(errors='backslashreplace')).hexdigest()[:8]}"
