import json
from pathlib import Path

from typer.testing import CliRunner

from sandbox.cli.verbs import app
from tests.builders import a_patient


def run(tmp_path: Path, content: bytes, *words: str) -> tuple[int, str]:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    said = CliRunner().invoke(app, ["validate", str(file), *words])
    return said.exit_code, said.output


def test_a_right_resource_ends_with_0(tmp_path: Path) -> None:
    code, said = run(tmp_path, json.dumps(a_patient()).encode())
    assert (code, said[0]) == (0, "✓")


def test_a_wrong_one_ends_with_1_and_says_what_where_and_what_to_do(tmp_path: Path) -> None:
    code, said = run(tmp_path, json.dumps(a_patient(gender="F")).encode(), "--lang", "es")
    assert code == 1
    assert "Patient.gender: F no está en el conjunto de valores" in said
    assert "→ Elige un código de ese conjunto" in said


def test_broken_json_is_a_finding_of_the_file(tmp_path: Path) -> None:
    code, said = run(tmp_path, b"{")
    assert code == 1
    assert "not JSON" in said


def test_xml_is_judged_like_json(tmp_path: Path) -> None:
    patient = '<Patient xmlns="http://hl7.org/fhir"><gender value="%s"/></Patient>'
    assert run(tmp_path, (patient % "female").encode())[0] == 0
    code, said = run(tmp_path, (patient % "F").encode())
    assert code == 1
    assert "Patient.gender" in said
    assert run(tmp_path, b"<Patient")[0] == 1


def test_json_and_outcome_are_machine_readable(tmp_path: Path) -> None:
    content = json.dumps(a_patient(gender="F")).encode()
    (result,) = json.loads(run(tmp_path, content, "--format", "json")[1])
    assert (result["valid"], result["findings"][0]["where"]) == (False, "Patient.gender")
    (outcome,) = json.loads(run(tmp_path, content, "--format", "outcome")[1])
    assert outcome["issue"][0]["expression"] == ["Patient.gender"]


def test_an_unknown_profile_or_an_absent_file_is_a_wrong_use(tmp_path: Path) -> None:
    assert run(tmp_path, b"{}", "--profile", "nothing")[0] == 2
    assert CliRunner().invoke(app, ["validate", str(tmp_path / "absent.json")]).exit_code == 2
