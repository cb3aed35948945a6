"""What a verifier asks the chain about a credential of 2023: whether its digest is registered, held
or revoked, whether its issuer is vouched for up to the root, and which known faults it has.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.did import lac1
from sandbox.credentials.keys import P256, PublicKey, curve_of, point_of
from sandbox.credentials.lacchain.chain import Blocks
from sandbox.credentials.lacchain.directory import members
from sandbox.credentials.lacchain.document import digests_of
from sandbox.credentials.lacchain.trust import path_of
from sandbox.credentials.lacchain.verification import Details, details_of
from sandbox.credentials.report import Report, note
from sandbox.credentials.texts import Json, from_base58

REGISTRY = "LACChain VerificationRegistry"
TRUST = "LACChain ChainOfTrust"
QUARTER = 900
LARGEST_OFFSET = 14 * 3600
DOMAIN_HEAD = b"\x00\x01\x00\x01"
DOMAIN_LEAST = len(DOMAIN_HEAD) + 3 * 20 + 1 + 4


def is_of_2023(proof: Json) -> bool:
    """Tells whether a proof names the contracts of a LACChain network as its domain."""
    try:
        content = from_base58(str(proof.get("domain", "")))
    except ValueError:
        return False
    body, checksum = content[:-4], content[-4:]
    is_long = len(content) >= DOMAIN_LEAST and body.startswith(DOMAIN_HEAD)
    return is_long and lac1.keccak(body)[:4] == checksum


def mirrored(key: PublicKey) -> PublicKey | None:
    """Returns the point of P-256 with the same x and the other y; None for any other key."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or curve_of(key) is not P256:
        return None
    head, x = point_of(key)[:1], point_of(key)[1:]
    other = b"\x02" if head == b"\x03" else b"\x03"
    return ec.EllipticCurvePublicKey.from_encoded_point(key.curve, other + x)


def judge_registry(
    report: Report, document: Json, key: PublicKey, blocks: Blocks, at: datetime
) -> None:
    """Adds what the verification registry says of a credential.

    Args:
        report: The credential's.
        document: The credential with one proof of 2023.
        key: Has signed it.
        blocks: The chain.
        at: The moment for which it is judged.
    """
    try:
        issuer = lac1.decode(report.issuer).controller
    except ValueError:
        return
    digests = digests_of(document, key)
    kept = {form: details_of(blocks, issuer, digest) for form, digest in digests.items()}
    form = next((form for form, details in kept.items() if details is not None), None)
    details = kept[form] if form else None
    if details is None:
        absent = note("not_registered", "warning", found=digests["bytes"], clause=REGISTRY)
        report.add("status", [absent])
        return
    if form == "hex":
        odd = note("hex_digest", "warning", found=digests["hex"], clause=REGISTRY)
        report.add("status", [odd])
    _judge_details(report, document, details, digests[form or "bytes"], at)


def judge_chain(report: Report, blocks: Blocks, at: datetime) -> None:
    """Adds whether an issuer is vouched for up to the root of the network.

    Args:
        report: The credential's, with its issuer.
        blocks: The chain.
        at: The moment for which it is judged.
    """
    moment = int(at.timestamp())
    path = path_of(blocks, report.issuer, moment)
    listed = members(blocks)
    names = [listed[did].name if did in listed else did[:24] for did in path.dids]
    shown = " > ".join(reversed(names))
    if path.broken:
        found = f"{path.broken}: {path.at}"[:120]
        report.fail("trust", f"chain_{path.broken}", found=found, clause=TRUST)
        return
    issuer = listed.get(report.issuer)
    if issuer is None or not issuer.is_in_force(moment):
        report.fail("trust", "chain_unlisted", found=report.issuer[:120], clause=TRUST)
        return
    report.add("trust", detail=shown)


def _judge_details(
    report: Report, document: Json, details: Details, digest: str, at: datetime
) -> None:
    moment = at.timestamp()
    if details.revoked:
        report.fail("status", "revoked", found=digest, clause=REGISTRY)
    elif details.on_hold:
        report.fail("status", "suspended", found=digest, clause=REGISTRY)
    elif 0 < details.exp <= moment:
        report.fail("status", "registered_until", found=str(details.exp), clause=REGISTRY)
    else:
        report.add("status", detail=digest)
    if details.exp == 0 and document.get("validUntil"):
        ends = str(document["validUntil"])
        report.add("status", [note("never_expires", "warning", expected=ends, clause=REGISTRY)])
    _judge_clock(report, document["proof"], details)


def _judge_clock(report: Report, proof: Json, details: Details) -> None:
    """Adds where a stamp is off by whole quarters of an hour from when it was registered: local
    time that says it is UTC.
    """
    from sandbox.credentials.datamodel import moment_of

    created = moment_of(proof.get("created"))
    if created is None:
        return
    off = details.iat - created.timestamp()
    near = round(off / QUARTER) * QUARTER
    if near and abs(off - near) < 120 and 3 * QUARTER < abs(near) <= LARGEST_OFFSET:
        odd = note(
            "local_time",
            "warning",
            where="proof.created",
            found=str(proof["created"]),
            clause="XML Schema 1.1 Part 2 3.3.7",
        )
        report.add("validity", [odd])
