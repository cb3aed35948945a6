"""Credo, a whole wallet by others, receives from our issuer and answers our verifier; it believes whom its holder believes."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.course.connection import start_server
from sandbox.credentials.vaccination import TYPE, VCT
from tests.conftest import WALLETS
from tests.sandbox.certificates.making import CONTENTS, chile

pytestmark = [
    pytest.mark.daily("wallets", share=0.25),
    pytest.mark.needs("wallets"),
    pytest.mark.slow,
]
SCRIPT = Path(__file__).with_name("credo.mjs")
MODULES = WALLETS / "node_modules"
PRODUCT = CONTENTS["icvp_2025"]["v"]["vp"]
KEPT = {
    "vaccination_dc+sd-jwt": "SdJwtVcRecord",
    "vaccination_jwt_vc_json": "W3cCredentialRecord",
}
SDJWT = {
    "id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": [{"path": ["vaccine", "product"]}],
}  # fmt: skip
OLD = {"id": "old", "format": "jwt_vc_json", "meta": {"type_values": [[TYPE]]}}
ASKED: dict[str, dict[str, Any]] = {
    "openly": {"query": {"credentials": [SDJWT]}},
    "by certificate": {
        "query": {"credentials": [SDJWT]}, "mode": "direct_post.jwt", "prefix": "x509_hash", "country": "CL",
    },
    "by DID": {
        "query": {"credentials": [SDJWT]}, "mode": "direct_post.jwt", "prefix": "decentralized_identifier", "country": "CL",
    },
    "for a JWT of 1.1": {"query": {"credentials": [OLD]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("credo")
    running = start_server({"CONNECTATHON_DATA": str(folder)})
    yield running.connection.url, folder
    running.stop()


def offered(base: str, grant: str = "pre-authorized_code") -> dict[str, Any]:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": grant}
    return dict(httpx.post(f"{base}/api/offers", json=body).raise_for_status().json())


def asked(base: str, name: str) -> dict[str, Any]:
    return dict(httpx.post(f"{base}/api/requests", json=ASKED[name]).raise_for_status().json())


def credo(offer: Any, request: Any, anchor: x509.Certificate) -> subprocess.CompletedProcess[str]:
    text = base64.b64encode(anchor.public_bytes(Encoding.DER)).decode()
    words = ["node", str(SCRIPT), str(MODULES), offer["link"], offer["pin"], request["link"], text]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("name", "grant"),
    [*((name, "pre-authorized_code") for name in ASKED), ("openly", "authorization_code")],
)
def test_credo_receives_and_shows_what_is_asked_for(
    server: tuple[str, Path], name: str, grant: str
) -> None:
    base, folder = server
    offer = offered(base, grant)
    request = asked(base, name)
    pem = folder / "trust" / "CL" / "onboarding" / "DCC" / "SCA" / "SCA.pem"
    said = credo(offer, request, x509.load_pem_x509_certificate(pem.read_bytes()))
    assert said.returncode == 0, said.stderr[-3000:]
    seen = json.loads(said.stdout.splitlines()[-1])
    is_sealed = ASKED[name].get("mode") == "direct_post.jwt"
    assert seen == {"kept": KEPT, "fits": True, "sent": 200, "encrypted": is_sealed}
    answer = httpx.get(f"{base}/api/requests/{request['id']}").json()
    assert answer["accepted"], answer
    (shown,) = answer["shown"]
    if name == "for a JWT of 1.1":
        (part,) = shown["parts"]
        vaccine = part["claims"]["credentialSubject"]["vaccine"]
        assert vaccine["medicinalProductName"] == PRODUCT
    else:
        assert shown["claims"]["vaccine"] == {"product": PRODUCT}
        assert "name" not in shown["claims"]


def test_credo_keeps_nothing_of_an_issuer_that_it_does_not_know(server: tuple[str, Path]) -> None:
    base, _ = server
    said = credo(offered(base), asked(base, "openly"), chile().sca.certificate)
    assert said.returncode != 0
    assert "trusted certificate" in said.stderr
