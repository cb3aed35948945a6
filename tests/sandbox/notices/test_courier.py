"""The courier asks the database when something is told, and not by the clock, where the database tells."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from sandbox.notices import courier
from sandbox.store.notices import NoticeStore
from tests.bench.cluster import until
from tests.conftest import a_sandbox

WAIT = 20.0


class Looks:
    """Counts how often the courier asked what there is to say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._changed = threading.Condition()
        ask = NoticeStore.take

        def counted(store: NoticeStore, **how: float) -> object:
            taken = ask(store, **how)  # type: ignore[arg-type]
            with self._changed:
                self.count += 1
                self._changed.notify_all()
            return taken

        monkeypatch.setattr(NoticeStore, "take", counted)

    def until(self, least: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= least, WAIT)


def is_heard(url: str) -> bool:
    """Tells whether a process listens already."""
    with psycopg.connect(url) as connection:
        asked = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle' AND query LIKE 'LISTEN %'"
        ).fetchone()
    return asked != (0,)


@pytest.mark.needs("postgres")
def test_while_nothing_is_told_nothing_is_asked(
    tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "LOOK_SECONDS", 0.005)
    monkeypatch.setattr(courier, "NET_SECONDS", 3600.0)
    looks = Looks(monkeypatch)
    with a_sandbox(tmp_path, database_url=postgres_database, id_seed="") as client:
        until(lambda: is_heard(postgres_database))
        for number in range(9):
            before = looks.count
            # a system is no happening, and the start of a run is one
            system = {"name": f"s{number}", "base": "http://203.0.113.1/fhir"}
            assert client.post("/api/systems", json=system).status_code == 201
            run = {"track": "mhd.source", "system": f"s{number}"}
            assert client.post("/api/runs", json=run).status_code == 201
            looks.until(before + 1)
            # the first may fall together with looks from before anything was heard
            assert number == 0 or looks.count <= before + 3
