"""Which process plays which run: a lease with a number in the run's row, over all processes.

Whoever takes a run raises its number, and what is appended to the run is conditional on that number
(store/run_rows.py): a process that was held up and wakes again is refused.  Moments are those of
the database, so that machines need not agree on the time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.errors import LeaseLost
from sandbox.store.database import Connection, Database

PLAYABLE = "state IN ('queued', 'running')"


@dataclass(frozen=True, slots=True)
class Lease:
    """That a process plays a run; `number` counts how often the run was taken."""

    run: str
    number: int


class Leases:
    """Those on the runs of one keeper.

    Args:
        database: The main one.
        keeper: Whose runs they are.
        holder: How this process is called in lists.
        tracks: Those that this process can play; after an update others may know more.
    """

    def __init__(
        self, database: Database, *, keeper: str, holder: str, tracks: Collection[str]
    ) -> None:
        self._database = database
        self._keeper = keeper
        self._holder = holder
        self._tracks = tracks
        # nobody plays the row, and nobody another of its system
        self._is_free = (
            f"keeper = ? AND {PLAYABLE} AND leased_until <= {database.clock}"
            " AND NOT EXISTS (SELECT 1 FROM run_row o WHERE o.system = run_row.system"
            f" AND o.leased_until > 0 AND o.leased_until > {database.clock})"
        )

    def free(self) -> list[str]:
        """Returns the runs that may be taken: of each system at which nobody plays the oldest."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT run, system, track FROM run_row WHERE {self._is_free} ORDER BY at, place",
                [self._keeper],
            ).fetchall()
        oldest: dict[str, str] = {}
        for run, system, track in rows:
            if track in self._tracks:
                oldest.setdefault(str(system), str(run))
        return list(oldest.values())

    def take(self, run: str, *, seconds: float) -> Lease | None:
        """Takes a run for so long; returns None where another process was quicker, or plays a run
        of the same system.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "UPDATE run_row SET lease = lease + 1, leased_by = ?,"
                f" leased_until = {self._database.clock} + ?"
                f" WHERE run = ? AND {self._is_free} RETURNING lease",
                [self._holder, round(seconds * 1000), run, self._keeper],
            ).fetchone()
        return Lease(run, int(row[0])) if row else None

    def renew(self, leases: Collection[Lease], *, seconds: float) -> list[Lease]:
        """Holds leases for so long from now on; returns those that others have taken over."""
        lost = []
        with self._database.writing() as connection:
            for lease in leases:
                row = connection.execute(
                    f"UPDATE run_row SET leased_until = {self._database.clock} + ?"
                    " WHERE run = ? AND lease = ? RETURNING run",
                    [round(seconds * 1000), lease.run, lease.number],
                ).fetchone()
                if row is None:
                    lost.append(lease)
        return lost

    def release(self, lease: Lease) -> None:
        """Lets others take a run at once, unless one has done so already."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE run_row SET leased_until = 0, leased_by = '' WHERE run = ? AND lease = ?",
                [lease.run, lease.number],
            )

    def forget_holders(self) -> None:
        """Lets all runs be taken at once: for whoever knows that no other process is at work."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE run_row SET leased_until = 0, leased_by = ''"
                " WHERE keeper = ? AND leased_until > 0",
                [self._keeper],
            )


def check_lease(connection: Connection, lease: Lease) -> None:
    """Raises LeaseLost where somebody else has taken the run; the caller is in a transaction."""
    row = connection.execute("SELECT lease FROM run_row WHERE run = ?", [lease.run]).fetchone()
    if row is None or int(row[0]) != lease.number:
        raise LeaseLost("store.lease_lost", where=lease.run, run=lease.run)
