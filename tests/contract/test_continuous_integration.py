"""What other repositories take from this one: the hook of pre-commit and the action of GitHub do what they say."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from tests.builders import a_patient
from tests.places import PROJECT

ACTION = PROJECT / "docs" / "github-action" / "action.yml"


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("gender", "code"), [("female", 0), ("F", 1)])
def test_the_hook_judges_the_files_that_it_is_given(tmp_path: Path, gender: str, code: int) -> None:
    (hook,) = read(PROJECT / ".pre-commit-hooks.yaml")
    file = tmp_path / "a.json"
    file.write_text(json.dumps(a_patient(gender=gender)), encoding="utf-8")
    program, *words = shlex.split(hook["entry"])
    assert (program, hook["language"]) == ("connectathon", "python")
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.cli", *words, file], capture_output=True, check=False
    )
    assert done.returncode == code


def test_the_action_runs_a_command_that_exists_and_shows_what_it_wrote(tmp_path: Path) -> None:
    action = read(ACTION)
    steps = {step.get("name"): step for step in action["runs"]["steps"]}
    command = steps["Judge"]["run"]
    assert "${{" not in command  # what somebody gives is never part of a shell line
    given = {
        "$PATHS": str(tmp_path),
        "$ARGUMENTS": "",
        "$LANGUAGE_OF_FINDINGS": action["inputs"]["language"]["default"],
    }
    given["$FAIL_ON"] = action["inputs"]["fail-on"]["default"]
    for name, value in given.items():
        command = command.replace(name, value)
    words = [
        str(tmp_path / word) if word.endswith(".sarif") else word
        for word in shlex.split(command)[1:]
    ]
    (tmp_path / "a.json").write_text(json.dumps(a_patient(gender="F")), encoding="utf-8")
    assert CliRunner().invoke(app, words).exit_code == 1
    written = tmp_path / steps["Show"]["with"]["sarif_file"]
    assert json.loads(written.read_text(encoding="utf-8"))["runs"][0]["results"]
