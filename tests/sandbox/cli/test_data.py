"""Backup, export, import and the spaces of teams from the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import InvalidLine
from sandbox.store.partitions import Partitions
from sandbox.store.resources import ResourceStore
from tests.builders import a_patient, put
from tests.conftest import a_sandbox


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_backup_taken_while_the_server_runs_is_a_data_folder(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        run("tenants", "add", "chile", "--seed", "training", "--data", tmp_path / "sandbox")
        put(client, "/Patient/p", a_patient(id="p"))
        run("data", "backup", tmp_path / "copy" / "sandbox", "--data", tmp_path / "sandbox")
        put(client, "/Patient/later", a_patient(id="later"))
    with a_sandbox(tmp_path / "copy") as client:
        assert client.get("/fhir/Patient").json()["total"] == 1
        assert client.get("/t/chile/fhir/Patient").json()["total"] >= 10
    refused = CliRunner().invoke(app, ["data", "backup", str(tmp_path / "copy" / "sandbox")])
    assert refused.exit_code != 0


def test_what_was_handed_in_comes_with_a_backup_and_back_with_it(tmp_path: Path) -> None:
    with a_sandbox(tmp_path):
        pass
    here = tmp_path / "sandbox"
    kept = here / "desk" / "1" / "01_fhir.ipynb"
    kept.parent.mkdir(parents=True)
    kept.write_text("as it was")
    said = run("data", "backup", tmp_path / "copy", "--data", here)
    assert str(tmp_path / "copy" / "desk") in said
    kept.write_text("changed since")
    (here / "desk" / "2").mkdir()
    run("data", "restore", tmp_path / "copy", "--data", here)
    assert kept.read_text() == "as it was"
    assert [folder.name for folder in (here / "desk").iterdir()] == ["1"]
    (aside,) = here.glob("replaced-*")
    assert (aside / "desk" / "1" / "01_fhir.ipynb").read_text() == "changed since"


def test_what_is_exported_can_be_imported_elsewhere(tmp_path: Path) -> None:
    lines = tmp_path / "all.ndjson"
    with a_sandbox(tmp_path, seed="training") as client:
        before = {entry["resource"]["id"] for entry in client.get("/fhir/Patient").json()["entry"]}
        run("data", "export", lines, "--data", tmp_path / "sandbox")
    run("data", "import", lines, "--data", tmp_path / "other" / "sandbox")
    with a_sandbox(tmp_path / "other") as client:
        found = client.get("/fhir/Patient").json()
        assert {entry["resource"]["id"] for entry in found["entry"]} == before
        assert found["entry"][0]["resource"]["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    "wrong", ["{", "[]", '{"resourceType": "Pacient", "id": "1"}', '{"resourceType": "Patient"}']
)
def test_a_file_with_a_wrong_line_names_it_and_stores_nothing(tmp_path: Path, wrong: str) -> None:
    lines = tmp_path / "all.ndjson"
    lines.write_text(json.dumps(a_patient(id="p")) + "\n\n" + wrong + "\n")
    with pytest.raises(InvalidLine) as caught:
        run("data", "import", lines, "--data", tmp_path / "sandbox")
    assert caught.value.where == "line 3"
    partitions = Partitions(tmp_path / "sandbox")
    assert ResourceStore(partitions.main).count_by_type() == {}
    partitions.close()


def test_spaces_are_listed_added_and_removed(tmp_path: Path) -> None:
    at = ("--data", tmp_path)
    assert run("tenants", *at) == ""
    assert "/t/peru/fhir" in run("tenants", "add", "peru", "--validation", "reject", *at)
    assert run("tenants", *at).split() == ["peru", "reject", "/t/peru/fhir"]
    run("tenants", "remove", "peru", *at)
    assert run("tenants", *at) == ""


def test_search_values_can_be_written_anew(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training"):
        assert "0" not in run("data", "reindex", "--data", tmp_path / "sandbox").split()
