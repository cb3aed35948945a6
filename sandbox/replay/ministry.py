"""A ministry on LACChain: it gets a DID by its component, is admitted, sends a credential to a
citizen's wallet, and takes it back.  What it holds then is what `lacpass.wallet-2023` asks for.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.fhir.json import Json, write_json
from sandbox.web.egress import authorities

TRACK = "lacpass.wallet-2023"
API = "api/v1"
COMMITTEE = "lacchain/committee/api/v1"
DAYS = 365
SECONDS = 60
HEADERS = {"Content-Type": "application/json"}
PICTURE = b"\x89PNG\r\n\x1a\n"
CORE: Json = {
    "resourceType": "DDCCCoreDataSet",
    "name": "Luzia Nogueira",
    "birthDate": "1990-05-02",
    "certificate": {
        "hcid": {"value": "URN:UVCI:X:1"},
        "version": "RC2",
        "issuer": {"identifier": {"value": "MINSAL"}},
        "period": {"start": "2025-11-03", "end": "2035-11-03"},
    },
    "vaccination": {
        "country": {"code": "BRA"},
        "vaccine": {"code": "XM68M6"},
        "brand": {"code": "XM4YL8"},
        "lot": "A1",
        "date": "2025-11-03",
        "dose": 1,
    },
}


@dataclass(frozen=True, slots=True)
class Component:
    """A component of an admitted ministry: its base, and the inputs of a run of its track."""

    base: str
    inputs: Mapping[str, str]


def admitted(server: str, country: str, certificate: bytes) -> Component:
    """Returns the component of a ministry that was admitted and has taken a credential back.

    Args:
        server: The address of the sandbox that holds component, committee and chain.
        country: The ministry's country, which has a PKI there.
        certificate: That of the signer of its documents, PEM.

    Raises:
        HTTPStatusError: The server refused a step.
    """
    base = f"{server}/lacchain/{country}"
    with httpx.Client(timeout=SECONDS, trust_env=False, verify=authorities()) as client:
        did = _posted(client, f"{base}/{API}/did/lac1")["did"]
        account = _posted(client, f"{base}/{API}/manager", did=did, validDays=DAYS)
        _admit(client, f"{server}/{COMMITTEE}", did, account["managerAddress"], country)
        _give_key(client, base, did, certificate)
        revoked = _taken_back(client, server, base, did)
    return Component(base, {"issuer": did, "revoked": revoked})


def _admit(client: httpx.Client, committee: str, did: str, account: str, country: str) -> None:
    """Enters a ministry in the public directory and in the chain of trust, as the committee."""
    known = {
        "id": did,
        "legalName": f"Ministerio {country}",
        "countryCode": country,
        "url": f"https://{country.lower()}.example",
    }
    directory = f"{committee}/public-directory/add-type3-member"
    _posted(client, directory, identificationData=known, expires=False)
    trust = f"{committee}/chain-of-trust/add-or-update-member"
    _posted(client, trust, memberEntityAddress=account, entityDid=did, validDays=DAYS)


def _give_key(client: httpx.Client, base: str, did: str, certificate: bytes) -> None:
    place = f"{base}/{API}/did/lac1/attribute/add/jwk-from-x509certificate"
    files = {"x509Cert": ("DSC.pem", certificate)}
    data = {"data": write_json({"did": did, "relation": "asse"}).decode()}
    client.post(place, files=files, data=data).raise_for_status()


def _taken_back(client: httpx.Client, server: str, base: str, did: str) -> str:
    """Sends a credential, takes it back, and returns its digest."""
    before = {row["args"]["digest"] for row in _issued(client, server)}
    wallet = client.get(f"{server}/lacchain/mailbox/did").raise_for_status().json()["did"]
    place = f"{base}/{API}/verifiable-credential/ddcc/send"
    _posted(client, place, bundle=_delivery(), issuerDid=did, receiverDid=wallet)
    (digest,) = {row["args"]["digest"] for row in _issued(client, server)} - before
    _posted(client, f"{base}/revocations", did=did, digest=digest)
    return str(digest)


def _issued(client: httpx.Client, server: str) -> list[Json]:
    blocks = client.get(f"{server}/lacchain/chain").raise_for_status().json()
    return [block for block in blocks if block["event"] == "NewIssuance"]


def _posted(client: httpx.Client, place: str, **body: Any) -> Json:
    answer = client.post(place, content=write_json(body), headers=HEADERS).raise_for_status()
    return dict(answer.json())


def _delivery() -> Json:
    """Returns what the component sends of a vaccination: its code as a picture, and what it says
    (WHO DDCC core data set).
    """
    parts = {"image/png": PICTURE, "application/json": write_json(CORE)}
    content = [
        {"attachment": {"contentType": media, "data": base64.b64encode(part).decode()}}
        for media, part in parts.items()
    ]
    reference = {
        "resourceType": "DocumentReference",
        "status": "current",
        "description": "Vaccination certificate",
        "content": content,
    }
    return {"resourceType": "Bundle", "type": "document", "entry": [{"resource": reference}]}
