"""One bot on a file: two would say each thing twice, and each take what the other has begun."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.chat import Ended


@contextmanager
def alone_on(file: Path) -> Iterator[None]:
    """Holds a bot's file until the block is left; however a process ends, it holds it no more.

    Args:
        file: What the bot must not forget; the lock stands beside it, since other programs may read
            the file itself meanwhile.

    Raises:
        Ended: Another bot works with it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # a lock of SQLite: the operating system takes it back, on each of those that it knows
    with closing(sqlite3.connect(file.with_suffix(".lock"), timeout=0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise Ended("file", file.name) from None
        yield
