import sqlite3
import threading
from pathlib import Path

import pytest

from sandbox.store.database import Database


def test_an_exception_leaves_nothing_of_a_transaction(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    insert = "INSERT INTO resource (type, id, version, updated, deleted) VALUES ('Patient', 'a', 1, 0, 0)"
    with pytest.raises(sqlite3.IntegrityError), database.writing() as connection:
        connection.executemany(insert, [(), ()])  # the second one breaks the unique key
    assert database.connection().execute("SELECT count(*) FROM resource").fetchone() == (0,)
    with database.writing() as connection:
        connection.execute(insert)
    assert database.connection().execute("SELECT count(*) FROM resource").fetchone() == (1,)
    database.close()


def test_writers_from_many_threads_wait_for_each_other(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")

    def write(number: int) -> None:
        for step in range(20):
            with database.writing() as connection:
                values = (f"{number}-{step}",)
                connection.execute(
                    "INSERT INTO resource (type, id, version, updated, deleted) VALUES ('Patient', ?, 1, 0, 0)", values
                )

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.connection().execute("SELECT count(*) FROM resource").fetchone() == (120,)
    database.close()


def test_opening_again_does_not_migrate_again(tmp_path: Path) -> None:
    Database(tmp_path / "x.db").close()
    database = Database(tmp_path / "x.db")
    assert database.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.connection().execute("PRAGMA user_version").fetchone()[0] >= 1
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is not a database, but long enough to look at" * 40)
    with pytest.raises(sqlite3.DatabaseError):
        Database(tmp_path / "x.db")
