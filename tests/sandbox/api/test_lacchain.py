"""LACChain over HTTP beside the journey: what the published client never called, the committee's forms, and the verifier of its list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.issuing import issue
from sandbox.countries import participant_of
from sandbox.trust.folder import TrustFolder
from tests.sandbox.certificates.making import CONTENTS, signed
from tests.sandbox.credentials.lacchain.making import bundle
from tests.sandbox.testbench.test_lacchain_tracks import a_chile, handed, posted

API = "/lacchain/CL/api/v1"
COMMITTEE = "/lacchain/committee/api/v1"
TRUSTED = "/lacchain/trusted-list/api/v1"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_chile(tmp_path) as client:
        yield client


@pytest.mark.parametrize("base", [API, COMMITTEE, TRUSTED])
def test_what_the_published_client_never_called_is_an_honest_501(
    sandbox: TestClient, base: str
) -> None:
    reply = sandbox.post(f"{base}/something", json={}, headers={"Accept-Language": "es"})
    assert reply.status_code == 501
    assert "no se simula nada" in reply.json()["text"]


def test_a_country_that_is_none_has_no_component(sandbox: TestClient) -> None:
    assert sandbox.post("/lacchain/QQ/api/v1/did/lac1").status_code == 404


def test_a_country_with_its_authority_is_admitted_by_a_form(sandbox: TestClient) -> None:
    did = posted(sandbox, f"{API}/did/lac1")["did"]
    known = {
        "id": did,
        "legalName": "MINSAL",
        "countryCode": "CHL",
        "url": "https://minsal.example",
    }
    data = {"data": json.dumps({"identificationData": known, "expires": True, "validDays": 9})}
    place = f"{COMMITTEE}/public-directory/add-type2-member"
    lacking = sandbox.post(place, data=data, files={"other": ("x", b"x")})
    assert (lacking.status_code, lacking.json()["where"]) == (400, "caCert")
    reply = sandbox.post(place, data=data, files={"caCert": ("CA.pem", b"-----BEGIN")})
    assert reply.status_code == 200, reply.text
    (event,) = sandbox.get(f"/lacchain/chain?after={reply.json()['blockNumber'] - 1}").json()
    assert event["event"] == "MemberAdded"
    assert json.loads(event["args"]["rawData"])["type"] == "2"
    manager = sandbox.get(f"{COMMITTEE}/chain-of-trust/get-manager").json()
    assert event["from"] == manager["managerAddress"]


def test_the_verifier_of_the_list_knows_the_keys_of_its_countries(sandbox: TestClient) -> None:
    keys = sandbox.get(f"{TRUSTED}/public-key/get-all?page=1&results_per_page=1").json()["keys"]
    assert [key["country"] for key in keys] == [participant_of("CL")]
    assert keys[0]["jwk"]["crv"] == "P-256"
    assert sandbox.get(f"{TRUSTED}/public-key/get-all?page=2").json() == {"keys": []}


def test_the_verifier_says_whether_a_certificate_is_valid_and_what_it_holds(
    sandbox: TestClient, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    signer = TrustFolder(tmp_path / "sandbox" / "trust").signer("CL", at=now)
    own = issue(CONTENTS["icvp_2025"], signer, at=now, ends=now + timedelta(days=9))
    place = f"{TRUSTED}/certificates/verify-b45"
    kind = {"Content-Type": "text/plain"}
    told = sandbox.post(place, content=own, headers=kind).json()
    assert told["isValid"] is True
    assert told["ddccCoreDataSet"]["n"] == CONTENTS["icvp_2025"]["n"]
    # by a key of the same country that is listed nowhere here
    refused = sandbox.post(place, content=signed(CONTENTS["icvp_2025"], -6), headers=kind)
    assert refused.json() == {"isValid": False, "ddccCoreDataSet": None}


def test_a_certificate_that_is_none_over_or_without_names_is_refused(sandbox: TestClient) -> None:
    did = posted(sandbox, f"{API}/did/lac1")["did"]
    place = f"{API}/did/lac1/attribute/add/jwk-from-x509certificate"
    data = {"data": json.dumps({"did": did, "relation": "asse"})}
    reply = sandbox.post(place, data=data, files={"x509Cert": ("x", b"no certificate")})
    assert reply.json()["key"] == "lacchain.no_certificate"
    missing = sandbox.post(place, data=data, files={"other": ("x", b"x")})
    assert missing.status_code == 400


def test_a_ministry_without_its_key_in_the_did_sends_nothing(
    sandbox: TestClient, tmp_path: Path
) -> None:
    did = posted(sandbox, f"{API}/did/lac1")["did"]
    body = {"bundle": bundle(), "issuerDid": did, "receiverDid": did}
    reply = sandbox.post(f"{API}/verifiable-credential/ddcc/send", json=body)
    assert reply.json()["key"] == "lacchain.no_assertion_key"
    handed(sandbox, did, tmp_path)
    reply = sandbox.post(f"{API}/verifiable-credential/ddcc/send", json=body)
    assert reply.json()["key"] == "lacchain.no_agreement"  # the receiver's, which nobody published
