"""`connectathon event report | certificates | snapshot`: what an event came to, as a file, and how
it stands now, kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.cli import tell

if TYPE_CHECKING:
    from sandbox.event.events import Events
    from sandbox.event.plan import PlannedEvent
    from sandbox.i18n import Language
    from sandbox.store.instances import InstanceStore
    from sandbox.store.runs import RunStore


def write_pdf(
    event: PlannedEvent,
    stores: tuple[InstanceStore, RunStore],
    language: Language,
    *,
    of_teams: bool,
    out: Path | None,
) -> None:
    """Writes the report of an event, or a certificate for each team, to a file or to stdout.

    Args:
        event: The event.
        stores: Where its instances and its systems are.
        language: In which language.
        of_teams: Certificates in place of the report.
        out: The file; None for stdout.
    """
    from sandbox.clock import utc_now
    from sandbox.event.event_findings import frequent_findings, practice
    from sandbox.event.event_report import event_report
    from sandbox.event.event_sheets import Told, certificates_pdf, participations, report_pdf
    from sandbox.event.results import role_results
    from sandbox.event.systems import all_systems

    instances, logs = stores
    rows = instances.everything(event.id)
    systems = all_systems(logs)
    results = list(role_results(event, rows, systems))
    now = utc_now()
    if of_teams:
        teams = participations(rows, results, systems)
        content = certificates_pdf(event, teams, language, at=now)
    else:
        lines = instances.findings(event.id)
        report = event_report(event, rows, systems)
        told = Told(event, report, results, frequent_findings(lines), practice(lines), at=now)
        content = report_pdf(told, language)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        print(tell("event.written", file=out, kilobytes=max(1, len(content) // 1024)))


def take_snapshot(
    event: PlannedEvent, events: Events, stores: tuple[InstanceStore, RunStore]
) -> None:
    """Keeps how an event stands now."""
    from sandbox.clock import utc_now
    from sandbox.event.people import ANYONE
    from sandbox.event.snapshots import Snapshots

    instances, logs = stores
    # who has the folder runs the event
    taken = Snapshots(logs, instances, events, clock=utc_now).take(event.id, ANYONE)
    print(tell("event.snapshot_taken", id=event.id, day=taken.day, count=taken.report["count"]))
