"""Who would harm servers on the same files is refused before it opens them."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.errors import Busy, PreconditionFailed
from sandbox.sealing import Keys
from sandbox.settings import Settings
from sandbox.store.partitions import Partitions
from sandbox.store.presence import refuse_beside, taking_part
from sandbox.store.sealed import SealedStore


def test_a_server_of_another_version_is_not_joined_while_it_works(tmp_path: Path) -> None:
    with taking_part(tmp_path, "1.0") as is_alone:
        assert is_alone
        refuse_beside(tmp_path, version="1.0", counts_ids=False)
        with pytest.raises(Busy) as refused:
            refuse_beside(tmp_path, version="1.10", counts_ids=False)
        assert refused.value.key == "store.other_version"
        # its own like may, and changes nothing of what others are told
        with taking_part(tmp_path, "1.0") as is_alone:
            assert not is_alone
    refuse_beside(tmp_path, version="1.10", counts_ids=False)
    with taking_part(tmp_path, "1.10"), pytest.raises(Busy):
        refuse_beside(tmp_path, version="1.0", counts_ids=False)


def test_ids_in_a_fixed_order_are_given_by_one_process(tmp_path: Path) -> None:
    refuse_beside(tmp_path, version="1", counts_ids=True)
    with taking_part(tmp_path, "1"), pytest.raises(Busy) as refused:
        refuse_beside(tmp_path, version="1", counts_ids=True)
    assert refused.value.key == "store.ids_counted"


@pytest.mark.needs("postgres")
def test_processes_that_seal_with_another_key_are_not_joined(
    tmp_path: Path, postgres_database: str
) -> None:
    partitions = Partitions(tmp_path, url=postgres_database)
    keys = Keys(tmp_path / "theirs")
    SealedStore(partitions.main).put("ministry", {"secret": "s"}, keys.seal)
    partitions.close()

    def start(folder: str) -> None:
        settings = Settings(tmp_path / folder, seed="none", database_url=postgres_database)
        with TestClient(create_app(settings)):
            pass

    # alone, as behind a backup, which holds no key
    start("ours")
    with psycopg.connect(
        postgres_database, application_name="connectathon", autocommit=True
    ) as hearing:
        hearing.execute("LISTEN connectathon")
        start("theirs")
        with pytest.raises(PreconditionFailed) as refused:
            start("ours")
    assert refused.value.key == "access.other_secret"
