"""The page of a certificate tells every step in the reader's language; the network is drawn; nothing of it is believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.certificates.issuing import issue, signer_of
from sandbox.certificates.qr import png_of
from sandbox.i18n import LANGUAGES, Language, say
from sandbox.trust.folder import TrustFolder
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def issued(folder: Path) -> str:
    """The text of a certificate of a country of this sandbox, made and trusted today."""
    from datetime import UTC, datetime, timedelta

    trust, now = TrustFolder(folder / "sandbox" / "trust"), datetime.now(UTC)
    signer = trust.init("CL", at=now).dsc[0]
    certificate = signer_of(signer.certificate, signer.key)
    return issue(
        CONTENTS["eu_dcc"], certificate, at=now - timedelta(hours=1), ends=now + timedelta(days=9)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_judged_step_by_step(tmp_path: Path, language: Language) -> None:
    text = issued(tmp_path)
    with a_sandbox(tmp_path) as client:
        page = client.post(f"/certificates?lang={language}", data={"text": text}).text
        assert say("certificates.verdict.valid", language) in page
        assert "<svg viewBox" in page
        assert "FUENZALIDA" in page
        page = client.post(f"/certificates?lang={language}", data={"text": text.lower()}).text
        assert say("certificates.verdict.unreadable", language) in page
        assert (
            say("certificates.base45_cut.fix", language).split(".")[0] in page or "Base45" in page
        )
        assert say("certificates.status.skipped", language) in page


def test_what_was_taken_back_or_is_not_listed_is_told(tmp_path: Path) -> None:
    text, trust = issued(tmp_path), TrustFolder(tmp_path / "sandbox" / "trust")
    with a_sandbox(tmp_path) as client:
        trust.revocations.revoke("URN:UVCI:01:CL:ABC123")
        page = client.post("/certificates?lang=es", data={"text": text}).text
        assert "Fue revocado: URN:UVCI:01:CL:ABC123." in page
        trust.unlist(trust.listed()[0].kid)
        page = client.post("/certificates?lang=en", data={"text": text}).text
        assert "No trust list knows the key" in page
        assert say("certificates.verdict.not_valid", "en") in page


def test_what_a_certificate_holds_does_not_act_as_a_page(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        reply = client.post("/certificates", data={"text": "<script>alert(1)</script>"})
        assert "<script>alert" not in reply.text
        assert "script-src 'self'" in reply.headers["content-security-policy"]


def test_a_picture_is_read_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    text = issued(tmp_path)
    with a_sandbox(tmp_path) as client:
        assert client.post("/certificates/picture", content=png_of(text)).json() == {"text": text}
        for content, key in (
            (b"no picture", "no_picture"),
            (png_of("x")[:100], "no_picture"),
            (b"", "no_picture"),
        ):
            reply = client.post(
                "/certificates/picture", content=content, headers={"Accept-Language": "pt"}
            )
            assert (reply.status_code, reply.json()["key"]) == (400, f"certificates.{key}")


def test_the_network_is_drawn_with_every_country(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        assert "Todavía ningún país firma aquí" in client.get("/trust?lang=es").text
        issued(tmp_path)
        page = client.get("/trust?lang=pt").text
        assert "chaves: 1" in page
        assert ">CL</text>" in page
        assert '<a href="certificates">' in client.get("/").text
