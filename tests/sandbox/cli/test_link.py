"""A document shared and received from the command line, against a server of its own on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.course.connection import start_server

pytestmark = pytest.mark.daily("starting", share=1 / 3)

# its numbers keep their digits: a summary has decimals
DOCUMENT = {"resourceType": "Bundle", "type": "document", "identifier": {"value": "ips-1"}}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs the command against a server; returns exit code and output."""
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))
    server = start_server({"CONNECTATHON_SEED": "none", "CONNECTATHON_COUNTRY": "CL"})
    monkeypatch.setenv("CONNECTATHON_BASE_URL", server.connection.url)

    def run(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, [*words, "--lang", "es"])
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.exit_code, found.output

    yield run
    server.stop()


def test_a_document_is_shared_and_received(said: Any, tmp_path: Path) -> None:
    file, picture, got = (tmp_path / name for name in ("ips.json", "link.png", "got.json"))
    file.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    decimal = tmp_path / "decimal.json"
    other = tmp_path / "other.png"
    decimal.write_text(
        '{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType":'
        ' "Observation", "valueQuantity": {"value": 12.50}}}]}',
        encoding="utf-8",
    )
    code, output = said(
        "link",
        "share",
        str(file),
        "--passcode",
        "4711",
        "--label",
        "Resumen",
        "--out",
        str(picture),
    )
    assert code == 0, output
    link = output.splitlines()[0]
    assert said("link", "share", str(decimal), "--out", str(other))[0] == 0
    assert said("link", "open", str(other), "--out", str(got))[0] == 0
    assert got.read_text(encoding="utf-8").count("12.50") == 1
    code, output = said("link", "open", link, "--passcode", "0000")
    assert (code, "quedan 9 intentos" in output) == (1, True)
    code, output = said("link", "open", str(picture), "--passcode", "4711", "--out", str(got))
    assert code == 0, output
    assert json.loads(got.read_text(encoding="utf-8")) == DOCUMENT
    assert said("link", "open", "shlink:/e30")[0] == 1


def test_a_server_that_is_not_there_is_told(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ips.json"
    file.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("CONNECTATHON_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(Exception, match="no_answer"):
        said("link", "share", str(file))
