"""Databases as the first start of a sandbox leaves them, made once in this process and copied.

Thousands of tests start with one; migrating it takes as long as the rest of the start, and planting
the seed four times as long.  `test_ready` holds that a copy is what the start itself would make.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

from sandbox.app import _opened
from sandbox.packs import pack_seed
from sandbox.server.seeding import NO_SEED
from sandbox.settings import Settings
from sandbox.store.partitions import MAIN, Partitions

FILE = f"{MAIN}.db"
BEGIN = datetime(2026, 7, 27, 9, 0, tzinfo=UTC)


class TickingClock:
    """A clock that moves one second at each look, so that versions differ and tests repeat."""

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass(frozen=True, slots=True)
class Ready:
    """The file of a database, and what the clock showed when it was done."""

    content: bytes
    now: datetime = BEGIN


def prepare(settings: Settings) -> TickingClock:
    """Puts the database that the first start would make where it would make it; a folder that is
    there already stays as it is.

    Returns:
        The clock of the sandbox, which has moved as often as it would have in that start.
    """
    if settings.database_url or settings.data.exists():
        return TickingClock()
    is_planted = settings.seed != NO_SEED and not pack_seed()
    # what a server does with requests changes nothing in what it has planted
    alike = replace(settings, data=Path(), twin="", faults=frozenset())
    ready = _planted(alike) if is_planted else _migrated()
    settings.data.mkdir(parents=True)
    (settings.data / FILE).write_bytes(ready.content)
    return TickingClock(ready.now)


def a_prepared(settings: Settings) -> Settings:
    """Prepares the database of a sandbox that goes by the clock of the machine; returns the settings."""
    prepare(settings)
    return settings


@cache
def _migrated() -> Ready:
    with tempfile.TemporaryDirectory() as name:
        Partitions(Path(name)).close()
        return Ready((Path(name) / FILE).read_bytes())


@lru_cache(maxsize=16)
def _planted(settings: Settings) -> Ready:
    clock = TickingClock()
    with tempfile.TemporaryDirectory() as name:
        partitions, _ = _opened(replace(settings, data=Path(name)), clock)
        partitions.close()
        return Ready((Path(name) / FILE).read_bytes(), clock.now)
