from pathlib import Path

from typer.testing import CliRunner

from sandbox.cli.verbs import app


def test_solutions_are_written_where_one_asks(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["lessons", "build", "--solutions", str(tmp_path)])
    assert said.exit_code == 0
    assert (
        sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.ipynb"))[0]
        == "en/00_welcome.ipynb"
    )


def test_check_says_that_all_agree() -> None:
    assert CliRunner().invoke(app, ["lessons", "check"]).exit_code == 0
