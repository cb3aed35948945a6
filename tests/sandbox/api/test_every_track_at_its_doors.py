"""Every track is begun at the doors where people begin one, with what they type there for each of its inputs; nothing is played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.redact import REDACTED
from sandbox.testbench.script import Track
from sandbox.testbench.tracks import TRACKS, declared_inputs, inputs_of
from tests.conftest import a_sandbox

DID = "did:lac1:1iT4xFM6oUKZ9kijCvA7yPhUgiqGLLDjHJofBwn33N4uEeSoHhmnBaYXkmnHQEsoum2G"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
OFFER = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffers%2F1"
REQUEST = "openid4vp://?client_id=x509_san_dns%3Averifier.example&request_uri=https%3A%2F%2Fverifier.example%2Fr"
# What a team types, by input: an input that refuses its own is one that nobody can give.
TYPED: Mapping[str, str] = {
    "awkward": "yes", "ca": PEM, "certificate": "HC1:6BF…", "chain": "https://chain.example/rpc",
    "client_id": "wallet-1", "comprehensive": "sí", "consumer": "viewer", "country": "CL",
    "credential": '{"@context": ["https://www.w3.org/ns/credentials/v2"]}', "deactivated": DID,
    "document": '{"resourceType": "Bundle"}', "dsc": PEM, "edition": "earlier", "generate": "yes",
    "identifier": "urn:oid:2.16.152|12.345.678-5", "ips": "sim", "issuer": DID, "issuer_system": "issuer",
    "jwks": "https://issuer.example/.well-known/jwks.json", "known": "2",
    "mailbox": "https://mailbox.example/api", "match": "yes", "metadata": "comprehensive", "mhd": "4.2.2",
    "offers": OFFER, "passcode": "4711", "patient": "b5f2c0de-77a1-4f30-9a55-0d4f3a1c2e91",
    "recipient": "repository", "resolver": "https://resolver.example/1.0/identifiers",
    "revoked": f"0x{'0A' * 32}", "ruleset": "2026", "samples": "lacpass", "sca": PEM, "simplified": "yes",
    "tls": PEM, "translate": "yes", "trustlist": "https://tng.example/v2/trustlist/did.json", "verifiable": "yes",
    "uncontained": "yes", "up": PEM, "url": "https://ehr.example/fhir/Binary/1?v=2", "verifier_system": "verifier",
    "view": "yes", "vp_issuer": '{"kty": "EC"}', "vp_requests": REQUEST,
    "vp_status": "https://issuer.example/lists/1#94567,3", "wallet_shown": "accepted",
}  # fmt: skip


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that leaves its runs to others, with a system for each actor that takes part."""
    with a_sandbox(tmp_path_factory.mktemp("doors"), runs=0) as client:
        for track in TRACKS.values():
            for peer in track.peers:
                alias = TYPED[peer.input]
                body = {
                    "name": alias,
                    "team": alias,
                    "base": f"https://{alias}.example/fhir",
                    "actors": [peer.actor],
                }
                assert client.post("/api/systems", json=body).status_code in (200, 201)
        yield client


def typed(track: Track) -> dict[str, str]:
    return {name: TYPED[name] for name in inputs_of(track.id)}


def test_what_is_typed_is_known_of_every_input() -> None:
    assert set(TYPED) == set(declared_inputs())


@pytest.mark.parametrize("track", TRACKS.values(), ids=TRACKS)
def test_a_run_takes_what_is_typed_for_each_of_its_inputs(idle: TestClient, track: Track) -> None:
    body = {"track": track.id, "system": "sandbox", "inputs": typed(track)}
    reply = idle.post("/api/runs", json=body)
    assert reply.status_code == 201, reply.text
    run = idle.get(f"/api/runs/{reply.json()['id']}").json()
    declared = declared_inputs()
    for name, value in typed(track).items():
        if declared[name].kind == "yes":
            assert run["inputs"][name] == "yes"
        else:
            assert run["inputs"][name] == (REDACTED if declared[name].is_secret else value)


@pytest.mark.parametrize("track", TRACKS.values(), ids=TRACKS)
def test_the_command_line_takes_it_too_and_lacks_nothing(track: Track) -> None:
    words = [word for name, text in typed(track).items() for word in ("--input", f"{name}={text}")]
    done = CliRunner().invoke(app, ["plan", track.id, "--system", "sandbox", *words])
    assert done.exit_code == 0, done.output
