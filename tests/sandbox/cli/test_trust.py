"""The command that judges a trust list: each finding in the reader's language, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.errors import BadRequest
from tests.sandbox.certificates.making import NOW
from tests.sandbox.trust.test_entries import a_list, other_key


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "is not that of its certificate"),
        ("es", "no es la de su certificado"),
        ("pt", "não é a do seu certificado"),
    ],
)
def test_the_command_prints_each_finding(tmp_path: Path, language: str, words: str) -> None:
    file = tmp_path / "did.json"
    when = f"{NOW:%Y-%m-%dT%H:%M:%S}"
    file.write_text(json.dumps(a_list()), encoding="utf-8")
    right = CliRunner().invoke(app, ["trust", "check", str(file), "--at", when, "--lang", language])
    assert (right.exit_code, "1 DSC, 1 SCA, 1 TLS, 1 UP" in right.output) == (0, True)
    file.write_text(json.dumps(a_list(other_key)), encoding="utf-8")
    wrong = CliRunner().invoke(app, ["trust", "check", str(file), "--at", when, "--lang", language])
    assert (wrong.exit_code, words in wrong.output) == (1, True)


def test_what_is_no_list_is_told(tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    told = CliRunner().invoke(app, ["trust", "check", str(file)])
    assert isinstance(told.exception, BadRequest)
    assert told.exception.key == "trust.no_file"
    file.write_text("{}", encoding="utf-8")
    empty = CliRunner().invoke(app, ["trust", "check", str(file), "--lang", "en"])
    assert (empty.exit_code, "There is no list of keys" in empty.output) == (1, True)
