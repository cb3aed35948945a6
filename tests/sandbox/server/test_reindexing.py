"""Search values are written anew when another edition of the program left other ones."""

import json
import threading
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.stored import services_of
from sandbox.cli.verbs import app
from sandbox.server.ndjson import read_lines
from sandbox.server.search.reindexing import FACT, CatchingUp, reindex
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


@pytest.mark.parametrize("seed", ["none", "training"])
def test_a_space_that_is_added_is_not_written_anew_at_the_next_start(
    tmp_path: Path, seed: str
) -> None:
    folder = str(tmp_path / "sandbox")
    with a_sandbox(tmp_path) as client:
        added = CliRunner().invoke(
            app, ["tenants", "add", "chile", "--seed", seed, "--data", folder]
        )
        assert added.exit_code == 0, added.output
        client.put("/t/chile/fhir/Patient/p", json=a_patient(id="p"), headers=FHIR_JSON)
    with closing(Partitions(tmp_path / "sandbox")) as partitions:
        assert CatchingUp([services_of(partitions, "chile").store]).is_over


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


def test_a_server_that_has_much_to_write_anew_says_so_and_answers_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_sandbox(tmp_path) as client:
        for number in range(3):
            put(client, f"/Patient/p{number}", a_patient(id=f"p{number}"))
    with closing(Partitions(tmp_path / "sandbox")) as partitions:
        ResourceStore(partitions.main).set_fact(FACT, "an older one")
    monkeypatch.setattr("sandbox.app.CATCHING_UP_SECONDS", -1)
    monkeypatch.setattr("sandbox.server.search.reindexing.PAGE", 1)
    reads = iter(range(9))
    is_looked_at = threading.Event()
    has_written = threading.Event()
    read = ResourceStore.current

    def read_slowly(store: ResourceStore, *, after: int, count: int) -> list[tuple[int, Version]]:
        if next(reads) == 2:
            has_written.set()
            is_looked_at.wait(60)
        return read(store, after=after, count=count)

    monkeypatch.setattr(ResourceStore, "current", read_slowly)
    with a_sandbox(tmp_path) as client:
        try:
            assert has_written.wait(60)
            assert client.get("/health").status_code == 200
            ready = client.get("/ready")
            assert (ready.status_code, ready.json()["server"]) == (
                503,
                "catching up: 2 of 3 resources",
            )
            search = client.get("/fhir/Patient?name=mu")
            assert (search.status_code, search.headers["retry-after"]) == (503, "5")
            assert search.json()["issue"][0]["code"] == "transient"
            page = client.get("/", headers={"Accept": "text/html", "Accept-Language": "es"})
            assert (page.status_code, "2 de 3 recursos" in page.text) == (503, True)
        finally:
            is_looked_at.set()
        while client.get("/ready").status_code != 200:
            pass  # until the thread has written the last
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 3


def test_a_server_that_is_stopped_meanwhile_goes_on_at_its_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_sandbox(tmp_path) as client:
        put(client, "/Patient/p", a_patient(id="p"))
    with closing(Partitions(tmp_path / "sandbox")) as partitions:
        ResourceStore(partitions.main).set_fact(FACT, "an older one")
    with monkeypatch.context() as patch:
        patch.setattr("sandbox.app.CATCHING_UP_SECONDS", -1)
        patch.setattr(CatchingUp, "go_on", lambda _, *, is_enough: is_enough())
        with a_sandbox(tmp_path) as client:
            assert client.get("/ready").status_code == 503
    with a_sandbox(tmp_path) as client:
        assert client.get("/ready").status_code == 200
        assert client.get("/fhir/Patient?name=mu").json()["total"] == 1


def test_what_is_imported_is_not_written_anew_at_the_next_start(tmp_path: Path) -> None:
    with closing(Partitions(tmp_path / "sandbox")) as partitions:
        store = ResourceStore(partitions.main)
        read_lines([json.dumps(a_patient(id="p")).encode()], services_of(partitions, ""))
        assert CatchingUp([store]).is_over
