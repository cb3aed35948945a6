"""Three countries in one sandbox: each verifies the others' certificates; one is revoked, one expired, one unlisted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.certificates.keys import kid_of
from sandbox.cli.verbs import app
from sandbox.fhir.json import write_json
from sandbox.trust.folder import TrustFolder
from tests.sandbox.certificates.making import CONTENTS, card
from tests.sandbox.certificates.test_cards import ISSUER, a_payload

COUNTRIES = ("CL", "PE", "BR")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command with a data folder of its own; returns exit code and output."""
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))

    def run(*words: str, text: str = "") -> tuple[int, str]:
        found = CliRunner().invoke(app, list(words), input=text)
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.exit_code, found.output

    return run


def content(folder: Path, country: str) -> str:
    """A file with what is to be signed."""
    held = json.loads(json.dumps(CONTENTS["eu_dcc"]))
    held["v"][0] |= {"co": country, "ci": f"URN:UVCI:01:{country}:1"}
    file = folder / f"{country}.json"
    file.write_text(json.dumps(held), encoding="utf-8")
    return str(file)


def test_three_countries_verify_each_other(said: Any, tmp_path: Path) -> None:
    texts = {}
    for country in COUNTRIES:
        assert said("pki", "init", "--country", country)[0] == 0
        code, output = said(
            "cert",
            "issue",
            content(tmp_path, country),
            "--country",
            country,
            "--out",
            str(tmp_path / f"{country}.png"),
        )
        assert code == 0
        texts[country] = output.splitlines()[0]
    assert said("pki")[1].count("DCC") == 3
    for country, text in texts.items():
        for given in (text, str(tmp_path / f"{country}.png")):
            code, output = said("cert", "verify", given, "--lang", "es")
            assert code == 0, output
            assert f"Lista de confianza: {country} DCC" in output
        assert said("cert", "verify", "-", text=text)[0] == 0

    assert said("cert", "revoke", "URN:UVCI:01:CL:1")[0] == 0
    code, output = said("cert", "verify", texts["CL"], "--lang", "en")
    assert (code, "It was taken back: URN:UVCI:01:CL:1." in output) == (1, True)

    expired = said("cert", "issue", content(tmp_path, "PE"), "--country", "PE", "--days", "-1")[
        1
    ].splitlines()[0]
    code, output = said("cert", "verify", expired, "--lang", "en")
    assert (code, "It expired at" in output) == (1, True)

    trust = TrustFolder(tmp_path / "data" / "trust")
    kid = kid_of(trust.pki("BR").dsc[0].certificate)
    assert said("pki", "add", "--country", "BR")[0] == 0
    assert said("pki", "unlist", "--kid", kid.hex())[0] == 0
    code, output = said("cert", "verify", texts["BR"], "--lang", "en")
    assert (code, "No trust list knows the key" in output) == (1, True)
    assert trust.listed()[0].country == "BR"
    again = said("cert", "issue", content(tmp_path, "BR"), "--country", "BR", "--key", "2")[
        1
    ].splitlines()[0]
    assert said("cert", "verify", again)[0] == 0


def test_reading_believes_nothing(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    text = said("cert", "issue", content(tmp_path, "CL"), "--country", "CL")[1].splitlines()[0]
    code, output = said("cert", "decode", text, "--lang", "en")
    assert code == 0
    assert '"FUENZALIDA"' in output
    assert "Nobody was asked whether it is true" in output
    assert "Signature" not in output
    code, output = said("cert", "verify", text[:200], "--lang", "pt")
    assert (code, "Não pode ser lido." in output) == (1, True)


def test_a_health_card_is_verified_by_the_keys_of_its_issuer(said: Any, tmp_path: Path) -> None:
    text, key = card(write_json(a_payload()))
    file = tmp_path / "rosa.smart-health-card"
    file.write_text(json.dumps({"verifiableCredential": [text, text]}), encoding="utf-8")
    code, output = said("cert", "verify", str(file), "--lang", "en", "--at", "2026-11-26T13:00:00")
    assert (code, output.count("is not trusted here")) == (1, 2)
    place = tmp_path / "data" / "trust" / "issuers"
    place.mkdir(parents=True)
    (place / "example.json").write_text(
        json.dumps({"iss": ISSUER, "keys": [key]}), encoding="utf-8"
    )
    code, output = said("cert", "verify", str(file), "--lang", "es", "--at", "2026-11-26T13:00:00")
    assert code == 0, output
    assert output.count("Válido: firmado con una clave de confianza") == 2
    assert '"Fuenzalida"' in said("cert", "decode", text)[1]


def test_what_cannot_be_done_says_why(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"ver": "1.3.0", "nam": {"fnt": "A"}}', encoding="utf-8")
    from sandbox.errors import SandboxError

    for words, key in (
        (("cert", "issue", str(wrong), "--country", "CL"), "certificates.not_issued"),
        (("cert", "issue", str(wrong), "--country", "XX"), "trust.no_country"),
        (
            ("cert", "issue", str(wrong), "--country", "CL", "--dialect", "no"),
            "certificates.no_such_dialect",
        ),
        (
            ("cert", "issue", str(tmp_path / "none.json"), "--country", "CL"),
            "certificates.no_content",
        ),
        (("cert", "issue", __file__, "--country", "CL"), "certificates.no_content"),
        (("pki", "init", "--country", "CL"), "trust.country_there"),
    ):
        with pytest.raises(SandboxError) as told:
            said(*words)
        assert told.value.key == key
    assert said("cert", "issue", str(wrong), "--country", "CL", "--key", "9")[0] == 2
    for name, content in (
        ("revoked.json", "{}"),
        ("revoked.json", "no"),
        ("issuers/a.json", '{"keys": []}'),
    ):
        file = tmp_path / "data" / "trust" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
        with pytest.raises(SandboxError) as told:
            said("cert", "verify", "HC1:X")
        assert told.value.key == "trust.bad_file"
        file.unlink()


def test_a_broken_rule_of_a_country_is_told(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    text = said("cert", "issue", content(tmp_path, "CL"), "--country", "CL")[1].splitlines()[0]
    folder = tmp_path / "data" / "trust" / "rules"
    folder.mkdir()
    rule = {
        "Identifier": "VR-PE-0001",
        "Country": "PE",
        "Description": [{"lang": "es", "desc": "Tres dosis."}],
    }
    for number, logic in enumerate(
        [{">=": [{"var": "payload.v.0.dn"}, 2]}, {">=": [{"var": "payload.v.0.dn"}, 3]}]
    ):
        (folder / "pe.json").write_text(json.dumps([{**rule, "Logic": logic}]), encoding="utf-8")
        code, output = said("cert", "verify", text, "--lang", "es")
        assert code == number
        assert f"PE VR-PE-0001: {('se cumple', 'no se cumple')[number]}. Tres dosis." in output


def refused(said: Any, *words: str) -> str:
    """The key of the error that a command ends with."""
    from sandbox.errors import SandboxError

    with pytest.raises(SandboxError) as told:
        said(*words)
    return told.value.key


def test_what_is_taken_back_is_named_and_listed(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    picture = tmp_path / "cl.png"
    vs = tmp_path / "vs.json"
    vs.write_text(json.dumps(CONTENTS["ddcc_vs"]), encoding="utf-8")
    text = said("cert", "issue", content(tmp_path, "CL"), "--country", "CL", "--out", str(picture))[
        1
    ].splitlines()[0]
    vaccination = said("cert", "issue", str(vs), "--country", "CL")[1].splitlines()[0]
    assert said("cert", "verify", text)[0] == 0
    code, output = said("cert", "revoke", str(picture))
    assert (code, "URN:UVCI:01:CL:1" in output, "signature:" in output) == (0, True, True)
    assert said("cert", "verify", text)[0] == 1
    assert said("cert", "verify", vaccination)[0] == 0
    assert "HC-1" in said("cert", "revoke", str(vs))[1]  # the content names it too
    assert said("cert", "verify", vaccination)[0] == 1
    first, second = said("cert", "revoke", "--lang", "en")[1].splitlines()
    assert (first.split()[1:3], len(first.split())) == (["revoked", "URN:UVCI:01:CL:1"], 4)
    assert second.split()[1:] == ["revoked", "HC-1"]


def test_what_nobody_here_has_issued_is_refused_unless_forced(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    text = said("cert", "issue", content(tmp_path, "CL"), "--country", "CL")[1].splitlines()[0]
    from tests.sandbox.certificates.making import signed

    stranger = signed(
        {**CONTENTS["eu_dcc"], "v": [{**CONTENTS["eu_dcc"]["v"][0], "ci": "URN:UVCI:01:CL:1"}]}, 1
    )
    for what in ("NOSUCH", stranger):
        assert refused(said, "cert", "revoke", what) == "certificates.not_issued_here"
    assert refused(said, "cert", "revoke", "picture.png") == "certificates.no_file"
    note = tmp_path / "note.txt"
    note.write_text("no certificate at all", encoding="ascii")
    for what in ("two words", str(note)):
        assert refused(said, "cert", "revoke", what, "--force") == "certificates.nothing_to_revoke"
    assert said("cert", "revoke", "--lang", "en")[1].split() == tell_none()
    assert said("cert", "verify", text)[0] == 0
    assert said("cert", "revoke", "URN:UVCI:99:XX:1", "--force")[0] == 0
    assert said("cert", "revoke", "--lang", "en")[1].split()[1:] == ["revoked", "URN:UVCI:99:XX:1"]
    assert said("cert", "verify")[0] == 2


def tell_none() -> list[str]:
    from sandbox.cli import tell

    return tell("cert.none_revoked").split()


def test_a_country_that_is_none_is_refused_with_the_one_that_is_meant(said: Any) -> None:
    from sandbox.errors import BadRequest

    for code, key, meant in (
        ("UK", "trust.country_meant", "GB"), ("CHL", "trust.country_meant", "CL"),
        ("QQ", "trust.bad_country", ""), ("", "trust.country_needed", ""),
    ):  # fmt: skip
        with pytest.raises(BadRequest) as told:
            said("pki", "init", "--country", code)
        assert (told.value.key, told.value.params.get("meant", "")) == (key, meant)
    assert said("pki", "init", "--country", "GB")[0] == 0
    assert said("pki", "init", "--country", "XA")[0] == 0


def test_health_cards_of_a_summary_are_issued_verified_and_taken_back(
    said: Any, tmp_path: Path
) -> None:
    bundle = a_payload()["vc"]["credentialSubject"]["fhirBundle"]
    bundle["entry"][0]["resource"]["id"] = "rosa"
    bundle["entry"][1]["resource"]["patient"]["reference"] = "Patient/rosa"
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps(bundle), encoding="utf-8")
    file, picture = tmp_path / "rosa.smart-health-card", tmp_path / "rosa.png"
    issue = (
        "cert",
        "issue",
        str(summary),
        "--dialect",
        "shc",
        "--issuer",
        "https://minsal.example",
    )
    code, output = said(*issue, "--out", str(file))
    assert (code, output.splitlines()[0][:6]) == (0, "shc:/5")
    assert said(*issue, "--out", str(picture))[0] == 0
    for shown in (output.splitlines()[0], str(file), str(picture)):
        assert said("cert", "verify", shown)[0] == 0
    code, output = said("cert", "revoke", str(file))
    assert (code, "/" in output) == (0, True)
    assert said("cert", "verify", str(file))[0] == 1
    assert said("cert", "verify", str(picture))[0] == 0


def test_a_card_of_another_issuer_is_not_ours_to_take_back(said: Any, tmp_path: Path) -> None:
    from sandbox.errors import BadRequest

    text, key = card(write_json(a_payload()))
    issuers = tmp_path / "data" / "trust" / "issuers"
    issuers.mkdir(parents=True)
    (issuers / "other.json").write_text(json.dumps({"iss": ISSUER, "keys": [key]}), "utf-8")
    with pytest.raises(BadRequest) as told:
        said("cert", "revoke", text)
    assert told.value.key == "certificates.not_issued_here"


def test_what_makes_no_card_says_why(said: Any, tmp_path: Path) -> None:
    from sandbox.errors import BadRequest

    file = tmp_path / "x.json"
    nobody = {"resourceType": "Bundle", "type": "collection", "entry": []}
    patient = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}}
    for content, key in (
        (nobody, "certificates.no_record"),
        ({**nobody, "entry": [patient]}, "certificates.nothing_for_cards"),
    ):
        file.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(BadRequest) as told:
            said("cert", "issue", str(file), "--dialect", "shc")
        assert told.value.key == key


@pytest.mark.parametrize("path", ["certificado.png", "/tmp/none.txt", "./none", "C:\\x\\none.jpg"])
def test_a_path_without_a_file_is_no_certificate(said: Any, path: str) -> None:
    assert refused(said, "cert", "verify", path) == "certificates.no_file"


@pytest.mark.parametrize("text", ["HC1:AB", "shc:/5676", "eyJhbGciOi.eyJ.abc", "6BF+70790T9"])
def test_what_looks_like_no_path_is_read_as_a_certificate(said: Any, text: str) -> None:
    assert said("cert", "verify", text)[0] != 0


def test_a_certificate_is_issued_by_a_country_that_is_named(said: Any, tmp_path: Path) -> None:
    assert refused(said, "cert", "issue", content(tmp_path, "CL")) == "trust.needs_country"


def test_only_the_text_goes_where_it_can_be_piped_on(said: Any, tmp_path: Path) -> None:
    said("pki", "init", "--country", "CL")
    picture = tmp_path / "rosa.svg"
    words = ["cert", "issue", content(tmp_path, "CL"), "--country", "CL", "--out", str(picture)]
    made = CliRunner().invoke(app, words)
    assert made.stdout.count("\n") == 1
    assert made.stderr.strip() == str(picture)
    assert said("cert", "verify", made.stdout)[0] == 0
