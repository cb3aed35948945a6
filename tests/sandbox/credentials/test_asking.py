"""What a credential takes is asked for, each document once, and what did not come proves nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sandbox.credentials.asking import verify_asking
from sandbox.credentials.keys import PrivateKey, to_jwk
from sandbox.credentials.report import Asked
from sandbox.credentials.sdjwt.presenting import present
from sandbox.credentials.status.bits import empty
from tests.sandbox.credentials.making import (
    AT,
    CLAIMS,
    CREDENTIAL,
    HOLDER,
    IETF_LIST,
    ISSUER,
    KNOWN,
    PLACE,
    STRANGER,
    changed,
    did_of,
    ietf_list,
    sdjwt,
    signed,
)

DID = "did:web:salud.example"
ADDRESS = "https://salud.example/.well-known/did.json"
KEY = {
    "id": f"{DID}#1",
    "type": "JsonWebKey",
    "controller": DID,
    "publicKeyJwk": to_jwk(ISSUER.public_key()),
}
DOCUMENT = {"id": DID, "verificationMethod": [KEY], "assertionMethod": ["#1"]}
BELIEVING = replace(KNOWN, issuers={**(KNOWN.issuers or {}), DID: "Panamá"})
TEXT = json.dumps(
    signed(
        "ecdsa-jcs-2019", document=changed(CREDENTIAL, issuer=DID), verificationMethod=f"{DID}#1"
    )
)


class Web:
    """Answers with what stands at addresses, and keeps what was asked."""

    def __init__(self, **documents: bytes) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def __call__(self, address: str) -> bytes:
        self.asked.append(address)
        if address not in self.documents:
            raise OSError("HTTP 404")
        return self.documents[address]


def test_the_document_of_the_issuer_is_asked_for_once_and_makes_it_valid() -> None:
    web = Web(**{ADDRESS: json.dumps(DOCUMENT).encode()})
    assert verify_asking(TEXT, BELIEVING, web, at=AT).verdict == "valid"
    assert web.asked == [ADDRESS]


def test_what_does_not_come_is_told_once_and_asked_for_no_second_time() -> None:
    web = Web()
    told: list[tuple[str, str]] = []
    report = verify_asking(
        TEXT, BELIEVING, web, at=AT, tell=lambda address, error: told.append((address, str(error)))
    )
    assert report.verdict == "unverified"
    assert web.asked == [ADDRESS]
    assert told == [(ADDRESS, "HTTP 404")]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff"])
def test_what_is_no_document_makes_nothing_valid(body: bytes) -> None:
    assert verify_asking(TEXT, BELIEVING, Web(**{ADDRESS: body}), at=AT).verdict != "valid"


def test_nothing_is_asked_for_what_is_at_hand() -> None:
    web = Web()
    known = replace(BELIEVING, documents={**KNOWN.documents, ADDRESS: DOCUMENT})
    assert verify_asking(TEXT, known, web, at=AT).verdict == "valid"
    assert web.asked == []


@pytest.mark.parametrize(
    ("issuer", "status", "verdict", "is_asked"),
    [
        (ISSUER, 0, "valid", True),
        (ISSUER, 1, "not_valid", True),
        # whoever shows it has written the address, and may want this server to ask there
        (STRANGER, 0, "not_valid", False),
    ],
)
def test_what_a_wallet_shows_names_addresses_by_the_word_of_an_issuer_alone(
    issuer: PrivateKey, status: int, verdict: str, is_asked: bool
) -> None:
    bits = empty("least")
    bits[PLACE] = status
    web = Web(**{IETF_LIST: ietf_list(bits).encode()})
    known = replace(KNOWN, documents={})
    text = present(
        sdjwt(changed(CLAIMS, iss=did_of(issuer)), issuer),
        (("name",),),
        HOLDER,
        audience="https://verifier.example",
        nonce="n-1",
        at=AT,
    )
    asked = Asked("https://verifier.example", "n-1")
    assert verify_asking(text, known, web, at=AT, asked=asked).verdict == verdict
    assert web.asked == ([IETF_LIST] if is_asked else [])
