"""Search values are written anew when another edition of the program left other ones."""

import threading
from pathlib import Path

import pytest

from sandbox.server.search.reindexing import FACT, reindex
from sandbox.store.partitions import Partitions, Tenant
from sandbox.store.resources import ResourceStore, SearchValues, Version
from tests.builders import FHIR_JSON, a_patient, an_observation, put
from tests.conftest import a_sandbox


def test_a_database_of_another_edition_is_brought_up_to_date_at_start(
    tmp_path: Path, database_url: str
) -> None:
    with a_sandbox(tmp_path, database_url=database_url) as client:
        put(client, "/Patient/p", a_patient(id="p"))
        put(
            client,
            "/Observation/o",
            an_observation(id="o", subject={"reference": "http://sandbox.test/fhir/Patient/p"}),
        )
        put(client, "/Patient/gone", a_patient(id="gone"))
        client.delete("/fhir/Patient/gone")
    partitions = Partitions(tmp_path / "sandbox", url=database_url)
    store = ResourceStore(partitions.main)
    for pk, _ in store.current(after=0, count=10):
        store.replace_values(pk, SearchValues())
    store.set_fact(FACT, "an older one")
    partitions.close()
    with a_sandbox(tmp_path, database_url=database_url) as client:
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 1
        assert client.get("/fhir/Observation?subject=Patient/p").json()["total"] == 1


def test_a_database_of_this_edition_is_left_alone(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        put(client, "/Patient/p", a_patient(id="p"))
    partitions = Partitions(tmp_path / "sandbox")
    store = ResourceStore(partitions.main)
    for pk, _ in store.current(after=0, count=10):
        store.replace_values(pk, SearchValues())
    with a_sandbox(tmp_path) as client:
        assert (
            client.get("/fhir/Patient?name=mu").json()["total"] == 0
        )  # proof that the start did not reindex
        assert reindex(store) == 1
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 1
    partitions.close()


def test_the_space_of_a_team_is_brought_up_to_date_too(tmp_path: Path, database_url: str) -> None:
    partitions = Partitions(tmp_path / "sandbox", url=database_url)
    partitions.add(Tenant("chile", "off", 1))
    with a_sandbox(tmp_path, database_url=database_url) as client:
        client.put("/t/chile/fhir/Patient/p", json=a_patient(id="p"), headers=FHIR_JSON)
    store = ResourceStore(partitions.open(Tenant("chile", "off", 1)))
    for pk, _ in store.current(after=0, count=10):
        store.replace_values(pk, SearchValues())
    store.set_fact(FACT, "an older one")
    partitions.close()
    with a_sandbox(tmp_path, database_url=database_url) as client:
        assert client.get("/t/chile/fhir/Patient?name=mu").json()["total"] == 1


def test_what_is_deleted_while_values_are_written_anew_stays_unfound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_sandbox(tmp_path) as client:
        put(client, "/Patient/p", a_patient(id="p"))
        partitions = Partitions(tmp_path / "sandbox")
        read = ResourceStore.current
        other = threading.Thread(target=lambda: client.delete("/fhir/Patient/p"))

        def read_and_let_another_delete(
            store: ResourceStore, *, after: int, count: int
        ) -> list[tuple[int, Version]]:
            rows = read(store, after=after, count=count)
            if not other.ident:
                other.start()
                other.join(0.5)  # one that need not wait is done by now
            return rows

        monkeypatch.setattr(ResourceStore, "current", read_and_let_another_delete)
        reindex(ResourceStore(partitions.main))
        other.join()
        assert client.get("/fhir/Patient/p").status_code == 410
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 0
        partitions.close()
