"""The test bench in a notebook: solved functions turn it green, empty ones pass nothing, and a failure says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.course import ____
from sandbox.course.bench import Bench, run_here
from sandbox.course.client import Client
from sandbox.course.connection import start_server
from sandbox.course.national_record import MARIA, write_records
from sandbox.errors import BadRequest
from tests.sandbox.course.workshop import functions

IDENTIFIER = f"urn:oid:2.16.600|{MARIA}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path_factory.mktemp("bench"))})
    client = Client(f"{server.connection.url}/fhir", language="es")
    yield client
    client.close()
    server.stop()


@pytest.fixture
def solved(tmp_path: Path) -> ModuleType:
    return functions(write_records(tmp_path), solved=True)


def opened(client: Client, track: str, **given: object) -> Bench:
    bench = run_here(client, track, given=given)
    assert isinstance(bench, Bench)
    return bench


def document(module: ModuleType, folder: Path) -> dict[str, object]:
    return dict(module.document_of(module.rows_of_csv(folder, MARIA)))


def not_passed(bench: Bench) -> set[str]:
    return {verdict for verdict in bench.verdicts.values() if verdict not in ("pass", "skip", "")}


def test_the_solved_summary_passes(client: Client, solved: ModuleType, tmp_path: Path) -> None:
    bench = opened(client, "ips.content", document=document(solved, tmp_path))
    assert not_passed(bench) == set()
    assert bench.verdicts["IPC-08"] == "pass"
    assert "✓ ips.content: pasaron 12 de 12 pruebas" in repr(bench)


def test_the_solved_source_and_consumer_pass(
    client: Client, solved: ModuleType, tmp_path: Path
) -> None:
    source = opened(client, "mhd.source")
    assert solved.publish(source.base, document(solved, tmp_path)).status_code == 200
    assert not_passed(source) == set()
    assert source.verdicts["SRC-13"] == "pass"
    desk = opened(client, "mhd.consumer", awkward="yes", view="yes")
    solved.publish(desk.base, document(solved, tmp_path))
    seen = solved.view(solved.retrieve(desk.base, solved.find(desk.base, IDENTIFIER)))
    assert seen["allergies"] == ["Alergia a la penicilina"]
    counts = {name: len(seen[name]) for name in ("allergies", "medications")}
    solved.httpx.get(f"{desk.base}/$proof", params=counts)
    assert not_passed(desk) == set()
    assert [desk.verdicts[f"CON-0{number}"] for number in (2, 3, 5, 6, 7)] == ["pass"] * 5


def test_empty_functions_pass_nothing(client: Client, tmp_path: Path) -> None:
    empty = functions(tmp_path, solved=False)
    assert empty.document_of([{}]) is None
    for track in ("mhd.source", "mhd.consumer"):
        bench = opened(client, track)
        empty.publish(bench.base, None)
        empty.retrieve(bench.base, empty.find(bench.base, IDENTIFIER))
        assert set(bench.verdicts.values()) == {""}
        assert bench.base in repr(bench)


def test_a_failure_says_why_what_next_and_by_which_clause(
    client: Client, solved: ModuleType, tmp_path: Path
) -> None:
    broken = document(solved, tmp_path)
    composition = broken["entry"][0]["resource"]  # type: ignore[index]  # JSON
    del composition["section"][0]["text"]
    bench = opened(client, "ips.content", document=broken)
    assert bench.verdicts["IPC-05"] == "fail"
    row = dict(bench.card().rows)["✗ IPC-05"]
    assert "text" in row
    assert "→" in row
    assert "Composition-uv-ips 2.0.0" in row


def test_an_unknown_track_is_refused_with_what_the_server_said(client: Client) -> None:
    with pytest.raises(BadRequest) as caught:
        opened(client, "ips.contents")
    assert "ips.contents" in str(caught.value.params["said"])


def test_a_blank_starts_no_run(client: Client) -> None:
    assert run_here(client, "ips.content", given={"document": ____}) is ____
