"""Search values are written anew when another edition of the program left other ones."""

from pathlib import Path

from sandbox.server.reindexing import FACT, reindex
from sandbox.store.partitions import Partitions
from sandbox.store.resources import ResourceStore, SearchValues
from tests.builders import a_patient, an_observation, put
from tests.conftest import a_sandbox


def test_a_database_of_another_edition_is_brought_up_to_date_at_start(tmp_path: Path, database_url: str) -> None:
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
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 0  # proof that the start did not reindex
        assert reindex(store) == 1
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 1
    partitions.close()
