"""`connectathon event report | certificates | snapshot`: what an event came to, as a file, and how
it stands now, kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.cli import tell

if TYPE_CHECKING:
    from sandbox.event.event_state import EventStates
    from sandbox.i18n import Language
    from sandbox.store.runs import RunStore


def write_pdf(
    event: str, states: EventStates, language: Language, *, of_teams: bool, out: Path | None
) -> None:
    """Writes the report of an event, or a certificate for each team, to a file or to stdout.

    Args:
        event: The event; "" for the one that runs now.
        states: Reads how an event stands.
        language: In which language.
        of_teams: Certificates in place of the report.
        out: The file; None for stdout.
    """
    from sandbox.event.event_sheets import certificates_pdf, participations, report_pdf

    current = states.read(event)
    if of_teams:
        content = certificates_pdf(current, participations(current), language)
    else:
        content = report_pdf(current, language)
    write_out(content, out)


def write_out(content: bytes, out: Path | None) -> None:
    """Writes what was asked for to a file and says so, or to stdout.

    Args:
        content: What was asked for.
        out: The file; None for stdout.
    """
    if out is None:
        sys.stdout.buffer.write(content)
        return
    out.write_bytes(content)
    print(tell("event.written", file=out, kilobytes=max(1, len(content) // 1024)))


def take_snapshot(event: str, states: EventStates, logs: RunStore) -> None:
    """Keeps how an event stands now.

    Args:
        event: Its id.
        states: Reads how an event stands.
        logs: Where it is kept.

    Raises:
        NotFound: There is no such event.
    """
    from sandbox.clock import utc_now
    from sandbox.event.people import ANYONE
    from sandbox.event.snapshots import Snapshots

    # who has the folder runs the event
    taken = Snapshots(logs, states, clock=utc_now).take(event, ANYONE)
    print(tell("event.snapshot_taken", id=event, day=taken.day, count=taken.report["count"]))
