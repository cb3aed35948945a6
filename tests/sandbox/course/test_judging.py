from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.course import ____
from tests.builders import a_patient, post
from tests.sandbox.course.test_session import a_lesson


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_judge_in_a_notebook_says_what_where_and_what_to_do(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path, language="es")
    opened.validate(a_patient(gender="F"))
    lines = shown(capsys)
    assert lines[0] == "✗ No es válido: 1 error"
    assert "Patient.gender" in lines[1]
    assert any(line.strip().startswith("→ Elige uno de estos códigos") for line in lines)


def test_a_right_resource_an_answer_and_a_blank(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.validate(opened.client.create(a_patient()))
    opened.validate(____)
    assert [line[0] for line in shown(capsys) if not line.startswith(" ")] == ["✓", "○"]


def test_a_profile_by_its_short_name_and_an_event_year(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path)
    bundle = {"resourceType": "Bundle", "type": "document"}
    opened.validate(bundle, profile="ips")
    assert "Bundle-uv-ips" in "".join(shown(capsys))
    opened.validate(bundle, year=2026)
    assert "LACCompositionIPS" in "".join(shown(capsys))


def test_an_unknown_profile_or_year_is_explained(
    trained: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = a_lesson(trained, tmp_path)
    opened.validate(a_patient(), profile="nothing")
    opened.validate(a_patient(), year=1999)
    lines = [line for line in shown(capsys) if not line.startswith(" ")]
    assert [line[0] for line in lines] == ["!", "!"]
    assert "1999" in lines[1]


def test_the_server_takes_short_names_and_years_too(trained: TestClient) -> None:
    bundle = {"resourceType": "Bundle", "type": "document"}
    by_name = post(trained, "/Bundle/$validate?profile=ips", bundle).json()
    by_year = post(trained, "/Bundle/$validate?ruleset=2026", bundle).json()
    assert "Bundle-uv-ips" in str(by_name)
    assert "LACCompositionIPS" in str(by_year)
    assert post(trained, "/Bundle/$validate?ruleset=1999", bundle).status_code == 400
    assert post(trained, "/Bundle/$validate?ruleset=x", bundle).status_code == 400
