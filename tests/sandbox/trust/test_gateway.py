"""The gateway over mutual TLS on this machine: onboarded A and B, nobody's C, wrong country, wrong signer, wrong key."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.keys import kid_of
from sandbox.clock import utc_now
from sandbox.trust import cms
from sandbox.trust.documents import read_list
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import CountryPki, Pair, new_dsc, new_pki
from sandbox.trust.proofs import anchors_in

LISTS = {"AUTHENTICATION": 2, "UPLOAD": 2, "CSCA": 2, "DSC": 2}


def der(pair: Pair) -> bytes:
    return pair.certificate.public_bytes(Encoding.DER)


def kid(pair: Pair) -> str:
    return base64.b64encode(kid_of(pair.certificate)).decode()


@dataclasses.dataclass(frozen=True)
class TheGateway:
    address: str
    folder: TrustFolder
    ca: Path

    def client(self, country: str, *, keys: Path | None = None) -> httpx.Client:
        """Returns a client with the TLS certificate of a country."""
        context = ssl.create_default_context(cafile=str(self.ca))
        place = keys or self.folder.folder / country
        context.load_cert_chain(
            place / "onboarding" / "DCC" / "TLS" / "TLS.pem", place / "keys" / "TLS.key"
        )
        return httpx.Client(base_url=self.address, verify=context, trust_env=False)

    def pki(self, country: str) -> CountryPki:
        return self.folder.pki(country)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[TheGateway]:
    data = tmp_path / "data"
    folder = TrustFolder(data / "trust")
    for country in ("CL", "PE"):
        folder.init(country, at=utc_now())
    command = [sys.executable, "-m", "sandbox.cli", "gateway", "--port", "0", "--data", str(data)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "LANG": "en_US.UTF-8"}
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        yield TheGateway(address, folder, folder.folder / "gateway" / "host" / "certificate.pem")
        server.terminate()
        server.stdout.close()


def test_lists_for_whoever_is_onboarded(gateway: TheGateway) -> None:
    with gateway.client("CL") as client:
        found = client.get("/trustList").json()
        assert {
            type: sum(one["certificateType"] == type for one in found) for type in LISTS
        } == LISTS
        for type, count in LISTS.items():
            assert len(client.get(f"/trustList/{type}").json()) == count
        (one,) = client.get("/trustList/DSC/PE").json()
        assert (one["kid"], one["rawData"]) == (
            kid(gateway.pki("PE").dsc[0]),
            base64.b64encode(der(gateway.pki("PE").dsc[0])).decode(),
        )
        content, _ = cms.opened(one["signature"].encode())
        assert content == der(gateway.pki("PE").dsc[0])
        chosen = client.get("/trustList/certificate?group=DSC&country=PE&domain=DCC").json()
        assert [each["kid"] for each in chosen] == [one["kid"]]
        assert client.get("/trustList/certificate?group=DSC&domain=PH4H").json() == []
        assert client.get("/countrylist").json() == ["CL", "PE"]
        assert client.get("/trustList/ROOT").status_code == 400
        anchor = (gateway.folder.folder / "gateway/anchor/certificate.pem").read_bytes()
        judged = read_list(found, anchors=anchors_in([("anchor.pem", anchor)]))
        assert {one.key for one in judged.findings} == {"trust.item_right"}
        assert len(judged.keys) == 2


def test_what_stands_beside_certificates_is_served_at_its_paths(gateway: TheGateway) -> None:
    with gateway.client("CL") as client:
        assert client.get("/revocation-list").status_code == 204
        gateway.folder.revocations.revoke("URN:UVCI:01:CL:1")
        (batch,) = client.get("/revocation-list").json()["batches"]
        reply = client.get(f"/revocation-list/{batch['batchId']}")
        assert reply.headers["content-type"].startswith("application/cms-text")
        assert json.loads(cms.opened(reply.content)[0])["country"] == "CL"
        for path in ("/trustList/issuers", "/trustList/references", "/valuesets"):
            assert client.get(path).json() == [], path
        assert client.get("/rules/CL").json() == {}
        for path in ("/valuesets/none", "/revocation-list/none"):
            assert client.get(path).status_code == 404


def test_nobody_gets_in_without_a_certificate_that_was_onboarded(
    gateway: TheGateway, tmp_path: Path
) -> None:
    TrustFolder(tmp_path / "other").init("BR", at=utc_now())
    with (
        gateway.client("BR", keys=tmp_path / "other" / "BR") as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/trustList")
    context = ssl.create_default_context(cafile=str(gateway.ca))
    with (
        httpx.Client(base_url=gateway.address, verify=context, trust_env=False) as bare,
        pytest.raises(httpx.TransportError),
    ):
        bare.get("/trustList")


def test_cms_is_taken_under_its_own_name_alone(gateway: TheGateway) -> None:
    mine = gateway.pki("CL")
    body = cms.signed(der(new_dsc("CL", mine.sca, at=utc_now())), mine.up)
    with gateway.client("CL") as client:
        for kind in ("application/json", "text/plain"):
            headers = {"Content-Type": kind}
            reply = client.post("/signerCertificate", content=body, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (415, "gateway.other_type")
        headers = {"Content-Type": "application/cms; charset=utf-8"}
        assert client.post("/signerCertificate", content=body, headers=headers).status_code == 201
        headers = {"Content-Type": "application/cms-text"}
        gone = client.request("DELETE", "/signerCertificate", content=body, headers=headers)
        assert gone.status_code == 204


def test_a_signer_is_uploaded_listed_for_others_and_deleted(gateway: TheGateway) -> None:
    mine = gateway.pki("CL")
    signer = new_dsc("CL", mine.sca, at=utc_now())
    body = cms.signed(der(signer), mine.up)
    with gateway.client("CL") as client, gateway.client("PE") as other:
        assert (client.post("/signerCertificate", content=body).status_code) == 201
        assert client.post("/signerCertificate", content=body).status_code == 409
        assert kid(signer) in [one["kid"] for one in other.get("/trustList/DSC/CL").json()]
        assert gateway.folder.trust().keys_of(
            kid_of(signer.certificate)
        )  # so that its certificates verify here
        assert other.post("/signerCertificate/delete", content=body).status_code == 403
        assert client.request("DELETE", "/signerCertificate", content=body).status_code == 204
        assert client.post("/signerCertificate/delete", content=body).status_code == 404
        assert kid(signer) not in [one["kid"] for one in other.get("/trustList/DSC/CL").json()]


def test_a_signer_is_uploaded_for_another_domain(gateway: TheGateway) -> None:
    mine = gateway.pki("CL")
    signer = new_dsc("CL", mine.sca, at=utc_now())
    wish = {
        "cms": cms.signed(der(signer), mine.up).decode(),
        "kid": kid(signer),
        "group": "DSC",
        "domain": "PH4H",
    }
    with gateway.client("CL") as client:
        assert (
            client.post("/trustedCertificate", json={**wish, "domain": "../../x"}).status_code
            == 400
        )
        assert client.post("/trustedCertificate", json={**wish, "cms": 1}).status_code == 400
        assert client.post("/trustedCertificate", json=wish).status_code == 201
        assert [one["kid"] for one in client.get("/trustList/certificate?domain=PH4H").json()] == [
            kid(signer)
        ]


def test_what_is_wrong_is_refused_with_its_reason(gateway: TheGateway) -> None:
    mine, theirs, now = gateway.pki("CL"), gateway.pki("PE"), utc_now()
    strange = new_pki("CL", at=now)
    right = der(new_dsc("CL", mine.sca, at=now))
    signed = base64.b64decode(cms.signed(right, mine.up))
    wrong: dict[str, tuple[bytes, int, str]] = {
        "signed by another country's key": (cms.signed(right, theirs.up), 403, "other_signer"),
        "signed by an unknown key": (cms.signed(right, strange.up), 403, "other_signer"),
        "signed by the wrong key of ours": (cms.signed(right, mine.tls), 403, "other_signer"),
        "a certificate of another country": (cms.signed(der(new_dsc("PE", theirs.sca, at=now)), mine.up), 403, "other_country"),
        "issued by an authority that is not ours": (cms.signed(der(new_dsc("CL", strange.sca, at=now)), mine.up), 400, "no_chain"),
        "an authority instead of a signer": (cms.signed(der(mine.sca), mine.up), 400, "is_ca"),
        "no certificate": (cms.signed(b"hello", mine.up), 400, "no_content"),
        "no CMS": (b"hello", 400, "no_cms"),
        "a changed content": (base64.b64encode(signed.replace(right[-20:], bytes(20), 1)), 400, "wrong_digest"),
        "a changed signature": (base64.b64encode(signed[:-4] + bytes(4)), 400, "wrong_cms"),
        "nothing": (b"", 400, "no_cms"),
    }  # fmt: skip
    with gateway.client("CL") as client:
        before = [one["kid"] for one in client.get("/trustList").json()]
        met: dict[str, Any] = {}
        for name, (body, _, _) in wrong.items():
            reply = client.post(
                "/signerCertificate", content=body, headers={"Accept-Language": "es"}
            )
            met[name] = (
                reply.status_code,
                {one["code"].partition(".")[2] for one in reply.json()["all"]},
            )
            assert reply.json()["details"], name
        assert {
            name: (status, reason in met[name][1]) for name, (_, status, reason) in wrong.items()
        } == {name: (met[name][0], True) for name in wrong}
        assert [one["kid"] for one in client.get("/trustList").json()] == before


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
@pytest.mark.parametrize("more", [[], ["-noattr"], ["-nosmimecap"], ["-md", "sha512"]])
def test_what_openssl_signs_is_read(tmp_path: Path, more: list[str]) -> None:
    TrustFolder(tmp_path).init("CL", at=utc_now())
    place = tmp_path / "CL"
    (tmp_path / "content").write_bytes(b"a signer")
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", str(tmp_path / "content"),
               "-signer", str(place / "onboarding/DCC/UP/UP.pem"), "-inkey", str(place / "keys/UP.key"), *more]  # fmt: skip
    made = subprocess.run(command, capture_output=True, check=True).stdout
    content, signer = cms.opened(made)
    assert content == b"a signer"
    assert signer == TrustFolder(tmp_path).pki("CL").up.certificate
    with pytest.raises(cms.NotCms):
        cms.opened(made.replace(b"a signer", b"b signer"))


def test_odd_bytes_are_no_cms() -> None:
    for content in (b"", b"0", b"0\x03\x02\x01\x01", os.urandom(300), b"A" * 200_000):
        with pytest.raises(cms.NotCms):
            cms.opened(content)
