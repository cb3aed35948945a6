"""`connectathon vc`: Chile issues, Panama believes its list, Chile takes it back, and Panama notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sandbox.certificates.qr import png_of
from sandbox.cli.verbs import app
from sandbox.errors import SandboxError
from tests.sandbox.certificates.making import CONTENTS, signed
from tests.sandbox.credentials.making import CREDENTIAL, HOLDER, did_of
from tests.sandbox.credentials.making import sdjwt as by_a_stranger
from tests.sandbox.credentials.making import signed as linked
from tests.sandbox.credentials.test_recognising import offer_link, request_link, shown

Said = Callable[..., Result]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Runs the command with a data folder of its own."""
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))

    def run(*words: str, text: str = "") -> Result:
        result = CliRunner().invoke(app, list(words), input=text)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    assert run("pki", "init", "--country", "CL").exit_code == 0
    return run


@pytest.fixture
def content(tmp_path: Path) -> str:
    file = tmp_path / "icvp.json"
    file.write_text(json.dumps(CONTENTS["icvp_2025"]), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("format", ["dc+sd-jwt", "ldp_vc", "jwt_vc_json"])
def test_a_credential_is_issued_verified_taken_back_and_refused(
    format: str, said: Said, content: str
) -> None:
    holder = did_of(HOLDER)
    result = said("vc", "issue", content, "--country", "CL", "--format", format, "--holder", holder)
    assert result.exit_code == 0
    assert "ndt" in result.stderr
    credential = result.stdout.strip()
    verified = said("vc", "verify", "-", text=credential)
    assert verified.exit_code == 0, verified.output
    assert "CL sandbox" in verified.output
    assert said("vc", "revoke", "-", "--country", "CL", text=credential).exit_code == 0
    refused = said("vc", "verify", "-", "--lang", "es", text=credential)
    assert refused.exit_code == 1
    assert "Fue revocada" in refused.output


def test_who_issues_to_nobody_is_told_so(said: Said, content: str) -> None:
    assert "--holder" in said("vc", "issue", content, "--country", "CL").stderr
    assert (
        "--holder"
        not in said("vc", "issue", content, "--country", "CL", "--holder", did_of(HOLDER)).stderr
    )


def test_an_expired_one_is_refused(said: Said, content: str) -> None:
    credential = said("vc", "issue", content, "--country", "CL", "--days", "-3").stdout
    refused = said("vc", "verify", "-", text=credential)
    assert refused.exit_code == 1
    assert "expired" in refused.output


def test_the_text_of_a_health_certificate_can_be_issued_anew(said: Said) -> None:
    text = signed(CONTENTS["icvp_2025"], -6)
    result = said("vc", "issue", "-", "--country", "CL", text=text)
    assert result.exit_code == 0
    assert "Rosa" in said("vc", "decode", "-", text=result.stdout).output


@pytest.mark.parametrize(
    ("words", "text", "key"),
    [
        (["--country", "CL"], "{}", "no_vaccination"),
        (["--country", "CL"], "hello", "no_vaccination"),
        (["--country", "PE"], json.dumps(CONTENTS["icvp_2025"]), "no_country"),
        (
            ["--country", "CL", "--holder", "did:x:1"],
            json.dumps(CONTENTS["icvp_2025"]),
            "no_holder",
        ),
    ],
)
def test_what_is_no_vaccination_or_has_no_issuer_is_refused(
    words: list[str], text: str, key: str, said: Said
) -> None:
    with pytest.raises(SandboxError, match=key):
        said("vc", "issue", "-", *words, text=text)


def test_a_credential_has_to_be_given(said: Said) -> None:
    assert said("vc", "verify").exit_code == 2


def test_somebody_elses_credential_is_not_taken_back(said: Said) -> None:
    with pytest.raises(SandboxError, match="not_issued_here"):
        said("vc", "revoke", "-", "--country", "CL", text=by_a_stranger())


def test_what_would_have_to_be_fetched_is_said_and_fetched_on_request(said: Said) -> None:
    stranger = by_a_stranger()
    verified = said("vc", "verify", "-", text=stranger)
    assert verified.exit_code == 1
    assert "--fetch" in verified.output
    # nobody answers at that address
    asked = said("vc", "verify", "-", "--fetch", text=stranger)
    assert asked.exit_code == 1
    assert "127.0.0.1:8400" in asked.output


def test_reading_alone_says_nothing_of_belief(said: Said, content: str) -> None:
    credential = said("vc", "issue", content, "--country", "CL").stdout
    read = said("vc", "decode", "-", text=credential)
    assert read.exit_code == 0
    assert '"Rosa Fuenzalida"' in read.output
    assert "Nobody was asked" in read.output


def test_a_link_is_said_and_neither_fetched_nor_taken_for_a_credential(
    said: Said, tmp_path: Path
) -> None:
    read = said("vc", "decode", "-", "--lang", "es", text=offer_link())
    assert read.exit_code == 0
    assert "La oferta de una credencial" in read.output
    assert "connectathon wallet receive" in read.output
    assert "secret-code" not in read.output
    picture = tmp_path / "offer.png"
    picture.write_bytes(png_of(request_link()))
    asked = said("vc", "verify", str(picture))
    assert asked.exit_code == 1
    assert "name, vaccine.date" in asked.output
    broken = said("vc", "decode", "-", text="openid-credential-offer://")
    assert broken.exit_code == 1
    assert "OpenID4VCI 1.0 4.1" in broken.output


def test_a_presentation_is_told_from_a_credential(said: Said) -> None:
    assert "A presentation" in said("vc", "decode", "-", text=shown()).output
    assert "A credential" in said("vc", "decode", "-", text=by_a_stranger()).output


def test_a_file_of_json_may_hold_any_letter(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "vc.json"
    document = {**CREDENTIAL, "credentialSubject": {"dose": "Peñalolén"}}
    text = json.dumps(linked(document=document), ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
    assert "Peñalolén" in said("vc", "decode", str(file)).output


def test_what_is_no_credential_is_not_said_to_be_issued_elsewhere(said: Said) -> None:
    with pytest.raises(SandboxError, match="no_credential"):
        said("vc", "revoke", "-", "--country", "CL", text="nonsense")
