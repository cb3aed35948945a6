"""A verifier names what a credential of 2023 has wrong: the key that lost its y, the missing z, the digest of text, the local time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.keys import PrivateKey, point_of, to_jwk
from sandbox.credentials.lacchain.accounts import address_of, did_of, domain
from sandbox.credentials.lacchain.chain import Block
from sandbox.credentials.lacchain.document import (
    digests_of,
    read_content,
    unsigned,
    with_proof_of_2023,
)
from sandbox.credentials.lacchain.judging import is_of_2023, mirrored
from sandbox.credentials.report import Known, Report
from sandbox.credentials.texts import write_compact
from sandbox.credentials.verifying import verify
from tests.sandbox.credentials.lacchain.making import bundle, core

AT = datetime(2023, 6, 1, 15, 10, tzinfo=UTC)
ACCOUNT = address_of(ec.derive_private_key(7, ec.SECP256K1()).public_key())
DID = did_of(ACCOUNT)
RECEIVER = did_of(address_of(ec.derive_private_key(8, ec.SECP256K1()).public_key()))


def a_key(*, is_odd: bool) -> ec.EllipticCurvePrivateKey:
    """Returns the first key of P-256 whose point has an odd or even y."""
    keys = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(2, 40))
    return next(key for key in keys if key.public_key().public_numbers().y % 2 == is_odd)


KEY = a_key(is_odd=True)


def document(key: Any) -> dict[str, Any]:
    method = {
        "id": f"{DID}#vm-1",
        "type": "JsonWebKey2020",
        "controller": DID,
        "publicKeyJwk": to_jwk(key),
    }
    return {"id": DID, "verificationMethod": [method], "assertionMethod": [method["id"]]}


def credential(*faults: str, data: Any = None, key: PrivateKey = KEY) -> dict[str, Any]:
    bare = unsigned(read_content(bundle(data)), DID, RECEIVER, AT, faults)
    return with_proof_of_2023(bare, key, f"{DID}#vm-1", AT, faults)


def issued(digest: str, *, exp: int = 0, late: float = 0) -> list[Block]:
    at = int((AT + timedelta(seconds=late)).timestamp())
    args = {"digest": digest, "by": ACCOUNT, "iat": at, "exp": exp}
    return [Block(1, at, ACCOUNT, "verification", "NewIssuance", args)]


def reasons(report: Report) -> set[str]:
    return {finding.key.partition(".")[2] for finding in report.findings}


def judged(content: dict[str, Any], chain: list[Block] | None = None, key: Any = None) -> Report:
    known = Known({DID: document(key or KEY.public_key())}, chain=chain)
    return verify(write_compact(content).decode(), known, at=AT + timedelta(hours=5))


def test_one_without_faults_is_signed_and_registered_as_specified() -> None:
    content = credential()
    chain = issued(digests_of(content, KEY)["bytes"], exp=2_000_000_000)
    report = judged(content, chain)
    assert report.step("signature").status == "ok"
    assert report.step("status").status == "ok"


@pytest.mark.parametrize(
    ("fault", "reason", "step"),
    [
        ("no_z", "no_z", "signature"),
        ("no_proof_context", "no_context_in_proof", "suite"),
        ("bare_uuid", "not_url", "schema"),
    ],
)
def test_a_known_fault_is_named_and_the_signature_still_checked(
    fault: str, reason: str, step: Any
) -> None:
    report = judged(credential(fault))
    assert reason in {finding.key.partition(".")[2] for finding in report.step(step).findings}
    assert report.step("signature").status in ("ok", "warn")
    changed = credential(fault)
    changed["credentialSubject"]["batchNumber"] = "B2"
    assert "wrong_proof" in reasons(judged(changed))


def test_a_missing_z_is_forgiven_to_this_dialect_alone() -> None:
    content = credential("no_z")
    content["proof"]["domain"] = "https://elsewhere.example"
    assert judged(content).step("signature").status == "fail"
    assert is_of_2023({"domain": domain()})
    assert not is_of_2023({"domain": domain()[:-1] + "z"})


def test_a_key_that_lost_its_y_is_named() -> None:
    mirror = mirrored(KEY.public_key())
    assert mirror is not None
    assert point_of(mirror)[1:] == point_of(KEY.public_key())[1:]
    report = judged(credential(), key=mirror)
    assert "lost_y" in reasons(report)
    assert report.verdict == "not_valid"
    assert "lost_y" not in reasons(judged(credential(key=a_key(is_odd=False)), key=mirror))


def test_the_registry_tells_digest_end_and_clock() -> None:
    content = credential()
    digests = digests_of(content, KEY)
    assert "hex_digest" in reasons(judged(content, issued(digests["hex"], exp=2_000_000_000)))
    assert "never_expires" in reasons(judged(content, issued(digests["bytes"])))
    assert "not_registered" in reasons(judged(content, issued("00" * 32)))
    endless = credential(data=core("certificate.period"))
    assert "never_expires" not in reasons(
        judged(endless, issued(digests_of(endless, KEY)["bytes"]))
    )
    over = issued(digests["bytes"], exp=int(AT.timestamp()) + 60)
    assert "registered_until" in reasons(judged(content, over))
    local = credential("local_time")
    assert "local_time" in reasons(judged(local, issued(digests_of(local, KEY)["bytes"], late=4)))
    late = issued(digests["bytes"], late=40 * 60)
    assert "local_time" not in reasons(judged(content, late))


def test_what_was_held_or_taken_back_is_not_valid() -> None:
    content = credential()
    digest = digests_of(content, KEY)["bytes"]
    (first,) = issued(digest, exp=2_000_000_000)
    base = {"digest": digest, "by": ACCOUNT}
    hold = replace(first, number=2, event="NewOnHoldChange", args={**base, "onHold": True})
    freed = replace(first, number=3, event="NewOnHoldChange", args={**base, "onHold": False})
    gone = replace(first, number=4, event="NewRevocation", args={**base, "iat": first.at})
    assert "suspended" in reasons(judged(content, [first, hold]))
    assert judged(content, [first, hold, freed]).step("status").status == "ok"
    assert "revoked" in reasons(judged(content, [first, hold, freed, gone]))
