"""LACChain of 2023 offline: a ministry gets a DID, is admitted, adds its key and sends; a person's wallet fetches what was sent, follows the
chain of trust to the root, and sees the credential revoked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sandbox.cli.verbs import app
from sandbox.clock import utc_now
from sandbox.course.connection import start_server
from sandbox.trust.folder import TrustFolder
from tests.sandbox.credentials.lacchain.making import bundle

pytestmark = pytest.mark.daily("journeys", share=0.25, each="module")

COMMITTEE = "lacchain/committee/api/v1"
CHILE = {
    "legalName": "Ministerio de Salud de Chile",
    "countryCode": "CHL",
    "url": "https://fhir.minsal.example",
}


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    TrustFolder(tmp_path / "trust").init("CL", at=utc_now())
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    server = start_server({"CONNECTATHON_DATA": str(tmp_path)})
    monkeypatch.setenv("CONNECTATHON_BASE_URL", server.connection.url)
    yield server.connection.url
    server.stop()


def said(*words: str) -> Result:
    result = CliRunner().invoke(app, ["wallet", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def posted(address: str, **body: Any) -> dict[str, Any]:
    reply = httpx.post(address, json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def admitted(base: str, did: str) -> None:
    """Admits a ministry as the committee did it in 2023: to the directory, and below the root."""
    ministry = f"{base}/lacchain/CL/api/v1"
    account = posted(f"{ministry}/manager", did=did, validDays=365)["managerAddress"]
    known = {"id": did, **CHILE}
    posted(
        f"{base}/{COMMITTEE}/public-directory/add-type3-member",
        identificationData=known,
        expires=True,
        validDays=365,
    )
    posted(
        f"{base}/{COMMITTEE}/chain-of-trust/add-or-update-member",
        memberEntityAddress=account,
        entityDid=did,
        validDays=365,
    )


def certificate(tmp_path: Path) -> bytes:
    return next((tmp_path / "trust" / "CL").glob("onboarding/*/DSC/*.pem")).read_bytes()


def test_chile_sends_a_certificate_and_takes_it_back(base: str, tmp_path: Path) -> None:
    ministry = f"{base}/lacchain/CL/api/v1"
    did = posted(f"{ministry}/did/lac1")["did"]
    admitted(base, did)
    added = httpx.post(
        f"{ministry}/did/lac1/attribute/add/jwk-from-x509certificate",
        files={"x509Cert": ("DSC.pem", certificate(tmp_path))},
        data={"data": json.dumps({"did": did, "relation": "asse"})},
    )
    assert added.status_code == 200, added.text

    empty = said("sync", "--lang", "es")
    assert "No hay mensajes." in empty.output
    receiver = empty.output.split()[empty.output.split().index("ministerio:") + 1]
    sent = posted(
        f"{ministry}/verifiable-credential/ddcc/send",
        bundle=bundle(),
        issuerDid=did,
        receiverDid=receiver,
    )
    assert sent["deliveryId"]
    assert sent["txHash"].startswith("0x")

    came = said("sync").output
    assert "RACSEL (connectathon sandbox) > Ministerio de Salud de Chile" in came
    assert "Kept as" in came
    assert "fail" not in came
    kept = said("list").output.split()[0]
    assert "Rosa Fuenzalida" in said("show", kept).output

    chain = httpx.get(f"{base}/lacchain/chain").json()
    (digest,) = [row["args"]["digest"] for row in chain if row["event"] == "NewIssuance"]
    posted(f"{base}/lacchain/CL/revocations", did=did, digest=digest)
    after = said("sync").output
    assert "It is in the wallet already." in after
    assert "taken back" in after
    assert "not valid" in after
