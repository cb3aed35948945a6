from pathlib import Path

from typer.testing import CliRunner

from sandbox.cli.verbs import app
from tests.sandbox.definitions.test_registry import a_package


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["packages", *words])
    return result.exit_code, result.output


def test_the_list_names_the_core_and_the_guides_of_this_project() -> None:
    code, text = said()
    assert code == 0
    for name in (
        "hl7.fhir.r4.core#4.0.1",
        "hl7.fhir.uv.ips#2.0.0",
        "ihe.iti.mhd#4.2.3",
        "racsel.org#0.2.0",
        "who.ddcc#1.0.0",
    ):
        assert name in text


def test_a_package_is_added_listed_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "guide.tgz"
    file.write_bytes(a_package())
    assert said("add", str(file))[0] == 0
    assert "example.guide#1.0.0" in said("list")[1]
    assert said("remove", "example.guide#1.0.0")[0] == 0
    assert "example.guide" not in said("list")[1]


def test_a_verb_without_a_package_is_a_wrong_use() -> None:
    assert said("add")[0] == 2
    assert said("remove")[0] == 2
