"""How much there is in the main database, counted by the database: for whoever runs the server."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.store.database import Database


def _listed(*states: str) -> str:
    return ", ".join(f"'{state}'" for state in states)


# of each kind of job (jobs.py): its table, the state in which nobody is at it, and those in which
# somebody may be
_JOBS = {
    "run": ("run_row", "queued", ("running",)),
    "grading": ("hand_in", "queued", ("grading",)),
    "notice": ("notice", "waiting", ()),
}
_OPEN = " UNION ALL ".join(
    f"SELECT '{kind}', state, COUNT(*), MIN(at) FROM {table}"
    f" WHERE state IN ({_listed(waits, *works)}) GROUP BY state"
    for kind, (table, waits, works) in _JOBS.items()
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs of a kind wait, and when the oldest of them was begun, in milliseconds since
    1970; 0 where none waits.
    """

    count: int
    since: int


NONE = Waiting(0, 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted.

    Attributes:
        runs: How many runs stand in each state.
        jobs: How many jobs that are not over there are, by kind and state.
        waiting: What waits of each kind of job.
        instances: How many test instances stand in each state.
        spaces: How many teams have a space of their own.
    """

    runs: dict[str, int]
    jobs: dict[tuple[str, str], int]
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
        opened = {
            (str(kind), str(state)): Waiting(int(count), int(since))
            for kind, state, count, since in connection.execute(_OPEN).fetchall()
        }
        instances = connection.execute(
            "SELECT state, COUNT(*) FROM instance GROUP BY state ORDER BY state"
        ).fetchall()
        (spaces,) = connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
    jobs = {
        (kind, state): opened.get((kind, state), NONE).count
        for kind, (_, waits, works) in _JOBS.items()
        for state in (waits, *works)
    }
    waiting = {kind: opened.get((kind, waits), NONE) for kind, (_, waits, _) in _JOBS.items()}
    return Figures(dict(runs), jobs, waiting, dict(instances), int(spaces))


def answers_within(database: Database, seconds: float) -> None:
    """Asks a database for nothing in particular.

    Raises:
        StoreUnavailable: It cannot be reached.
        TooCostly: It took longer than `seconds`.
    """
    with database.briefly(seconds), database.reading() as connection:
        connection.execute("SELECT COUNT(*) FROM tenant").fetchone()
