"""Sealed fields open with their own key, system and field alone; keys are exchanged for all of them at once."""

from __future__ import annotations

import base64
import shutil
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.errors import PreconditionFailed, SandboxError
from sandbox.event.access import Access
from sandbox.event.systems import System, register
from sandbox.sealing import FILE, VARIABLE, VARIABLE_OF_FILE, Keys
from sandbox.store.examining import restore
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.store.sealed import SealedStore

HOSPITAL = System("hospital", "https://h.example/fhir", "Chile")
TOKEN = {"token": "canary-bearer"}


def opened(folder: Path) -> tuple[Partitions, Access]:
    partitions = Partitions(folder)
    return partitions, Access(SealedStore(partitions.main), Keys(folder))


def a_key() -> str:
    return base64.b64encode(bytes(range(32))).decode()


def test_a_value_opens_for_its_own_field_of_its_own_system_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    sealed = keys.seal("hospital", "token", "canary-bearer")
    assert b"canary" not in sealed.body
    assert keys.seal("hospital", "token", "canary-bearer").body != sealed.body
    assert keys.open("hospital", "token", sealed) == "canary-bearer"
    flipped = replace(sealed, body=bytes([sealed.body[0] ^ 1]) + sealed.body[1:])
    for system, field, value in (
        ("clinic", "token", sealed),
        ("hospital", "scope", sealed),
        ("hospital", "token", flipped),
    ):
        with pytest.raises(PreconditionFailed, match=r"access\.altered"):
            keys.open(system, field, value)


def test_an_exchange_of_keys_reseals_all_and_forgets_the_old_one(tmp_path: Path) -> None:
    partitions, access = opened(tmp_path)
    access.seal(HOSPITAL, TOKEN)
    before = (tmp_path / FILE).read_text()
    rows = SealedStore(partitions.main).of("hospital")
    assert access.rotate() == 2  # the token, and the places for which it was entered
    after = (tmp_path / FILE).read_text()
    assert len(after.split()) == 1
    assert after != before
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    entry = access.entry(HOSPITAL)
    assert entry
    assert entry.headers == {"Authorization": "Bearer canary-bearer"}
    with pytest.raises(PreconditionFailed, match=r"access\.no_sealing_key"):
        Keys(tmp_path).open("hospital", "token", rows["token"])
    partitions.close()


def test_an_exchange_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    partitions, access = opened(tmp_path)
    access.seal(HOSPITAL, TOKEN)
    access.seal(replace(HOSPITAL, name="clinic"), TOKEN)
    with partitions.main.writing() as connection:
        connection.execute("UPDATE sealed SET key_id = 'gone' WHERE system = 'clinic'")
    with pytest.raises(PreconditionFailed):
        access.rotate()
    entry = access.entry(HOSPITAL)
    assert entry
    assert entry.headers == {"Authorization": "Bearer canary-bearer"}
    partitions.close()


def test_a_key_comes_from_the_environment_or_a_file_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, a_key())
    sealed = Keys(tmp_path).seal("hospital", "token", "canary-bearer")
    assert not (tmp_path / FILE).exists()
    # the new one stands first, the old one opens still
    other = base64.b64encode(bytes(32)).decode()
    monkeypatch.setenv(VARIABLE, f"{other} {a_key()}")
    resealed = Keys(tmp_path).reseal("hospital", "token", sealed)
    monkeypatch.setenv(VARIABLE, other)
    assert Keys(tmp_path).open("hospital", "token", resealed) == "canary-bearer"
    monkeypatch.delenv(VARIABLE)
    (tmp_path / "elsewhere").write_text(other)
    monkeypatch.setenv(VARIABLE_OF_FILE, str(tmp_path / "elsewhere"))
    assert Keys(tmp_path).open("hospital", "token", resealed) == "canary-bearer"


@pytest.mark.parametrize("text", ["short", "!" * 44, a_key()[:-4]])
def test_what_is_no_key_seals_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(SandboxError, match=r"access\.bad_sealing_key"):
        Keys(tmp_path).seal("hospital", "token", "canary-bearer")


def test_a_backup_needs_the_key_which_it_does_not_hold(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    partitions, access = opened(here)
    access.seal(HOSPITAL, TOKEN)
    partitions.back_up(tmp_path / "backup", data=here)
    partitions.close()
    assert not list((tmp_path / "backup").rglob(FILE))
    for folder, is_open in ((here, True), (there, False)):
        folder.mkdir(exist_ok=True)
        restore(tmp_path / "backup", folder, at=datetime(2026, 7, 27, tzinfo=UTC))
        partitions, access = opened(folder)
        if is_open:
            assert access.entry(HOSPITAL)
        else:
            with pytest.raises(PreconditionFailed, match=r"access\.no_sealing_key"):
                access.entry(HOSPITAL)
        partitions.close()
    shutil.rmtree(there)


def test_what_is_taken_away_is_in_no_file(tmp_path: Path) -> None:
    partitions, access = opened(tmp_path)
    register(HOSPITAL, RunStore(partitions.main))
    access.seal(HOSPITAL, TOKEN)
    body = SealedStore(partitions.main).of("hospital")["token"].body
    assert RunStore(partitions.main).remove_system("hospital")
    assert access.entry(HOSPITAL) is None
    access.seal(HOSPITAL, TOKEN)
    again = SealedStore(partitions.main).of("hospital")["token"].body
    assert access.remove("hospital")
    partitions.close()
    with sqlite3.connect(tmp_path / "sandbox.db") as connection:
        assert connection.execute("SELECT count(*) FROM sealed").fetchone() == (0,)
    connection.close()
    content = (tmp_path / "sandbox.db").read_bytes()
    assert again not in content
    assert body != again
