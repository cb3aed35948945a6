"""`connectathon data`: backup, export, import, search values written anew, and redaction; all of it
also while a server runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.i18n import say
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.store.partitions import Partitions


class Action(StrEnum):
    """What to do with the data."""

    backup = "backup"
    export = "export"
    # `import` is a Python keyword.
    load = "import"
    reindex = "reindex"
    redact = "redact"
    verify = "verify"
    restore = "restore"


def data(
    action: Annotated[Action, typer.Argument(help=tell("data.action"))],
    target: Annotated[str, typer.Argument(help=tell("data.target"))] = "",
    tenant: Annotated[str, typer.Option(help=tell("data.tenant"))] = "",
    reason: Annotated[str, typer.Option(help=tell("data.reason"))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=tell("data.dry_run"))] = False,
    data: Data = None,
) -> None:
    """Works on the main data, or on those of one tenant; a backup holds all of them."""
    from sandbox.cli.stored import opened

    if action not in (Action.reindex, Action.verify) and not target:
        raise typer.BadParameter(tell("data.which"), param_hint="TARGET")
    # without opening: what is damaged is not to be written to
    if action is Action.verify:
        raise typer.Exit(_verify(Path(target) if target else data or data_folder()))
    if action is Action.restore:
        _restore(Path(target), data or data_folder())
        return
    if action is Action.redact and not (reason or dry_run):
        raise typer.BadParameter(tell("data.needs_reason"), param_hint="--reason")
    with opened(data) as partitions:
        if action is Action.redact:
            _redact(partitions, target, reason=reason, is_dry=dry_run)
        elif action is Action.backup:
            for file in partitions.back_up(Path(target), data=data or data_folder()):
                print(file)
        else:
            _work_on(partitions, action, target, tenant)


def _work_on(partitions: Partitions, action: Action, target: str, tenant: str) -> None:
    """Exports, imports or reindexes the data of one space."""
    from sandbox.cli.stored import services_of
    from sandbox.server.ndjson import check_lines, read_lines, write_lines
    from sandbox.server.search.reindexing import reindex
    from sandbox.store.audit import Audit

    services = services_of(partitions, tenant)
    if action is Action.export:
        count = _write(target, write_lines(services.store))
        Audit(partitions.main).record("data.exported", space=tenant, count=count)
        # On stderr, because stdout may be the export itself.
        print(tell("data.exported", count=count, file=target), file=sys.stderr)
    elif action is Action.load:
        with _readable(target).open("rb") as lines:
            check_lines(lines)  # a file with a fault leaves nothing behind
            lines.seek(0)
            count = read_lines(lines, services)
        Audit(partitions.main).record("data.imported", space=tenant, count=count)
        print(tell("data.imported", count=count))
    else:
        print(tell("data.reindexed", count=reindex(services.store)))


def _verify(folder: Path) -> int:
    """Prints each file and what is wrong with it; returns the exit code."""
    from sandbox.store.examining import examine

    if os.environ.get("DATABASE_URL"):
        print(tell("data.use_amcheck"))
        return 4  # not known, as everywhere
    examined = examine(folder)
    for file in examined:
        print(
            say("examining.damaged" if file.faults else "examining.sound", LANGUAGE, file=file.file)
        )
        for key, detail in file.faults:
            print("  " + say(key, LANGUAGE, detail=detail, number=detail))
    if not examined:
        print(say("examining.none", LANGUAGE, folder=folder))
    is_damaged = any(file.faults for file in examined)
    if is_damaged:
        print(say("examining.way_back", LANGUAGE))
    return 1 if is_damaged else 0


def _restore(backup: Path, folder: Path) -> None:
    from sandbox.cli.stored import opened
    from sandbox.clock import utc_now
    from sandbox.store.audit import Audit
    from sandbox.store.examining import restore, restore_beside

    if url := os.environ.get("DATABASE_URL"):
        from sandbox.store.dumping import FILE, load

        load(url, backup / FILE)
        aside = restore_beside(backup, folder, at=utc_now())
        _check(folder)
    else:
        aside = restore(backup, folder, at=utc_now())
    with opened(folder) as partitions:
        Audit(partitions.main).record("data.restored", folder=str(backup))
    print(say("examining.restored", LANGUAGE, folder=backup))
    if aside is not None:
        print(say("examining.put_aside", LANGUAGE, folder=aside))


def _check(folder: Path) -> None:
    """Looks whether what came back is sound; ends with 1 where it is not."""
    from sandbox.cli.stored import opened
    from sandbox.store.dumping import faults_of

    with opened(folder) as partitions:
        faults = [*faults_of(partitions.main)]
    for key, place in faults:
        print(say(key, LANGUAGE, detail=place, number=place), file=sys.stderr)
    if faults:
        raise typer.Exit(1)


def _redact(partitions: Partitions, text: str, *, reason: str, is_dry: bool) -> None:
    """Lists what is taken, or would be, and the backups that hold it still."""
    from sandbox.store.redacting import copies, find, redact
    from sandbox.store.targets import target_of

    target = target_of(text)
    spots = find(partitions, target) if is_dry else redact(partitions, target, reason=reason)
    for spot in spots:
        kind = say(f"redacting.kind.{spot.kind}", LANGUAGE)
        print(f"{kind}: {spot.name}" + (f"  ({spot.space})" if spot.space else ""))
    key = "redacting.would" if is_dry else "redacting.done"
    print(say(key, LANGUAGE, count=len(spots)))
    for copy in copies(partitions, target):
        if copy.holds is None:
            print(say("redacting.copy_unknown", LANGUAGE, folder=copy.folder))
        elif copy.holds:
            print(say("redacting.copy_holds", LANGUAGE, folder=copy.folder))


def _write(target: str, lines: Iterator[bytes]) -> int:
    if target == "-":
        return sum(1 for line in lines if sys.stdout.buffer.write(line + b"\n"))
    with Path(target).open("wb") as file:
        return sum(1 for line in lines if file.write(line + b"\n"))


def _readable(name: str) -> Path:
    file = Path(name)
    if not file.is_file():
        raise typer.BadParameter(tell("data.no_file", file=name), param_hint="TARGET")
    return file
