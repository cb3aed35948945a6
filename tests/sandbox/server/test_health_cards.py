"""`$health-cards-issue`, and cards of a summary: what is given verifies here, and what cannot be given says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.judging import judge
from sandbox.certificates.keys import KeyList
from sandbox.certificates.shc import thumbprint
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox

KIND = "https://smarthealth.cards#"
OPERATION = "/fhir/Patient/rosa-fuenzalida/$health-cards-issue"


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL", seed="training") as client:
        yield client


def issued(client: TestClient, *parameters: tuple[str, str, str], place: str = OPERATION) -> Any:
    body = [{"name": name, f"value{kind}": value} for name, kind, value in parameters]
    return client.post(place, json={"resourceType": "Parameters", "parameter": body})


def cards(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    parameters = reply.json().get("parameter", [])
    return [each["valueString"] for each in parameters if each["name"] == "verifiableCredential"]


def test_cards_of_a_patient_verify_by_the_published_key(
    trained: TestClient, tmp_path: Path
) -> None:
    reply = issued(trained, ("credentialType", "Uri", "Immunization"))
    assert cards(reply)
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    (jwk,) = trained.get("/.well-known/jwks.json").json()["keys"]
    assert (jwk["kid"], jwk["use"], jwk["alg"], "d" in jwk) == (
        thumbprint(jwk),
        "sig",
        "ES256",
        False,
    )
    later = TickingClock().now.replace(year=2027)
    found = judge(reply.text, KeyList(), trust.issuers(), at=later)
    assert {card.verdict for card in found} == {"valid"}, [
        (step.name, [note.key for note in step.findings])
        for step in found[0].steps
        if step.findings
    ]
    assert {card.claims.issuer for card in found if card.claims} == {"https://sandbox.test"}
    outside = judge(reply.text, KeyList(), {"https://sandbox.test": [jwk]}, at=later)
    assert {card.verdict for card in outside} == {"valid"}


def test_each_resource_on_a_card_is_linked_with_the_one_here(trained: TestClient) -> None:
    parameters = issued(trained, ("credentialType", "Uri", f"{KIND}immunization")).json()[
        "parameter"
    ]
    links = [
        {
            part["name"]: next(value for key, value in part.items() if key != "name")
            for part in each["part"]
        }
        for each in parameters
        if each["name"] == "resourceLink"
    ]
    assert parameters[links[0]["vcIndex"]]["name"] == "verifiableCredential"
    assert links[0]["bundledResource"] == "resource:0"
    for link in links:
        place = link["hostedResource"].removeprefix("http://sandbox.test")
        assert trained.get(place).status_code == 200


def test_what_nobody_has_is_answered_with_parameters_without_any(trained: TestClient) -> None:
    for asked in (
        [
            ("credentialType", "Uri", f"{KIND}immunization"),
            ("credentialType", "Uri", "Observation"),
        ],
        [("credentialType", "Uri", "https://example.org#other")],
        [("credentialType", "Uri", "Immunization"), ("_since", "DateTime", "2091")],
    ):
        reply = issued(trained, *asked)
        assert (reply.status_code, reply.json()) == (200, {"resourceType": "Parameters"})


def payloads(trained: TestClient, reply: Any) -> list[Any]:
    found = judge(reply.text, KeyList(), {})
    return [json.loads(card.inflated) for card in found]


def test_identity_and_time_are_as_asked(trained: TestClient) -> None:
    reply = issued(
        trained, ("credentialType", "Uri", "Immunization"), ("includeIdentityClaim", "String", "Patient.birthDate"),
        ("_since", "DateTime", "1950-01"),
    )  # fmt: skip
    for payload in payloads(trained, reply):
        patient = payload["vc"]["credentialSubject"]["fhirBundle"]["entry"][0]["resource"]
        assert set(patient) == {"resourceType", "birthDate"}


def test_a_value_set_chooses_among_cards(trained: TestClient) -> None:
    reply = issued(trained, ("credentialType", "Uri", "Immunization"))
    whole = cards(reply)
    bundle = payloads(trained, reply)[0]["vc"]["credentialSubject"]["fhirBundle"]
    coding = bundle["entry"][1]["resource"]["vaccineCode"]["coding"][0]
    for name, code, number in (("mine", coding["code"], 1), ("none", "no-such-code", 0)):
        include = [{"system": coding["system"], "concept": [{"code": code}]}]
        value_set = {"resourceType": "ValueSet", "url": f"urn:x:{name}", "status": "active",
                     "compose": {"include": include}}  # fmt: skip
        assert trained.post("/fhir/ValueSet", json=value_set).status_code == 201
        chosen = issued(
            trained,
            ("credentialType", "Uri", "Immunization"),
            ("credentialValueSet", "Uri", f"urn:x:{name}"),
        )
        assert len(cards(chosen)) == number
    assert len(whole) >= 1


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ([], 400, "credentialType"),
        ([("credentialType", "Uri", "Immunization"), ("_since", "DateTime", "soon")], 400, "_since"),
        ([("credentialType", "Uri", "Immunization"), ("includeIdentityClaim", "String", "Patient.photo")], 400, "photo"),
        ([("credentialType", "Uri", "Immunization"), ("credentialValueSet", "Uri", "urn:x:none")], 400, "urn:x:none"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_an_outcome(
    trained: TestClient, asked: list[tuple[str, str, str]], status: int, word: str
) -> None:
    reply = issued(trained, *asked)
    assert (reply.status_code, reply.json()["resourceType"]) == (status, "OperationOutcome")
    assert word in reply.text


def test_nobody_has_no_cards(trained: TestClient) -> None:
    place = "/fhir/Patient/nobody/$health-cards-issue"
    reply = issued(trained, ("credentialType", "Uri", "Immunization"), place=place)
    assert reply.status_code == 404


def test_a_record_that_would_make_a_wrong_card_is_refused(trained: TestClient) -> None:
    dose = {
        "resourceType": "Immunization", "status": "completed", "patient": {"reference": "Patient/rosa-fuenzalida"},
        "vaccineCode": {"text": "words alone"}, "occurrenceDateTime": "2026-03-14",
    }  # fmt: skip
    assert trained.post("/fhir/Immunization", json=dose).status_code == 201
    reply = issued(trained, ("credentialType", "Uri", "Immunization"))
    assert (reply.status_code, reply.json()["resourceType"]) == (422, "OperationOutcome")
    assert "vaccineCode" in reply.text


def test_cards_of_a_summary_by_the_api(trained: TestClient, tmp_path: Path) -> None:
    summary = trained.get("/fhir/Patient/rosa-fuenzalida/$summary").json()
    reply = trained.post("/api/cards", json={"content": summary})
    assert reply.status_code == 201, reply.text
    view = reply.json()
    assert all(code.startswith("shc:/") for code in view["codes"])
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    later = TickingClock().now.replace(year=2027)
    for code in view["codes"]:
        (card,) = judge(code, KeyList(), trust.issuers(), at=later)
        assert card.verdict == "valid"
    assert trained.post("/api/cards", json={"content": {}}).status_code == 400
    none = trained.post("/api/cards", json={"content": summary, "types": ["urn:x"]})
    assert (none.status_code, none.json()["key"]) == (400, "certificates.nothing_for_cards")


def test_a_card_that_was_taken_back_stands_on_the_list_of_its_key(
    trained: TestClient, tmp_path: Path
) -> None:
    text = cards(issued(trained, ("credentialType", "Uri", "Immunization")))[0]
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    (handle,) = [
        each
        for each in trust.issued()
        if each.endswith(json.loads(judge(text, KeyList(), {})[0].inflated)["vc"]["rid"])
    ]
    kid, _, rid = handle.partition("/")
    before = trained.get(f"/.well-known/crl/{kid}.json").json()
    assert (before["method"], before["rids"]) == ("rid", [])
    trust.revocations.revoke(handle)
    after = trained.get(f"/.well-known/crl/{kid}.json")
    assert after.json() == {**before, "ctr": before["ctr"] + 1, "rids": [rid]}
    assert after.headers["access-control-allow-origin"] == "*"
    (jwk,) = trained.get("/.well-known/jwks.json").json()["keys"]
    assert jwk["crlVersion"] == after.json()["ctr"]
    (card,) = judge(
        text,
        KeyList(),
        trust.issuers(),
        revoked=trust.revoked(),
        at=TickingClock().now.replace(year=2027),
    )
    assert card.step("revocation").status == "fail"
    assert trained.get("/.well-known/crl/nobody.json").status_code == 404


def test_keys_and_lists_are_open_to_whoever_verifies(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, token="secret", country="CL") as client:
        assert client.get("/.well-known/jwks.json").json() == {"keys": []}
        assert client.get("/.well-known/crl/x.json").status_code == 404
        assert client.post("/api/cards", json={}).status_code == 401
