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

    Stores = tuple[InstanceStore, RunStore]
    """Where the instances of events are, and the systems."""


def write_pdf(
    event: PlannedEvent,
    stores: Stores,
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
    content = (
        _certificates(event, stores, language) if of_teams else _report(event, stores, language)
    )
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        print(tell("event.written", file=out, kilobytes=max(1, len(content) // 1024)))


def _report(event: PlannedEvent, stores: Stores, language: Language) -> bytes:
    from sandbox.clock import utc_now
    from sandbox.event.event_findings import found_in
    from sandbox.event.event_report import event_report
    from sandbox.event.event_sheets import Told, report_pdf
    from sandbox.event.results import role_results
    from sandbox.event.systems import all_systems

    instances, logs = stores
    rows = instances.everything(event.id)
    systems = all_systems(logs)
    lines = instances.findings(event.id)
    told = Told(
        event,
        event_report(event, rows, systems),
        list(role_results(event, rows, systems)),
        found_in(lines),
        at=utc_now(),
    )
    return report_pdf(told, language)


def _certificates(event: PlannedEvent, stores: Stores, language: Language) -> bytes:
    from sandbox.clock import utc_now
    from sandbox.event.event_sheets import certificates_pdf, participations
    from sandbox.event.results import role_results
    from sandbox.event.systems import all_systems

    instances, logs = stores
    rows = instances.everything(event.id)
    systems = all_systems(logs)
    teams = participations(rows, role_results(event, rows, systems), systems)
    return certificates_pdf(event, teams, language, at=utc_now())


def take_snapshot(event: PlannedEvent, events: Events, stores: Stores) -> None:
    """Keeps how an event stands now."""
    from sandbox.clock import utc_now
    from sandbox.event.people import ANYONE
    from sandbox.event.snapshots import Snapshots

    instances, logs = stores
    # who has the folder runs the event
    taken = Snapshots(logs, instances, events, clock=utc_now).take(event.id, ANYONE)
    print(tell("event.snapshot_taken", id=event.id, day=taken.day, count=taken.report["count"]))
