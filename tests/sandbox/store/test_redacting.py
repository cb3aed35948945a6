"""A real patient slips in: one command takes it out of everything, says so, and leaves the rest as it was."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import BadRequest
from sandbox.event.verifying import verify
from sandbox.store.audit import Audit
from sandbox.store.partitions import Partitions
from sandbox.store.redacting import find, redact
from sandbox.store.targets import target_of
from tests.builders import a_patient, put
from tests.conftest import a_sandbox

RUT = "12.345.678-5"
OTHER = "98.765.432-1"


def with_rut(id: str, rut: str, **more: Any) -> dict[str, Any]:
    return a_patient(id=id, identifier=[{"system": "urn:rut", "value": rut}], **more)


def typed(folder: Path, *words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["data", *words, "--data", str(folder / "sandbox")])
    return ended.exit_code, ended.output


def bytes_of(folder: Path) -> bytes:
    files = [file for file in (folder / "sandbox").rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files)


def a_run(client: TestClient) -> str:
    """A run of a client to whose inbox the real patient was sent."""
    run = client.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"}).json()
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": with_rut("x", RUT)}]}  # fmt: skip
    client.post(run["inbox"], json=bundle)
    client.get(run["inbox"] + f"/Patient?identifier=urn:rut%7C{RUT}")
    client.get(run["inbox"] + f"/Patient?identifier=urn:rut%7C{OTHER}")
    return str(run["id"])


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[tuple[TestClient, Path]]:
    with a_sandbox(tmp_path) as client:
        put(client, "/Patient/real", with_rut("real", RUT))
        put(client, "/Patient/real", with_rut("real", OTHER, active=True))
        put(client, "/Patient/kept", with_rut("kept", OTHER))
        hidden = base64.b64encode(json.dumps(with_rut("y", RUT)).encode()).decode()
        body = {"resourceType": "Binary", "id": "doc", "contentType": "application/json", "data": hidden}  # fmt: skip
        put(client, "/Binary/doc", body)
        yield client, tmp_path


def test_an_identifier_is_taken_out_of_store_runs_and_files(
    filled: tuple[TestClient, Path],
) -> None:
    client, folder = filled
    id = a_run(client)
    assert RUT.encode() in bytes_of(folder)
    code, said = typed(folder, "redact", RUT, "--reason", "real patient")
    assert code == 0

    assert client.get("/fhir/Patient/real/_history/1").status_code == 410
    assert (
        client.get("/fhir/Patient/real").json()["active"] is True
    )  # its newer version is another's
    assert client.get("/fhir/Patient/kept").status_code == 200
    assert client.get("/fhir/Binary/doc").status_code == 410
    assert client.get("/fhir/Binary").json()["total"] == 0
    assert "Patient/real/_history/1" in said
    content = client.get(f"/api/runs/{id}/report/evidence").content
    log = client.get(f"/api/runs/{id}/events").text
    assert RUT not in log
    assert OTHER in log
    assert client.get(f"/api/runs/{id}").json()["state"] == "waiting"
    verified = verify(content)
    assert verified.faults == ()
    assert set(verified.redacted.values()) == {"real patient"}
    assert RUT.encode() not in bytes_of(folder)


def test_the_audit_log_tells_of_it_without_the_identifier_and_holds(
    filled: tuple[TestClient, Path],
) -> None:
    _, folder = filled
    partitions = Partitions(folder / "sandbox")
    log = Audit(partitions.main)
    log.record("data.exported", file=f"export-of-{RUT}.ndjson")
    log.record("data.exported", file="all.ndjson")
    redact(partitions, target_of(RUT), reason="real patient")
    entry = log.newest(limit=1)[0]
    assert (entry.act, entry.details["reason"]) == ("data.redacted", "real patient")
    assert entry.details["counts"] == {"audit": 1, "version": 2}
    assert log.verify() == []
    assert all(RUT not in line.body for line in log.lines())
    with partitions.main.writing() as connection:  # whoever uses this to change a line is told
        number = int(next(iter(entry.details["lines"])))
        connection.execute(
            "UPDATE audit SET body = replace(body, 'export-of', 'import-of') WHERE number = ?",
            [number],
        )
    assert [(fault.key, fault.number) for fault in log.verify()] == [("audit.changed", number)]
    partitions.close()


def test_a_dry_run_shows_the_same_places_and_changes_nothing(
    filled: tuple[TestClient, Path],
) -> None:
    client, folder = filled
    a_run(client)
    code, shown = typed(folder, "redact", RUT, "--dry-run")
    assert code == 0
    assert client.get("/fhir/Patient/real/_history/1").status_code == 200
    _, done = typed(folder, "redact", RUT, "--reason", "real patient")
    assert shown.splitlines()[:-1] == done.splitlines()[:-1]
    assert len(shown.splitlines()) > 4
    assert typed(folder, "redact", RUT, "--dry-run")[1].count("\n") == 1  # nothing is left
    assert typed(folder, "redact", RUT)[0] == 2  # a reason is wanted


def test_a_document_goes_with_all_its_versions_and_no_other(
    filled: tuple[TestClient, Path],
) -> None:
    client, folder = filled
    put(client, "/Patient/real2", with_rut("real2", RUT))
    refers = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "t"},
              "subject": {"reference": "Patient/real"}}  # fmt: skip
    put(client, "/Observation/o", refers)
    assert typed(folder, "redact", "Patient/real", "--reason", "real patient")[0] == 0
    for place in ("Patient/real", "Patient/real/_history/1", "Patient/real/_history/2"):
        assert client.get(f"/fhir/{place}").status_code == 410
    for place in ("Patient/real2", "Patient/kept", "Observation/o"):
        assert client.get(f"/fhir/{place}").status_code == 200
    found = client.get("/fhir/Patient").json()
    assert {entry["resource"]["id"] for entry in found["entry"]} == {"real2", "kept"}
    history = client.get("/fhir/Patient/real/_history").json()
    assert all("resource" not in entry for entry in history["entry"])


def test_backups_that_hold_it_are_listed(filled: tuple[TestClient, Path]) -> None:
    _, folder = filled
    with_it, without, lost = (folder / name for name in ("monday", "tuesday", "gone"))
    assert typed(folder, "backup", str(with_it))[0] == 0
    assert typed(folder, "backup", str(lost))[0] == 0
    (lost / "sandbox.db").unlink()
    assert typed(folder, "redact", RUT, "--reason", "real patient")[0] == 0
    assert typed(folder, "backup", str(without))[0] == 0
    said = typed(folder, "redact", RUT, "--dry-run")[1]
    assert f"still holds it: {with_it}" in said
    assert f"look for it: {lost}" in said
    assert str(without) not in said


def test_a_team_s_space_is_searched_too(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        CliRunner().invoke(app, ["tenants", "add", "chile", "--data", str(tmp_path / "sandbox")])
        assert client.put("/t/chile/fhir/Patient/real", json=with_rut("real", RUT)).is_success
        said = typed(tmp_path, "redact", RUT, "--reason", "real patient")[1]
        assert "(chile)" in said
        assert client.get("/t/chile/fhir/Patient/real").status_code == 410
        assert RUT.encode() not in bytes_of(tmp_path)


@pytest.mark.needs("postgres")
def test_postgres_forgets_as_well(tmp_path: Path, postgres_database: str) -> None:
    with a_sandbox(tmp_path, database_url=postgres_database) as client:
        put(client, "/Patient/real", with_rut("real", RUT))
        put(client, "/Patient/kept", with_rut("kept", OTHER))
        a_run(client)
        partitions = Partitions(tmp_path, url=postgres_database)
        spots = redact(partitions, target_of(RUT), reason="real patient")
        assert {"version", "body", "line"} <= {spot.kind for spot in spots}
        assert find(partitions, target_of(RUT)) == []
        assert Audit(partitions.main).verify() == []
        partitions.close()
        assert client.get("/fhir/Patient/real").status_code == 410
        assert client.get("/fhir/Patient/kept").status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        "José Núñez", '{"name": "Jos\\u00e9 N\\u00fa\\u00f1ez"}', "a=Jos%C3%A9%20N%C3%BA%C3%B1ez&b=1", "josé núñez".replace("é", "é").replace("j", "J").replace("n", "N", 1),
        *(base64.b64encode(b"." * shift + "José Núñez, Santiago".encode()).decode() for shift in range(4)),
    ],
)  # fmt: skip
def test_a_text_is_found_in_every_spelling(content: str) -> None:
    assert target_of("José Núñez").is_in(content)


@pytest.mark.parametrize(
    "content", ["112.345.678-5", "12.345.678-50", "12x345x678-5", "12.345.678"]
)
def test_another_number_is_not_taken_for_it(content: str) -> None:
    assert not target_of(RUT).is_in(content)
    for before in ("(", "urn:rut%7C", json.dumps("é")[1:-1], json.dumps("\n")[1:-1]):
        assert target_of(RUT).is_in(f"{before}{RUT})")


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(BadRequest):
        target_of(" Ana ")


def test_what_lists_say_of_a_run_loses_it_too(filled: tuple[TestClient, Path]) -> None:
    client, folder = filled
    id = a_run(client)
    client.post(f"/api/runs/{id}/finish")
    asked = client.post(f"/api/runs/{id}/review/ask", json={"comment": f"of {RUT}, please"})
    assert asked.status_code == 200
    assert RUT in client.get("/queue").text
    typed(folder, "redact", RUT, "--reason", "real patient")
    assert "of [redacted], please" in client.get("/queue").text
    assert RUT.encode() not in bytes_of(folder)


def test_what_people_wrote_and_added_in_an_instance_is_taken_out_too(
    filled: tuple[TestClient, Path],
) -> None:
    client, folder = filled
    system = {"name": "clinic", "base": "http://127.0.0.1:9/fhir", "actors": ["document-recipient"]}
    client.post("/api/systems", json=system).raise_for_status()
    body = {"event": "lacpass-2023", "test": "1.1", "system": "clinic"}
    begun = client.post("/api/instances", json=body)
    place = f"/api/instances/{begun.json()['id']}"
    client.post(f"{place}/say", json={"words": f"look at {RUT}"}).raise_for_status()
    for content in (f"seen: {RUT}", "harmless"):
        client.post(f"{place}/attachments?name=a.txt", content=content).raise_for_status()
    code, _ = typed(folder, "redact", RUT, "--reason", "real patient")
    assert code == 0
    assert RUT.encode() not in bytes_of(folder)
    shown = client.get(place).json()
    assert shown["state"] == "started"
    first, second = (file["number"] for file in shown["attachments"])
    assert client.get(f"{place}/attachments/{first}").content == b""
    assert client.get(f"{place}/attachments/{second}").content == b"harmless"
    client.post(f"{place}/pause", json={}).raise_for_status()  # and it goes on


def test_what_was_announced_and_told_of_it_is_taken_out_too(
    filled: tuple[TestClient, Path],
) -> None:
    client, folder = filled
    asked = {"carrier": "webhook", "target": "http://127.0.0.1:9/in", "topics": ["announcement"]}
    subscription = client.post("/api/subscriptions", json=asked).raise_for_status().json()["id"]
    texts = {
        "en": f"Who knows {RUT}?",
        "es": "¿Quién conoce a esta persona?",
        "pt": "Quem conhece?",
    }
    client.post("/api/announcements", json={"texts": texts}).raise_for_status()
    until = time.monotonic() + 20
    while not client.get(f"/api/subscriptions/{subscription}/notices").json():
        assert time.monotonic() < until, "nobody was told"
        time.sleep(0.1)
    code, _ = typed(folder, "redact", RUT, "--reason", "real patient")
    assert code == 0
    assert RUT.encode() not in bytes_of(folder)
    (announced,) = client.get("/api/announcements").json()
    assert announced["texts"]["es"] == texts["es"]
