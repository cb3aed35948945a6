"""How much there is in the main database, counted by the database: for whoever runs the server."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted.

    Attributes:
        runs: How many runs stand in each state.
        waiting_since: When the oldest run that waits was begun, in milliseconds since 1970; 0 where
            none waits.
        instances: How many test instances stand in each state.
        spaces: How many teams have a space of their own.
    """

    runs: dict[str, int]
    waiting_since: int
    instances: dict[str, int]
    spaces: int


def figures_of(database: Database, *, waits: str) -> Figures:
    """Returns the figures of a main database.

    Args:
        database: The main one, not that of a tenant.
        waits: The state of a run that has not begun.

    Raises:
        StoreUnavailable: The database cannot be reached.
        TooCostly: It took longer than its limit.
    """
    with database.reading() as connection:
        runs = connection.execute(
            "SELECT state, COUNT(*) FROM run_row GROUP BY state ORDER BY state"
        ).fetchall()
        (since,) = connection.execute(
            "SELECT COALESCE(MIN(at), 0) FROM run_row WHERE state = ?", [waits]
        ).fetchone()
        instances = connection.execute(
            "SELECT state, COUNT(*) FROM instance GROUP BY state ORDER BY state"
        ).fetchall()
        (spaces,) = connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
    return Figures(dict(runs), int(since), dict(instances), int(spaces))


def answers_within(database: Database, seconds: float) -> None:
    """Asks a database for nothing in particular.

    Raises:
        StoreUnavailable: It cannot be reached.
        TooCostly: It took longer than `seconds`.
    """
    with database.briefly(seconds), database.reading() as connection:
        connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
