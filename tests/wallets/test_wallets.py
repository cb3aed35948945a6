"""Wallets and verifiers by others: they fetch, verify and show what is issued here, and issue what is verified here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server
from sandbox.credentials.proofs.contexts import bundled
from sandbox.credentials.report import Known
from sandbox.credentials.vaccination import VCT
from sandbox.credentials.verifying import verify
from sandbox.trust.proofs import anchors_in, judge_document_proof
from tests.conftest import WALLETS
from tests.sandbox.certificates.making import CONTENTS

pytestmark = [pytest.mark.needs("wallets"), pytest.mark.slow]
HERE = Path(__file__).parent
MODULES = WALLETS / "node_modules"
PERSON = {"resourceType": "Patient", "name": [{"family": "Fuenzalida"}], "birthDate": "1958-03-07"}
DOSE = {
    "resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2026-03-14", "lotNumber": "A1",
    "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]},
}  # fmt: skip
QUERY = {
    "credentials": [
        {"id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": [{"path": ["vaccine", "product"]}]}
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for all: each test has an offer, a question or a patient of its own."""
    server = start_server({"CONNECTATHON_DATA": str(tmp_path_factory.mktemp("data"))})
    yield server.connection.url
    server.stop()


def run(*command: object, text: str = "") -> dict[str, Any]:
    words = [str(word) for word in command]
    said = subprocess.run(
        words, input=text, capture_output=True, text=True, timeout=120, check=False
    )
    assert said.returncode == 0, said.stderr[-3000:]
    return dict(json.loads(said.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("grant", "mode"),
    [
        ("pre-authorized_code", "direct_post"),
        ("pre-authorized_code", "direct_post.jwt"),
        ("authorization_code", "direct_post"),
    ],
)
def test_a_wallet_by_others_fetches_and_shows_a_credential(
    base: str, grant: str, mode: str
) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": grant}
    made = httpx.post(f"{base}/api/offers", json=wish)
    offer = made.raise_for_status().json()
    body = {"query": QUERY, "mode": mode}
    asked = httpx.post(f"{base}/api/requests", json=body).raise_for_status().json()
    seen = run("node", HERE / "wallet.mjs", MODULES, offer["link"], offer["pin"], asked["link"])
    assert seen["fetched"] == [
        "vaccination_dc+sd-jwt",
        "vaccination_jwt_vc_json",
        "vaccination_ldp_vc",
    ]
    is_pushed = grant == "authorization_code"
    assert seen.get("pushed") == ("urn:ietf:params:oauth:request_uri" if is_pushed else None)
    assert seen["claims"]["name"] == "Rosa Fuenzalida"
    assert seen["sent"] == 200
    answer = httpx.get(f"{base}/api/requests/{asked['id']}").json()
    assert answer["accepted"], answer
    assert answer["shown"][0]["claims"]["vaccine"] == {"product": CONTENTS["icvp_2025"]["v"]["vp"]}
    assert "name" not in answer["shown"][0]["claims"]
    linked = run("node", HERE / "linked.mjs", MODULES, text=json.dumps(seen["linked"]))
    assert linked["verified"], linked["error"]
    issuer = linked["issued"]["issuer"]
    report = verify(
        json.dumps(linked["issued"]), Known(issuers={issuer: "them"}), at=datetime.now(UTC)
    )
    assert report.verdict == "valid", report.findings
    changed = {**seen["linked"], "validFrom": "2020-01-01T00:00:00Z"}
    assert not run("node", HERE / "linked.mjs", MODULES, text=json.dumps(changed))["verified"]


# what the library takes an issuer for: it knows no draft between 11 and 14
WAYS: dict[str, tuple[dict[str, Any], str, str]] = {
    "draft 11": ({"draft": 11}, "Draft11", "vc+sd-jwt"),
    "draft 13": ({"draft": 13}, "Draft14", "vc+sd-jwt"),
    "later": ({"ready_after": 1, "formats": ["dc+sd-jwt"]}, "V1", "dc+sd-jwt"),
}


@pytest.mark.daily("wallets", share=0.25)
@pytest.mark.parametrize("name", WAYS)
def test_a_wallet_by_others_fetches_by_a_draft_or_later(base: str, name: str) -> None:
    wish, version, typ = WAYS[name]
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], **wish}
    offer = httpx.post(f"{base}/api/offers", json=body).raise_for_status().json()
    seen = run("node", HERE / "ways.mjs", MODULES, offer["link"], offer["pin"])
    is_draft = "draft" in wish
    assert seen["draft"] == version
    assert seen["fetched"]["vaccination_dc+sd-jwt"] == {"typ": typ, "bound": True}
    assert ("vaccination_jwt_vc_json" in seen["fetched"]) == is_draft
    assert seen["warnings"] == (2 if is_draft else 0)
    assert bool(seen["waited"]) == (not is_draft)


def test_a_health_card_verifies_by_the_published_keys(base: str) -> None:
    """jose knows neither our keys nor our code: it fetches, verifies and shows what a wallet would."""
    patient = httpx.post(f"{base}/fhir/Patient", json=PERSON).json()["id"]
    dose = {**DOSE, "patient": {"reference": f"Patient/{patient}"}}
    assert httpx.post(f"{base}/fhir/Immunization", json=dose).status_code == 201
    asked = {"name": "credentialType", "valueUri": "Immunization"}
    reply = httpx.post(
        f"{base}/fhir/Patient/{patient}/$health-cards-issue",
        json={"resourceType": "Parameters", "parameter": [asked]},
    )
    card = reply.json()["parameter"][0]["valueString"]
    keys = f"{base}/.well-known/jwks.json"
    seen = run("node", HERE / "card.mjs", MODULES, keys, text=card)
    assert (seen["header"]["alg"], seen["header"]["zip"]) == ("ES256", "DEF")
    assert [seen["header"]["kid"]] == seen["thumbprints"]
    bundle = seen["payload"]["vc"]["credentialSubject"]["fhirBundle"]
    assert [entry["fullUrl"] for entry in bundle["entry"]] == ["resource:0", "resource:1"]
    assert bundle["entry"][1]["resource"]["lotNumber"] == "A1"


def test_a_list_with_a_detached_signature_by_others_is_believed() -> None:
    """jsonld canonicalises it and jose signs it: what is right here is what they call so."""
    contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
    document = {"@context": contexts, "id": "did:web:list.example", "alsoKnownAs": ["did:web:b"]}
    given = {"document": document, "contexts": {each: bundled(each) for each in contexts}}
    method = "did:web:list.example#key"
    seen = run("node", HERE / "detached.mjs", MODULES, method, text=json.dumps(given))
    jwk = json.dumps({**seen["key"], "kid": method}).encode()
    anchors = anchors_in([("key.json", jwk)])
    told = [one.key for one in judge_document_proof(seen["document"], anchors)]
    assert told == ["trust.proof_right"]
    changed = {**seen["document"], "alsoKnownAs": ["did:web:c"]}
    assert [one.key for one in judge_document_proof(changed, anchors)] == ["trust.proof_wrong"]
