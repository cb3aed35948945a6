"""What was taken back is listed with its reason and can be given back; who verifies notices both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.certificates.hcert import read
from sandbox.certificates.revocation import revocation_ids
from sandbox.certificates.verifying import verify
from sandbox.cli.verbs import app
from sandbox.errors import BadRequest, NotFound
from sandbox.trust.revocations import Revocations
from tests.sandbox.certificates.making import CONTENTS, NOW, listed, signed

TEXT = signed(CONTENTS["eu_dcc"], 1)


def verdict(folder: Path) -> str:
    return verify(TEXT, listed(), at=NOW, revoked=Revocations(folder).every()).verdict


def test_what_is_given_back_is_valid_again_by_any_of_its_handles(tmp_path: Path) -> None:
    acts: list[tuple[str, dict[str, Any]]] = []
    revocations = Revocations(tmp_path, lambda act, **details: acts.append((act, details)))
    handles = sorted(revocation_ids(read(TEXT)))
    assert (len(handles), verdict(tmp_path)) == (2, "valid")
    revocations.revoke(*handles, "URN:UVCI:OTHER", reason="wrong dose", at=NOW)
    assert verdict(tmp_path) == "not_valid"
    back = revocations.restore(handles[0], reason="it was right", at=NOW)
    assert set(back) == {*handles, "URN:UVCI:OTHER"}
    assert (revocations.own(), verdict(tmp_path)) == ([], "valid")
    assert [(act.act, act.reason) for act in revocations.acts()] == [
        ("revoked", "wrong dose"),
        ("restored", "it was right"),
    ]
    assert [name for name, _ in acts] == ["certificate.revoked", "certificate.restored"]
    assert "URN:UVCI" not in str(acts)  # a log is no place for an identifier


def test_a_list_that_cannot_be_read_is_not_written_anew(tmp_path: Path) -> None:
    revocations = Revocations(tmp_path)
    revocations.revoke("A")
    file = tmp_path / "revoked.json"
    file.write_text('["A", ', encoding="utf-8")
    for act in (revocations.own, lambda: revocations.revoke("B")):
        with pytest.raises(BadRequest):
            act()
    assert file.read_text(encoding="utf-8") == '["A", '


def test_an_undoing_needs_a_reason_and_something_to_undo(tmp_path: Path) -> None:
    revocations = Revocations(tmp_path)
    revocations.revoke("A")
    with pytest.raises(BadRequest) as unsaid:
        revocations.restore("A", reason=" ")
    with pytest.raises(NotFound) as absent:
        revocations.restore("B", reason="why")
    assert (unsaid.value.key, absent.value.key) == ("trust.reason_needed", "trust.not_revoked")
    assert revocations.own() == ["A"]


def test_a_picture_is_taken_back_listed_and_given_back_by_the_command(tmp_path: Path) -> None:
    from sandbox.certificates.qr import png_of

    picture = tmp_path / "code.png"
    picture.write_bytes(png_of(TEXT))

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["cert", *words, "--data", str(tmp_path), "--lang", "es"])
        assert done.exit_code == 0, done.output
        return done.output

    taken = run("revoke", str(picture), "--force", "--reason", "dosis equivocada")
    assert "URN:UVCI:01:CL:ABC123" in taken
    assert "Quién se entera" in taken
    assert "dosis equivocada" in run("revoke")
    run("restore", str(picture), "--reason", "era correcta")
    listed_here = run("revoke")
    assert "restituido" in listed_here
    assert "era correcta" in listed_here
    assert Revocations(tmp_path / "trust").own() == []
