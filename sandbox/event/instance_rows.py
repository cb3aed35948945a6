"""What lists tell of a test instance, as it stands behind its log.  Pure."""

from __future__ import annotations

from sandbox.event.instance import Instance
from sandbox.store.instances import InstanceRow, PartRow


def row_of(instance: Instance) -> InstanceRow:
    """Returns what lists tell of an instance."""
    parts = tuple(
        PartRow(part.role, part.system, part.team_id, part.country, part.standing, part.version)
        for part in instance.parts.values()
    )
    return InstanceRow(
        id=instance.id,
        event=instance.event,
        test=instance.test,
        track=instance.track,
        state=instance.state,
        at=instance.at,
        changed=instance.changed,
        waiting=instance.waiting_since,
        monitor=instance.monitor_id,
        contested=int(instance.is_contested),
        parts=parts,
    )
