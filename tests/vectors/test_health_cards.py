"""SMART Health Cards: every file of the card tools raises its named error, told at its step."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.certificates.qr import texts_in
from sandbox.certificates.shc import faults_of_key, verify_card
from sandbox.certificates.shc_forms import texts_of
from sandbox.certificates.steps import Certificate
from tests.conftest import VECTORS
from tests.sandbox.certificates.making import card

ROOT = VECTORS / "certificates" / "shc-dev-tools" / "testdata"
WHO = VECTORS / "certificates" / "ddcc-validator" / "test-resources" / "src" / "main" / "resources"
AT = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "https://spec.smarthealth.cards/examples/issuer"
# the public key of the specification's example issuer; its id is its thumbprint, so it cannot be another one
KEY = {
    "kty": "EC", "kid": "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s", "use": "sig", "alg": "ES256", "crv": "P-256",
    "x": "11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw", "y": "eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8",
}  # fmt: skip
TRUSTED: dict[str, list[dict[str, Any]]] = {ISSUER: [KEY]}
pytestmark = pytest.mark.needs("vectors")

# what a file is, and the steps with the reasons that are told of it
TEXTS = {
    "d-jws-der-signature-rs-neg.txt": {("signature", "not_64")},
    "d-jws-invalid-signature.txt": {("signature", "wrong_jws_signature")},
    "d-jws-jws_too_long.txt": {
        ("jws", "jws_long"), ("claims", "no_nbf"), ("schema", "no_card_type"), ("trust", "no_issuer"),
    },
    "d-jws-no_deflate.txt": {("jws", "jws_long"), ("jws", "jws_header"), ("inflate", "not_deflated")},
    "d-jws-no_jws_header_alg.txt": {("jws", "jws_header"), ("signature", "wrong_jws_signature")},
    "d-jws-trailing_chars.txt": {("prefix", "blanks")},
    "d-jws-wrong_jws_header_kid.txt": {("trust", "no_issuer_key")},
    "f-qr-code-numeric-value-0-trailing_chars.txt": {("prefix", "blanks")},
    "f-qr-code-numeric-value-0-qr_chunk_too_small.txt": {("prefix", "chunked")},
    "f-qr-code-numeric-value-15-qr_chunk_too_small.txt": {("prefix", "chunked")},
}  # fmt: skip
FILES: dict[str, list[set[tuple[str, str]]]] = {
    "bad_jwks": [{("trust", "no_issuer")}],
    "invalid_deflate": [{("inflate", "not_raw")}],
    "invalid_issuer_url": [{("trust", "no_issuer")}],
    "invalid_issuer_url_http": [{("claims", "bad_issuer"), ("trust", "no_issuer")}],
    "jws_too_long": [TEXTS["d-jws-jws_too_long.txt"]],
    "multi-jws": [set(), {("trust", "no_issuer_key")}],
    "multi-jws-issues": [TEXTS["d-jws-no_jws_header_alg.txt"], set()],
    "no_deflate": [TEXTS["d-jws-no_deflate.txt"]],
}
PAYLOADS = {
    "exp_milliseconds": {("claims", "shc_milliseconds"), ("validity", "expired")},
    "expired": {("validity", "expired")},
    "pre-expired": {("claims", "ends_before"), ("validity", "expired")},
    "missing-imm-vc-type": {("schema", "no_kind")},
    "missing-covid-vc-type": {("schema", "no_kind")},
    "optional-vc-type": set(),
    "trailing_chars": {("claims", "trailing")},
}
KEYS = {
    "valid_key_with_x5c.json": set(), "valid_2_chain.public.json": set(), "issuer.jwks.public.not.smart.json": set(),
    "wrong_alg_key.json": {"bad_jwk"}, "wrong_use_key.json": {"bad_jwk"}, "wrong_kid_key.json": {"no_thumbprint"},
    "wrong_kty_key.json": {"bad_jwk", "no_thumbprint"}, "cert_mismatch.public.json": {"other_x5c"},
    "invalid_DNS_SAN.public.json": {"no_address"}, "invalid_no_SAN.public.json": {"no_address"},
}  # fmt: skip
PICTURES = {
    "g-qr-code-0-scaled-23.jpg": [set()], "g-qr-code-0-scaled-85.jpg": [set()], "g-qr-code-0-single_qr_segment.png": [set()],
    "g-qr-code-inflated-to-v22.png": [set()], "g-qr-code-0-qr_chunk_too_small.png": [{("prefix", "chunked")}],
    "g-qr-code-0-corrupted.png": [],
}  # fmt: skip


def faults(found: Certificate) -> set[tuple[str, str]]:
    return {(one.name, told.key.partition(".")[2]) for one in found.steps for told in one.findings}


def judged(text: str, issuers: Any = None) -> set[tuple[str, str]]:
    return faults(verify_card(text, issuers or TRUSTED, at=AT))


@pytest.mark.parametrize("name", TEXTS)
def test_each_text_raises_its_error(name: str) -> None:
    text = (ROOT / f"test-example-00-{name}").read_text(encoding="utf-8")
    assert (
        judged(text)
        - {("schema", "costs_room"), ("schema", "long_reference"), ("schema", "bundle_type")}
        == TEXTS[name]
    )


@pytest.mark.parametrize("name", FILES)
def test_each_file_raises_its_errors_card_by_card(name: str) -> None:
    text = (ROOT / f"test-example-00-e-file-{name}.smart-health-card").read_text(encoding="utf-8")
    assert [judged(one) for one in texts_of(text)] == FILES[name]


@pytest.mark.parametrize("name", PAYLOADS)
def test_each_payload_raises_its_error_when_it_is_signed(name: str) -> None:
    content = (ROOT / f"test-example-00-b-jws-payload-expanded-{name}.json").read_bytes()
    text, key = card(content)
    # the payloads are published expanded, and cards have them minified
    expanded = {("jws", "jws_long"), ("claims", "not_minified")}
    assert judged(text, {ISSUER: [key]}) - expanded == PAYLOADS[name]


@pytest.mark.parametrize("name", KEYS)
def test_each_key_raises_its_error(name: str) -> None:
    held = json.loads((ROOT / name).read_text(encoding="utf-8"))
    found = {
        told.key.partition(".")[2]
        for key in held.get("keys", [held])
        for told in faults_of_key(key, issuer="https://smarthealth.cards/examples/issuer")
    }
    assert found == KEYS[name]


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_read(name: str) -> None:
    texts = texts_in((ROOT / f"test-example-00-{name}").read_bytes())
    assert [judged(one) for one in texts] == PICTURES[name]


def test_a_picture_that_holds_no_card_and_the_longest_code() -> None:
    (text,) = texts_in((ROOT / "test-invalid-jws-payload.png").read_bytes())
    assert ("claims", "no_card") in judged(text)
    assert (
        judged((ROOT / "test-example-1195-byte-qrnumeric.txt").read_text(encoding="utf-8")) == set()
    )


def test_cards_of_whos_validator_are_read() -> None:
    files = sorted(WHO.glob("SHC*Contents.txt"))
    assert len(files) == 4
    for file in files:
        found = verify_card(file.read_text(encoding="utf-8"), TRUSTED, at=AT)
        assert found.content["resourceType"] == "Bundle"
        told = faults(found) - {("trust", "no_issuer")}
        # Senegal's has bytes behind the deflated payload
        assert told == ({("inflate", "bytes_behind")} if "Senegal" in file.name else set())
