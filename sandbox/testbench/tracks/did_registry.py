"""DIDs of LACChain: made by a ministry's component, written to a registry, resolved as of a block,
a moment and a time.

Inputs: `deactivated` is a DID that its controller has ended, `issuer` one by which a ministry has
sent something; `resolver` where it does not stand below the base.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sandbox.fhir.json import Json, member
from sandbox.testbench.inputs import Input
from sandbox.testbench.lacchain_ground import (
    ADD,
    API,
    CLIENT,
    PLACES,
    REVOKE,
    SPECIFICATION,
    asked,
    document_in,
    fault,
    handed,
    keys_in,
    makes_tests,
    posted,
    refused,
    resolving,
)
from sandbox.testbench.script import Given, Request, Script, Track

VERSIONS = f"{SPECIFICATION}, DID document versions"
BACKWARD = f"{SPECIFICATION}, forTime"
DAYS = 30


@cache
def certificate() -> str:
    """Returns the certificate that is handed to a component; the y of its key is odd."""
    text = (Path(__file__).parent / "wallet_2023.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["certificate"])


def encodes(given: Given) -> Script:
    """A new DID is encoded as specified, and decoded the same (D01)."""
    from sandbox.credentials.did.lac1 import decode, encode

    answer = yield posted(f"{API}/did/lac1", {})
    did = str(member(answer.json, "did"))
    try:
        known = decode(did)
    except ValueError as error:
        yield fault("did_registry.bad_did", "did", SPECIFICATION, found=f"{did[:80]} {error}")
        return {}
    if encode(known) != did:
        yield fault("did_registry.bad_did", "did", SPECIFICATION, expected=encode(known), found=did)
    answer = yield asked(f"{API}/did/lac1/decode/{did}")
    told = {name: str(member(answer.json, name)).lower() for name in known.as_json()}
    for name, expected in known.as_json().items():
        # the chain is told in hexadecimal or as a number
        others = (str(known.chain),) if name == "chainId" else ()
        if told[name] not in (expected.lower(), *others):
            yield fault(
                "did_registry.other_decoding", name, CLIENT, expected=expected, found=told[name]
            )
    return {"did": did}


def checks_sum(given: Given) -> Script:
    """A DID with a wrong checksum is refused, by component and resolver (D02)."""
    did = given["did"]
    wrong = did[:-1] + ("2" if did[-1] != "2" else "3")
    answer = yield asked(f"{API}/did/lac1/decode/{wrong}")
    if not refused(answer):
        yield fault(
            "did_registry.no_checksum", "decode", SPECIFICATION, expected="400", found=answer
        )
    answer = yield resolving(given, wrong)
    if document_in(answer):
        yield fault("did_registry.no_checksum", "resolver", SPECIFICATION, found=answer)


def folds(given: Given) -> Script:
    """The document is that of the version that is asked for (D03)."""
    answer = yield posted(f"{API}/did/lac1", {})
    did = str(member(answer.json, "did"))
    answer = yield _with(did, "POST", ADD)
    if answer.status != 200:
        yield fault("did_registry.not_added", "attribute/add", CLIENT, expected="200", found=answer)
        return
    answer = yield resolving(given, did)
    versions = member(answer.json, "didDocumentMetadata")
    version, updated = (str(member(versions, name)) for name in ("versionId", "updated"))
    if not keys_in(document_in(answer), "assertionMethod"):
        yield fault("did_registry.no_key", "assertionMethod", VERSIONS, found=answer)
        return
    answer = yield _with(did, "DELETE", REVOKE, backwardRevocationDays=0, compromised=False)
    if answer.status != 200:
        yield fault(
            "did_registry.not_revoked", "attribute/revoke", CLIENT, expected="200", found=answer
        )
        return
    answer = yield resolving(given, did)
    later = str(member(member(answer.json, "didDocumentMetadata"), "updated"))
    if keys_in(document_in(answer), "assertionMethod"):
        yield fault("did_registry.still_there", "assertionMethod", VERSIONS)
    for name, value in (("versionId", version), ("versionTime", updated)):
        # within one second a moment cannot tell the two apart
        if name == "versionTime" and later == updated:
            continue
        answer = yield resolving(given, did, **{name: value})
        if not keys_in(document_in(answer), "assertionMethod"):
            yield fault("did_registry.no_version", name, VERSIONS, expected=value, found=answer)


def revokes_backwards(given: Given) -> Script:
    """A key that was revoked backwards is not told for the time since (D04)."""
    answer = yield posted(f"{API}/did/lac1", {})
    did = str(member(answer.json, "did"))
    yield _with(did, "POST", ADD)
    answer = yield _with(did, "DELETE", REVOKE, backwardRevocationDays=DAYS, compromised=True)
    if answer.status != 200:
        yield fault(
            "did_registry.not_revoked", "attribute/revoke", CLIENT, expected="200", found=answer
        )
        return
    now = datetime.fromisoformat(given["now"])
    for days, is_good in ((DAYS - 10, False), (DAYS + 10, True)):
        moment = (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = yield resolving(given, did, forTime=moment)
        is_there = bool(keys_in(document_in(answer), "assertionMethod"))
        if is_there is not is_good:
            key = "did_registry.not_told" if is_good else "did_registry.told_since"
            yield fault(key, "forTime", BACKWARD, found=moment)


def deactivated(given: Given) -> Script:
    """A DID that was ended has no keys, and says so (D05)."""
    answer = yield resolving(given, given["deactivated"])
    if member(member(answer.json, "didDocumentMetadata"), "deactivated") is not True:
        yield fault(
            "did_registry.not_deactivated",
            "deactivated",
            SPECIFICATION,
            expected="true",
            found=answer,
        )
    if document_in(answer).get("verificationMethod"):
        yield fault("did_registry.keys_left", "verificationMethod", SPECIFICATION)


def agrees(given: Given) -> Script:
    """Who sends has a key for agreement, of X25519 (D06)."""
    from sandbox.credentials.lacchain.mail import agreement_key
    from sandbox.errors import BadRequest

    answer = yield resolving(given, given["issuer"])
    document: Json = document_in(answer)
    try:
        agreement_key(document)
    except BadRequest:
        kinds = [str(method.get("type")) for method in keys_in(document, "keyAgreement")]
        is_wrong = any(kind.startswith("Ed25519") for kind in kinds)
        yield fault(
            f"did_registry.{'wrong_agreement' if is_wrong else 'no_agreement'}",
            "keyAgreement",
            CLIENT,
            expected="X25519KeyAgreementKey2019",
            found=", ".join(kinds) or "–",
        )


def _with(did: str, method: str, path: str, **more: object) -> Request:
    return handed(method, path, certificate(), {"did": did, "relation": "asse", **more})


_test = makes_tests("did.registry", ("resolver",))
TESTS = (
    _test("D01", encodes, SPECIFICATION),
    _test("D02", checks_sum, SPECIFICATION, after={"did": "D01"}),
    _test("D03", folds, VERSIONS, after={"did": "D01"}),
    _test("D04", revokes_backwards, BACKWARD, after={"did": "D01"}),
    # few have ended a DID of theirs
    replace(
        _test("D05", deactivated, f"{SPECIFICATION}, delete", needs=("deactivated",)),
        is_optional=True,
    ),
    _test("D06", agrees, CLIENT, needs=("issuer",)),
)
TRACK = Track(
    "did.registry",
    "did_registry",
    TESTS,
    actor="trust-participant",
    inputs={
        "deactivated": Input("did"),
        "issuer": Input("did"),
        "resolver": PLACES["resolver"],
    },
)
