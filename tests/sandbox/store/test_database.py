import sqlite3
import threading
from pathlib import Path

import pytest

from sandbox.errors import StoreDamaged, StoreUnavailable, TooCostly
from sandbox.store.database import Database
from sandbox.store.sqlite import SqliteEngine

INSERT = "INSERT INTO resource (type, id, version, updated, deleted) VALUES ('Patient', ?, 1, 0, 0)"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


def a_database(folder: Path, *, seconds: float = 10) -> Database:
    return Database(SqliteEngine(folder / "x.db"), seconds=seconds)


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM resource").fetchone()[0])


def test_an_exception_leaves_nothing_of_a_transaction(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with pytest.raises(sqlite3.IntegrityError), database.writing() as connection:
        connection.executemany(INSERT, [("a",), ("a",)])  # the second one breaks the unique key
    assert count(database) == 0
    with database.writing() as connection:
        connection.execute(INSERT, ("a",))
    assert count(database) == 1
    database.close()


def test_writers_from_many_threads_wait_for_each_other(tmp_path: Path) -> None:
    database = a_database(tmp_path)

    def write(number: int) -> None:
        for step in range(20):
            with database.writing() as connection:
                connection.execute(INSERT, (f"{number}-{step}",))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 120
    database.close()


def test_it_is_quick_only_while_no_thread_writes(tmp_path: Path) -> None:
    """Who asks from the thread that serves all others must not wait behind a writer."""
    database = a_database(tmp_path)
    answers: list[bool] = []

    def ask() -> None:
        thread = threading.Thread(target=lambda: answers.append(database.is_quick()))
        thread.start()
        thread.join()

    ask()
    with database.writing():
        ask()
    ask()
    assert answers == [True, False, True]
    database.close()


def test_connections_are_used_again_by_other_threads(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    seen: set[int] = set()

    def look() -> None:
        with database.reading() as connection:
            seen.add(id(connection))

    for _ in range(30):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(seen) == 1
    database.close()


def test_a_question_that_takes_too_long_is_stopped_and_the_database_lives_on(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path, seconds=0.05)
    with pytest.raises(TooCostly), database.reading() as connection:
        connection.execute(ENDLESS).fetchall()
    assert count(database) == 0
    database.close()


def test_a_file_that_another_process_holds_is_unavailable_not_our_fault(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with database.reading() as connection:
        connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable), database.writing():
        pass
    other.execute("COMMIT")
    other.close()
    with database.writing() as connection:
        connection.execute(INSERT, ("a",))
    assert count(database) == 1
    database.close()


def test_opening_again_does_not_migrate_again(tmp_path: Path) -> None:
    a_database(tmp_path).close()
    database = a_database(tmp_path)
    with database.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone()[0] >= 3
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is not a database, but long enough to look at" * 40)
    with pytest.raises(StoreDamaged):
        a_database(tmp_path)


def test_it_is_closed_behind_whoever_is_still_asking(tmp_path: Path) -> None:
    """Where a task is cancelled its thread goes on: what it opens is not to outlive the server."""
    database = a_database(tmp_path)
    is_asking = threading.Event()
    may_end = threading.Event()
    ends: list[str] = []

    def ask() -> None:
        with database.reading() as connection:
            is_asking.set()
            may_end.wait()
            connection.execute(ENDLESS.replace("FROM n)", "FROM n WHERE x < 300000)")).fetchone()
            ends.append("asked")

    def close() -> None:
        database.close()
        ends.append("closed")

    threads = [threading.Thread(target=work) for work in (ask, close)]
    threads[0].start()
    is_asking.wait()
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert ends == ["asked", "closed"]
    assert [file.name for file in tmp_path.iterdir()] == ["x.db"]
