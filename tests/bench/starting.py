"""What looking whether the database is sound adds to a start: a file of 100 MB, of which the system has nothing in
memory, as after the machine was started.

A part of `make bench`; `python -m tests.bench.starting` runs it alone.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.app import CHECK_SECONDS
from sandbox.limits import MEGABYTE
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore

SIZE = 100 * MEGABYTE
LINES = 200
LINE = 1_500
TIMES = 5
MOST_SECONDS = 0.2


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields what was measured, the figure and what is asked."""
    seconds = longest()
    yield (
        "database of 100 MB, looked at on a start: longest of 5",
        f"{seconds:.2f} s",
        f"at most {MOST_SECONDS} s",
    )


def longest() -> float:
    """Returns the seconds that the longest of several looks took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder)
        return max(_look(folder) for _ in range(TIMES))


def _fill(folder: Path) -> None:
    partitions = Partitions(folder)
    logs, chance, number = RunStore(partitions.main), random.Random(1), 0
    while sum(file.stat().st_size for file in folder.iterdir()) < SIZE:
        body = f'{{"x": "{chance.randbytes(LINE).hex()}"}}'
        logs.append(f"r{number}", [("exchange", 0, body)] * LINES)
        number += 1
    partitions.close()


def _look(folder: Path) -> float:
    with (folder / "sandbox.db").open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    partitions = Partitions(folder)
    begun = time.perf_counter()
    partitions.check(CHECK_SECONDS)
    seconds = time.perf_counter() - begun
    partitions.close()
    return seconds


if __name__ == "__main__":
    for what, figure, asked in figures():
        print(f"{what}: {figure} ({asked})")
    sys.exit()
