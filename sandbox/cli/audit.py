"""`connectathon audit`: who did what, when, from where; whether the chain holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.cli.results import runs_at
from sandbox.i18n import say

if TYPE_CHECKING:
    from sandbox.event.signing import EvidenceKey
    from sandbox.store.audit import Audit, Entry


class Action(StrEnum):
    """What to do with the audit log."""

    list = "list"
    verify = "verify"
    export = "export"


def audit(
    action: Annotated[Action, typer.Argument(help=tell("audit.action"))] = Action.list,
    target: Annotated[Path | None, typer.Argument(help=tell("audit.target"))] = None,
    head: Annotated[str, typer.Option(help=tell("audit.head"))] = "",
    data: Data = None,
) -> None:
    """Lists the newest acts, checks the chain (exit code 1 where it is broken), or writes all."""
    with runs_at(data) as (runs, store):
        if action is Action.list:
            for entry in reversed(store.audit.newest()):
                print(_line(entry))
        elif action is Action.verify:
            _verify(store.audit, head)
        else:
            if target is None:
                raise typer.BadParameter(tell("audit.which"), param_hint="TARGET")
            store.audit.record("audit.exported")
            _write(store.audit, runs.key, target)


def _verify(log: Audit, head: str) -> None:
    from sandbox.store.audit import FIRST

    faults = log.verify()
    for fault in faults:
        print(say(fault.key, LANGUAGE, number=fault.number))
    newest = log.newest(limit=1)
    # a chain that was cut at its end, or written anew, holds as well: only a hash from before tells
    is_there = not head or head in {FIRST, *(line.hash for line in log.lines())}
    if not is_there:
        print(say("audit.no_head", LANGUAGE, hash=head))
    if faults or not is_there:
        raise typer.Exit(1)
    hash = newest[0].hash if newest else FIRST
    print(say("audit.holds", LANGUAGE, count=newest[0].number if newest else 0, hash=hash))


def _write(log: Audit, key: EvidenceKey | None, file: Path) -> None:
    """Writes the log as a signed zip, which `evidence verify` checks."""
    from sandbox.event.evidence import signed
    from sandbox.event.verifying import AUDIT

    lines = [json.dumps({"body": line.body, "hash": line.hash}) for line in log.lines()]
    file.write_bytes(signed({}, {AUDIT: ("\n".join(lines) + "\n").encode()}, key))


def _line(entry: Entry) -> str:
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of

    when = fhir_instant(moment_of(entry.at))[:19].replace("T", " ")
    details = asdict(entry)["details"]
    about = " ".join(f"{name}={value}" for name, value in details.items())
    who = f"{entry.who or '–'} ({entry.door} {entry.place})".replace(" )", ")")
    return f"{entry.number:>6}  {when}  {who:<32} {entry.act:<20} {about}".rstrip()
