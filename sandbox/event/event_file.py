"""An event as a file of TOML: read with all that is wrong in it at once, and written so that
reading gives the same event.  Those that come with the project stand in datasets/events.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sandbox.errors import InvalidEvent, NotFound
from sandbox.event.plan import PlannedEvent
from sandbox.event.plan_rules import faults_of
from sandbox.event.tables import Reader, Table, as_table, fault, write_toml
from sandbox.shipped import shipped


def read_event(text: str) -> PlannedEvent:
    """Returns the event that a file holds.

    Args:
        text: TOML.

    Raises:
        InvalidEvent: It is no TOML, or something in it is wrong; it tells all of it.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidEvent([fault("plan.no_toml", "", reason=str(error)[:200])]) from None
    return event_of(table)


def event_of(table: Table) -> PlannedEvent:
    """Returns the event that tables of TOML or JSON hold.

    Raises:
        InvalidEvent: Something in it is wrong; it tells all of it.
    """
    reader = Reader()
    event: PlannedEvent | None = reader.read(PlannedEvent, table)
    faults = reader.faults or (faults_of(event) if event else [])
    if faults or event is None:
        raise InvalidEvent(faults)
    return event


def write_event(event: PlannedEvent) -> str:
    """Returns the file of an event, as TOML."""
    return write_toml(table_of(event))


def table_of(event: PlannedEvent) -> dict[str, Any]:
    """Returns an event as tables, without what is as it is by default."""
    table: dict[str, Any] = as_table(event)
    return table


def shipped_events() -> dict[str, Path]:
    """Returns the files of the events that come with the project, by id."""
    folder = shipped("datasets") / "events"
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def shipped_event(id: str) -> PlannedEvent:
    """Returns an event that comes with the project; raises NotFound with those that do."""
    file = shipped_events().get(id)
    if file is None:
        known = ", ".join(shipped_events())
        raise NotFound("plan.no_event", where=id, id=id[:60], known=known)
    return read_event(file.read_text(encoding="utf-8"))
