"""Whether the files of a data folder are sound, and the way back from a backup where they are not.

Looks without changing anything: a damaged file is not to be written to.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.errors import BadRequest, Busy
from sandbox.store.audit import Line, broken
from sandbox.store.partitions import BESIDE, MAIN
from sandbox.store.presence import is_served

MOST_FAULTS = 5  # of one file: the first ones say enough
ENDINGS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Examined:
    """A file, and what is wrong with it: a sentence's key, with what SQLite says."""

    file: Path
    faults: tuple[tuple[str, str], ...] = ()


def files_of(folder: Path) -> list[Path]:
    """Returns the databases of a folder, the main one first."""
    main = folder / f"{MAIN}.db"
    return [file for file in (main, *sorted((folder / "tenants").glob("*.db"))) if file.is_file()]


def examine(folder: Path) -> list[Examined]:
    """Reads every page of every database, the chain of the audit log, and the bodies by their
    hash.
    """
    return [Examined(file, tuple(_faults(file))) for file in files_of(folder)]


def restore(backup: Path, folder: Path, *, at: datetime) -> Path | None:
    """Puts the databases of a backup in the place of those of a folder.

    Returns:
        Where those that were there now are; None where there were none.

    Raises:
        BadRequest: There is no backup, or it is damaged itself.
        Busy: A server works on the folder.
    """
    sound = examine(backup)
    if not sound or sound[0].file.stem != MAIN:
        raise BadRequest("store.no_backup", where=str(backup), folder=backup)
    if any(examined.faults for examined in sound):
        raise BadRequest("store.backup_damaged", where=str(backup), folder=backup)
    if is_served(folder):
        raise Busy("store.served", where=str(folder), folder=folder, seconds=5)
    coming = folder / f".restoring-{os.getpid()}"
    try:
        for examined in sound:
            copied = coming / examined.file.relative_to(backup)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(examined.file, copied)
        beside = [name for name in BESIDE if (backup / name).is_dir()]
        for name in beside:
            shutil.copytree(backup / name, coming / name)
        gone = _put_aside(folder, folder / f"replaced-{at:%Y%m%d-%H%M%S}")
        # all is there before anything is moved: a stop between two moves loses nothing
        for file in files_of(coming):
            place = folder / file.relative_to(coming)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
        for name in beside:
            (coming / name).replace(folder / name)
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    return gone


def restore_beside(backup: Path, folder: Path, *, at: datetime) -> Path | None:
    """Puts what stands beside the databases of a backup in the place of what a folder has.

    Returns:
        Where what was there is now; None where there was nothing.
    """
    beside = [name for name in BESIDE if (backup / name).is_dir()]
    gone = _put_aside(folder, folder / f"replaced-{at:%Y%m%d-%H%M%S}") if beside else None
    for name in beside:
        shutil.copytree(backup / name, folder / name)
    return gone


def _put_aside(folder: Path, aside: Path) -> Path | None:
    moved = False
    for file in files_of(folder):
        # SQLite's journal and its index belong to the file: beside another they would be replayed
        for part in [file.with_name(file.name + ending) for ending in ENDINGS]:
            if part.is_file():
                place = aside / part.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                part.replace(place)
                moved = True
    for name in BESIDE:
        if (folder / name).is_dir():
            aside.mkdir(parents=True, exist_ok=True)
            (folder / name).replace(aside / name)
            moved = True
    return aside if moved else None


def _faults(file: Path) -> Iterator[tuple[str, str]]:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            rows = opened.execute(f"PRAGMA integrity_check({MOST_FAULTS})").fetchall()
            yield from (("examining.page", str(text)) for (text,) in rows if text != "ok")
            if not any(text != "ok" for (text,) in rows):
                yield from _content_faults(opened)
    except sqlite3.Error as error:
        yield "examining.unreadable", str(error)


def _content_faults(opened: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = {row[0] for row in opened.execute("SELECT name FROM sqlite_master")}
    if "audit" in tables:
        lines = opened.execute("SELECT number, body, hash FROM audit ORDER BY number")
        yield from ((fault.key, str(fault.number)) for fault in broken(Line(*row) for row in lines))
    if "blob" in tables:
        for hash, content in opened.execute("SELECT hash, CAST(content AS BLOB) FROM blob"):
            if hashlib.sha256(content).hexdigest() != hash:
                yield "examining.body", str(hash)
