"""How much there is in the main database, counted by the database: for whoever runs the server."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.store.database import Database

# of each kind of job (jobs.py), those that nobody is at and nobody has given up
_WAITING = " UNION ALL ".join(
    f"SELECT '{kind}', COUNT(*), COALESCE(MIN(at), 0) FROM {table} WHERE state = '{state}'"
    for kind, table, state in (
        ("run", "run_row", "queued"),
        ("grading", "hand_in", "queued"),
        ("notice", "notice", "waiting"),
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs of a kind wait, and when the oldest of them was begun, in milliseconds since
    1970; 0 where none waits.
    """

    count: int
    since: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted.

    Attributes:
        runs: How many runs stand in each state.
        waiting: What waits of each kind of job.
        instances: How many test instances stand in each state.
        spaces: How many teams have a space of their own.
    """

    runs: dict[str, int]
    waiting: dict[str, Waiting]
    instances: dict[str, int]
    spaces: int


def figures_of(database: Database) -> Figures:
    """Returns the figures of a main database.

    Args:
        database: The main one, not that of a tenant.

    Raises:
        StoreUnavailable: The database cannot be reached.
        TooCostly: It took longer than its limit.
    """
    with database.reading() as connection:
        runs = connection.execute(
            "SELECT state, COUNT(*) FROM run_row GROUP BY state ORDER BY state"
        ).fetchall()
        waiting = {
            str(kind): Waiting(int(count), int(since))
            for kind, count, since in connection.execute(_WAITING).fetchall()
        }
        instances = connection.execute(
            "SELECT state, COUNT(*) FROM instance GROUP BY state ORDER BY state"
        ).fetchall()
        (spaces,) = connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
    return Figures(dict(runs), waiting, dict(instances), int(spaces))


def answers_within(database: Database, seconds: float) -> None:
    """Asks a database for nothing in particular.

    Raises:
        StoreUnavailable: It cannot be reached.
        TooCostly: It took longer than `seconds`.
    """
    with database.briefly(seconds), database.reading() as connection:
        connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
