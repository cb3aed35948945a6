"""LACChain of this sandbox passes both tracks; each fault of a component, resolver or chain fails the test that it belongs to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.testbench.engine import play_track
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.credentials.lacchain.making import bundle
from tests.sandbox.testbench.playing import verdicts
from tests.sandbox.testbench.test_ddcc_tracks import Change, Changing

BASE = "http://sandbox.test/lacchain/CL"
NOW = "2026-07-27T10:00:00Z"
COMMITTEE = "/lacchain/committee/api/v1"


def posted(client: TestClient, path: str, **body: Any) -> dict[str, Any]:
    reply = client.post(path, json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def handed(client: TestClient, did: str, folder: Path) -> None:
    file = next(folder.glob("sandbox/trust/CL/onboarding/*/DSC/*.pem"))
    reply = client.post(
        "/lacchain/CL/api/v1/did/lac1/attribute/add/jwk-from-x509certificate",
        files={"x509Cert": ("DSC.pem", file.read_bytes())},
        data={"data": json.dumps({"did": did, "relation": "asse"})},
    )
    assert reply.status_code == 200, reply.text


def a_ministry(client: TestClient, folder: Path) -> dict[str, str]:
    """Returns the inputs of a ministry that was admitted, has sent a credential, and has taken it back; and of a DID that was ended."""
    api = "/lacchain/CL/api/v1"
    did, ended = (posted(client, f"{api}/did/lac1")["did"] for _ in range(2))
    account = posted(client, f"{api}/manager", did=did, validDays=365)["managerAddress"]
    known = {
        "id": did,
        "legalName": "MINSAL",
        "countryCode": "CHL",
        "url": "https://minsal.example",
    }
    posted(
        client,
        f"{COMMITTEE}/public-directory/add-type3-member",
        identificationData=known,
        expires=False,
    )
    posted(
        client, f"{COMMITTEE}/chain-of-trust/add-or-update-member", memberEntityAddress=account, entityDid=did, validDays=9
    )  # fmt: skip
    for one in (did, ended):
        handed(client, one, folder)
    posted(client, "/lacchain/CL/deactivations", did=ended)
    wallet = client.get("/lacchain/mailbox/did").json()["did"]
    posted(
        client,
        f"{api}/verifiable-credential/ddcc/send",
        bundle=bundle(),
        issuerDid=did,
        receiverDid=wallet,
    )
    chain = client.get("/lacchain/chain").json()
    (digest,) = [row["args"]["digest"] for row in chain if row["event"] == "NewIssuance"]
    posted(client, "/lacchain/CL/revocations", did=did, digest=digest)
    return {"issuer": did, "deactivated": ended, "revoked": digest}


def a_chile(tmp_path: Path, *faults: str) -> TestClient:
    TrustFolder(tmp_path / "sandbox" / "trust").init("CL", at=TickingClock().now)
    return a_sandbox(tmp_path, faults=frozenset(faults))


@pytest.fixture
def chile(tmp_path: Path) -> Iterator[TestClient]:
    with a_chile(tmp_path) as client:
        yield client


def judged(
    track: str, client: TestClient, given: dict[str, str], change: Change | None = None
) -> dict[str, list[str]]:
    app: Any = client.app
    transport = Changing(app, change or (lambda _, status, body: (status, body)))

    async def play() -> Any:
        async with Sender(BASE, transport=transport) as send:
            inputs = {"run": "a-run", "now": NOW, **given}
            return await play_track(TRACKS[track], inputs, send)

    results = asyncio.run(play())
    for result in results:
        print(
            result.test.number, result.verdict, [(f.key, f.found, f.where) for f in result.findings]
        )
    return verdicts(results)


def test_the_sandbox_passes_both_tracks(chile: TestClient, tmp_path: Path) -> None:
    given = a_ministry(chile, tmp_path)
    assert judged("did.registry", chile, given) == {}
    assert judged("lacpass.wallet-2023", chile, given) == {}


def at(path: str, method: str = "GET") -> Any:
    """Returns what tells whether a request is to a place."""
    return lambda request: path in str(request.url) and request.method == method


def told(is_meant: Any, **members: Any) -> Change:
    """Returns a change of some answers: members set in them."""

    def change(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        return (status, {**body, **members}) if is_meant(request) else (status, body)

    return change


def taken(is_meant: Any) -> Change:
    """Returns a change of refusals that takes all."""

    def change(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        return (200, body) if is_meant(request) else (status, body)

    return change


def without(event: str) -> Change:
    """Returns a change of the chain: one that has forgotten a kind of events."""

    def change(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        is_chain = str(request.url).endswith("/chain") and request.method == "GET"
        return status, [row for row in body if row["event"] != event] if is_chain else body

    return change


def in_document(word: str, **members: Any) -> Change:
    """Returns a change of documents that a resolver gives to questions with a word in them."""

    def change(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        if "/resolver/" in str(request.url) and word in str(request.url) and body["didDocument"]:
            body["didDocument"] |= members
        return status, body

    return change


def alive(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    """A resolver that does not say that a DID was ended."""
    if "/resolver/" in str(request.url):
        body["didDocumentMetadata"].pop("deactivated", None)
    return status, body


def no_letters(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return (status, []) if str(request.url).endswith("/mailbox/vc") else (status, body)


KEY = {"id": "did:lac1:x#vm-1", "type": "JsonWebKey2020", "publicKeyJwk": {}}
API = "/api/v1"
TWINS: list[tuple[str, Change, dict[str, list[str]]]] = [
    ("did.registry", told(at("/decode/"), didRegistryAddress="0x00"), {"fail": ["D01"]}),
    ("did.registry", taken(at("/decode/")), {"fail": ["D02"]}),
    ("did.registry", in_document("versionId", assertionMethod=[]), {"fail": ["D03"]}),
    ("did.registry", in_document("versionTime", assertionMethod=[]), {"fail": ["D03"]}),
    ("did.registry", in_document("forTime", assertionMethod=[KEY]), {"fail": ["D04"]}),
    ("did.registry", in_document("forTime", assertionMethod=[]), {"fail": ["D04"]}),
    ("did.registry", alive, {"fail": ["D05"]}),
    ("did.registry", in_document("", keyAgreement=[]), {"fail": ["D06"]}),
    ("lacpass.wallet-2023", told(at("/controller/"), controller="0x00"), {"fail": ["L01"]}),
    ("lacpass.wallet-2023", told(at("/manager/"), managerAddress="0x00"), {"fail": ["L02"]}),
    ("lacpass.wallet-2023", taken(at("/manager", "POST")), {"warn": ["L02"]}),
    ("lacpass.wallet-2023", taken(at("/ddcc/send", "POST")), {"fail": ["L04"]}),
    ("lacpass.wallet-2023", no_letters, {"fail": ["L05"], "skip": ["L06"]}),
    ("lacpass.wallet-2023", without("NewIssuance"), {"fail": ["L06", "L08"]}),
    ("lacpass.wallet-2023", without("MemberAdded"), {"fail": ["L07"]}),
    ("lacpass.wallet-2023", without("GroupMemberChanged"), {"fail": ["L07"]}),
    ("lacpass.wallet-2023", without("NewRevocation"), {"fail": ["L08"]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("track", "change", "expected"), TWINS, ids=[f"{one[2]} {n}" for n, one in enumerate(TWINS)]
)
def test_each_fault_fails_the_test_that_it_belongs_to(
    chile: TestClient, tmp_path: Path, track: str, change: Change, expected: dict[str, list[str]]
) -> None:
    assert judged(track, chile, a_ministry(chile, tmp_path), change) == expected


FAULTS: list[tuple[str, str, dict[str, list[str]]]] = [
    ("lacpass.wallet-2023", "no_z", {"warn": ["L05"]}),
    ("lacpass.wallet-2023", "no_proof_context", {"warn": ["L05"]}),
    ("lacpass.wallet-2023", "bare_uuid", {"fail": ["L05"]}),
    ("lacpass.wallet-2023", "local_time", {"warn": ["L06"]}),
    ("lacpass.wallet-2023", "hex_digest", {"warn": ["L06"]}),
    ("lacpass.wallet-2023", "never_expires", {"warn": ["L06"]}),
]


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize(("track", "fault", "expected"), FAULTS, ids=[one[1] for one in FAULTS])
def test_each_known_fault_of_2023_is_met_by_its_test(
    tmp_path: Path, track: str, fault: str, expected: dict[str, list[str]]
) -> None:
    with a_chile(tmp_path, fault) as client:
        assert judged(track, client, a_ministry(client, tmp_path)) == expected


def test_a_component_that_keeps_no_y_fails_where_its_key_is_odd(tmp_path: Path) -> None:
    with a_chile(tmp_path, "lost_y") as client:
        found = judged("lacpass.wallet-2023", client, a_ministry(client, tmp_path))
    # the country's own key may be even, and then its proofs are right all the same
    assert "L03" in found["fail"]
    assert set(found["fail"]) <= {"L03", "L05"}


def test_a_key_for_agreement_that_says_to_be_for_signatures_is_named(tmp_path: Path) -> None:
    with a_chile(tmp_path, "wrong_agreement") as client:
        api = "/lacchain/CL/api/v1"
        did = posted(client, f"{api}/did/lac1")["did"]
        handed(client, did, tmp_path)
        body = {
            "bundle": bundle(),
            "issuerDid": did,
            "receiverDid": client.get("/lacchain/mailbox/did").json()["did"],
        }
        reply = client.post(f"{api}/verifiable-credential/ddcc/send", json=body)
        assert reply.json()["key"] == "lacchain.no_agreement"  # nobody can open what it writes
        found = judged("did.registry", client, {"issuer": did})
    assert found == {"fail": ["D06"], "skip": ["D05"]}
