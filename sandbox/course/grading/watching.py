"""Watching: what a command and all that it started use together, and whether that is too much.

Limits of the operating system count each process and each file by itself; forty processes within
them are more than a machine has.  Linux alone tells this by `/proc`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.limits import (
    GRADED_CPU_SECONDS,
    GRADED_FILES,
    GRADED_FOLDER_BYTES,
    GRADED_PROCESSES,
    GRADED_TOTAL_MEMORY_BYTES,
)

PROC = Path("/proc")
NAMELESS = (" (deleted)", "/memfd:")


@dataclass(frozen=True, slots=True)
class Use:
    """What is used, or may be, in total.

    Attributes:
        processes: How many, with their threads counted as one.
        memory: Bytes that no other process shares, and of files in memory without a name.
        cpu: Seconds of processors, of what has ended too.
        disk: Bytes below the working folder, and of open files without a name.
        files: How many stand below the working folder.
    """

    processes: int
    memory: int
    cpu: float
    disk: int
    files: int

    def beyond(self, bounds: Use) -> str:
        """Returns the name of what is more than the bounds allow, or an empty text."""
        names = ("processes", "memory", "cpu", "disk", "files")
        return next((name for name in names if getattr(self, name) > getattr(bounds, name)), "")


BOUNDS = Use(
    processes=GRADED_PROCESSES,
    memory=GRADED_TOTAL_MEMORY_BYTES,
    cpu=GRADED_CPU_SECONDS,
    disk=GRADED_FOLDER_BYTES,
    files=GRADED_FILES,
)


def use_of(pid: int, folder: Path) -> Use:
    """Returns what a process and its descendants use, and what stands below their folder."""
    group = list(_descendants(pid))
    memory = cpu = nameless = 0.0
    for process in group:
        memory += _memory(process)
        cpu += _cpu(process)
        nameless += _nameless(process)
    disk, files = _below(folder)
    return Use(len(group), int(memory + nameless), cpu, int(disk + nameless), files)


def _descendants(pid: int) -> Iterator[Path]:
    children: dict[str, list[str]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(entry)
            if fields:
                children.setdefault(fields[1], []).append(entry.name)
    waiting = [str(pid)]
    while waiting:
        name = waiting.pop()
        waiting += children.get(name, [])
        yield PROC / name


def _stat(process: Path) -> list[str]:
    """Returns the fields of `/proc/PID/stat` behind the name, which may hold spaces and brackets;
    none when the process is gone.
    """
    try:
        return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(process: Path) -> float:
    fields = _stat(process)
    # utime, stime, and those of children that were waited for (proc(5), fields 14 to 17)
    ticks = sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(process: Path) -> int:
    try:
        _, resident, shared, *_ = (process / "statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _nameless(process: Path) -> int:
    """Returns the bytes of files that only open descriptors hold: no folder shows them."""
    total = 0
    seen = set()
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return 0
    for descriptor in descriptors:
        try:
            if not any(mark in str(descriptor.readlink()) for mark in NAMELESS):
                continue
            status = descriptor.stat()
        except OSError:
            continue
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            total += status.st_blocks * 512
    return total


def _below(folder: Path) -> tuple[float, int]:
    """Returns bytes and number of what stands below a folder; one that nobody may look into counts
    as too much.
    """
    closed: list[OSError] = []
    total = files = 0
    for place, folders, names in os.walk(folder, onerror=closed.append):
        files += len(folders) + len(names)
        if files > GRADED_FILES:
            break
        for name in names:
            try:
                total += Path(place, name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
            except OSError as error:
                closed.append(error)
    # a folder that was just removed is no secret
    hidden = any(not isinstance(error, FileNotFoundError) for error in closed)
    return (float("inf") if hidden else total), files
