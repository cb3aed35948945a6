import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.building import notebook_text

pytestmark = pytest.mark.daily("starting", share=1 / 3)


@pytest.mark.slow
def test_a_team_gets_results_gradebook_page_and_evidence(tmp_path: Path) -> None:
    good = tmp_path / "00_welcome.ipynb"
    good.write_text(notebook_text("00_welcome", "pt", solutions=True), encoding="utf-8")
    bad = tmp_path / "broken.ipynb"
    bad.write_text("{", encoding="utf-8")
    out = tmp_path / "out"
    said = CliRunner().invoke(
        app, ["grade", str(good), str(bad), "--team", "Equipe 1", "--out", str(out)]
    )
    assert said.exit_code == 2
    assert "00_welcome.ipynb: 3" in said.output
    assert "broken.ipynb" in said.output
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert (results["score"], results["max_score"], results["team"]) == (3, 3, "Equipe 1")
    assert (out / "gradebook.csv").read_text(encoding="utf-8").count("\n") == 2
    assert "Resultados de Equipe 1" in (out / "report-Equipe-1.html").read_text(encoding="utf-8")
    assert json.loads((out / "evidence" / "00_welcome.ipynb").read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("team", ["", "=cmd()", "../x", "a" * 65, "@sum"])
def test_a_team_name_that_could_do_harm_is_refused(tmp_path: Path, team: str) -> None:
    said = CliRunner().invoke(
        app, ["grade", "x.ipynb", "--team", team, "--out", str(tmp_path / "out")]
    )
    assert said.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_an_unknown_isolation_is_refused(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app, ["grade", "x.ipynb", "--team", "a", "--out", str(tmp_path), "--isolation", "none"]
    )
    assert said.exit_code == 2
    assert "bubblewrap" in said.output
