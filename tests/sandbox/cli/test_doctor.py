from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli import doctor
from sandbox.cli.verbs import app

pytestmark = pytest.mark.daily("starting", share=1 / 3)


def test_a_whole_machine_is_well() -> None:
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 0, said.output
    assert "✗" not in said.output


def test_what_is_missing_comes_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements.lock").write_text(
        "no-such-package==1.0 \\\n    --hash=sha256:00\ntyper==0.0.1\n", encoding="utf-8"
    )
    monkeypatch.setattr(doctor, "SOURCES", tmp_path)
    monkeypatch.setattr(doctor, "shipped", lambda name: tmp_path / name)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    monkeypatch.setenv("CONNECTATHON_SEED", "no-such-seed")
    monkeypatch.setattr(
        doctor, "DEFAULT_PORT", 9
    )  # another test may run a sandbox on the usual port
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 1
    for part in (
        "no-such-package",
        "typer",
        "no-such-seed",
        "pip install --require-hashes -r",
        "connectathon lessons build",
        "apt install",
    ):
        assert part in said.output


def test_a_data_folder_that_cannot_be_made_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "file" / "data"))
    (finding,) = doctor.examine_data()
    assert finding.state == "missing"
    assert "CONNECTATHON_DATA" in finding.remedy
