"""A damaged database is told with the way back, a backup is whole or not there, and two servers know of each other."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.clock import utc_now
from sandbox.errors import BadRequest, Busy, StoreDamaged, StoreUnavailable
from sandbox.event.runs import Runs
from sandbox.event.systems import HERE, System
from sandbox.ids import random_id
from sandbox.store.audit import Audit
from sandbox.store.database import Database
from sandbox.store.examining import examine, restore
from sandbox.store.leases import Leases
from sandbox.store.partitions import Partitions
from sandbox.store.presence import Presence, is_served
from sandbox.store.runs import RunStore
from sandbox.store.sqlite import SqliteEngine
from sandbox.testbench.tracks import TRACKS
from tests.builders import a_patient, put
from tests.conftest import a_sandbox

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
SERVE = [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--seed", "none", "--data"]


def filled(folder: Path) -> Path:
    """A data folder with some pages in it, closed; returns the file of its database."""
    partitions = Partitions(folder)
    store = RunStore(partitions.main)
    for number in range(50):
        body = os.urandom(3000)
        store.append(f"r{number}", [("queued", 0, "{}")], blobs=[body])
    store.put_system("hospital", "{}")
    partitions.close()
    return folder / "sandbox.db"


def break_header(file: Path) -> None:
    file.write_bytes(b"no database at all" + file.read_bytes()[18:])


def break_pages(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    file.write_bytes(content)


BREAKING: list[Callable[[Path], None]] = [break_header, break_pages]


def typed(*words: object) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["data", *map(str, words)])
    assert ended.exception is None or isinstance(ended.exception, (SystemExit, BadRequest, Busy))
    return ended.exit_code, ended.output


@pytest.mark.parametrize("damage", BREAKING, ids=["header", "pages"])
def test_a_server_does_not_start_on_a_broken_database_and_says_the_way_back(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(filled(tmp_path))
    ended = subprocess.run(
        [*SERVE, str(tmp_path)], env={**os.environ, "CONNECTATHON_LANG": "es"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    first, second = ended.stderr.splitlines()  # two lines, and no traceback
    assert "está dañada" in first
    assert "connectathon data verify" in second
    assert "data restore" in second


def test_a_page_that_breaks_at_run_time_is_said_too(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        for number in range(40):
            put(client, f"/Patient/p{number}", a_patient(id=f"p{number}", name=[{"text": "x" * 3000}]))  # fmt: skip
    # as it stands in a process that has opened it before
    database = Database(SqliteEngine(tmp_path / "sandbox" / "sandbox.db"))
    break_pages(tmp_path / "sandbox" / "sandbox.db")
    with pytest.raises(StoreDamaged), database.reading() as connection:
        connection.execute("SELECT count(*), max(body) FROM version").fetchone()
    database.close()


def test_a_sound_database_passes_and_a_large_one_costs_no_more_than_the_limit(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    partitions = Partitions(tmp_path)
    partitions.check(5)
    partitions.check(0.000001)  # no time at all: what was not looked at is not called broken
    partitions.close()


def test_without_time_nothing_is_looked_at(tmp_path: Path) -> None:
    file = filled(tmp_path)
    partitions = Partitions(tmp_path)
    break_pages(file)
    with pytest.raises(StoreDamaged):
        partitions.main.check(5)
    partitions.main.check(0)
    partitions.close()


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(filled(tmp_path))) as opened:
        opened.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreUnavailable) as caught:
        Partitions(tmp_path)
    assert caught.value.key == "store.newer"


@pytest.mark.parametrize("damage", BREAKING, ids=["header", "pages"])
def test_verify_names_the_damage_and_restore_mends_it(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    data = tmp_path / "data"
    file = filled(data)
    (data / "evidence.key").write_text("kept")
    assert typed("backup", tmp_path / "monday", "--data", data)[0] == 0
    code, said = typed("verify", "--data", data)
    assert (code, said.startswith("Sound")) == (0, True)
    damage(file)
    code, said = typed("verify", "--data", data)
    assert (code, "Damaged" in said, "data restore" in said) == (1, True, True)

    broken = file.read_bytes()
    assert typed("restore", tmp_path / "monday", "--data", data)[0] == 0
    assert typed("verify", "--data", data)[0] == 0
    (aside,) = data.glob("replaced-*/sandbox.db")
    assert aside.read_bytes() == broken
    assert (data / "evidence.key").read_text() == "kept"
    partitions = Partitions(data)
    assert len({run for _, run, _ in RunStore(partitions.main).moved(after=0)}) == 50
    entry = Audit(partitions.main).newest(limit=1)[0]
    assert entry.act == "data.restored"
    partitions.close()


def test_a_body_and_a_line_of_the_audit_log_that_were_changed_are_named(tmp_path: Path) -> None:
    with closing(sqlite3.connect(filled(tmp_path))) as opened:
        opened.execute("UPDATE blob SET content = 'x' WHERE hash = (SELECT min(hash) FROM blob)")
        opened.execute("UPDATE audit SET body = replace(body, 'hospital', 'clinic')")
        opened.commit()
    (examined,) = examine(tmp_path)
    assert {key for key, _ in examined.faults} == {"audit.changed", "examining.body"}


def test_a_damaged_or_absent_backup_is_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = filled(data).read_bytes()
    break_pages(filled(tmp_path / "bad"))
    for backup in (tmp_path / "bad", tmp_path / "none"):
        with pytest.raises(BadRequest):
            restore(backup, data, at=AT)
    filled(tmp_path / "good")
    presence = Presence(data, "1")
    assert presence.take()
    with pytest.raises(Busy):
        restore(tmp_path / "good", data, at=AT)
    presence.leave()
    assert (data / "sandbox.db").read_bytes() == before
    assert sorted(file.name for file in data.iterdir()) == ["sandbox.db", "servers.lock"]


def test_a_backup_that_was_killed_leaves_no_folder_that_looks_like_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    filled(data)
    script = f"""
import os, signal
from pathlib import Path
from sandbox.store.database import Database
from sandbox.store.partitions import Partitions
copy = Database.copy
def killed(self, file):
    copy(self, file)
    os.kill(os.getpid(), signal.SIGKILL)
Database.copy = killed
Partitions(Path({str(data)!r})).back_up(Path({str(tmp_path / "monday")!r}))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "monday").exists()
    partitions = Partitions(data)
    (file,) = partitions.back_up(tmp_path / "monday")
    partitions.close()
    assert file == tmp_path / "monday" / "sandbox.db"
    assert sorted(left.name for left in tmp_path.iterdir()) == ["data", "monday"]
    assert examine(tmp_path / "monday")[0].faults == ()


def test_a_second_server_on_a_folder_works(
    tmp_path: Path,
) -> None:
    with a_sandbox(tmp_path) as first:
        assert is_served(tmp_path / "sandbox")
        with a_sandbox(tmp_path) as second:
            put(first, "/Patient/a", a_patient(id="a"))
            put(second, "/Patient/b", a_patient(id="b"))
            for client in (first, second):
                assert client.get("/fhir/Patient").json()["total"] == 2
    assert not is_served(tmp_path / "sandbox")


def test_a_run_that_was_cut_off_goes_on_at_once_in_a_server_that_starts_alone(
    tmp_path: Path,
) -> None:
    def kinds() -> list[str]:
        return [event.kind for event in store.events(run.id, without="exchange")]

    with a_sandbox(tmp_path):
        partitions = Partitions(tmp_path / "sandbox")
        store = RunStore(partitions.main)
        runs = Runs(store, clock=utc_now, new_id=random_id, keeper="server")
        system = System(HERE, "http://sandbox.invalid/fhir")
        others = Leases(partitions.main, keeper="server", holder="another", tracks=TRACKS)
        # in one step, or the first server would be at it in between
        with partitions.main.writing():
            run = runs.start("fhir.basics", system, tests=["BAS-01"])
            assert others.take(run.id, seconds=3600)
        with a_sandbox(tmp_path) as second:
            assert second.get("/health").status_code == 200
        assert kinds() == ["queued"]
    with a_sandbox(tmp_path) as third:
        while third.get(f"/api/runs/{run.id}").json()["state"] != "done":
            pass
    assert kinds()[-1] == "done"
    partitions.close()


def test_doctor_tells_of_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox.cli.doctor import examine_database

    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    file = filled(tmp_path)
    assert [finding.state for finding in examine_database()] == ["fine"]
    break_header(file)
    (finding,) = examine_database()
    assert (finding.state, finding.remedy) == ("missing", "connectathon data verify")
