"""Delivery of a certificate to a wallet as in 2023: DID, manager, key of the signer, the credential
in a mailbox, its registration, the chain of trust, and its revocation.

Inputs: `issuer` is the ministry's DID, admitted and with the key of its signer; `revoked` the
digest of a credential that was taken back.  The receiver is a wallet of the bench, whose DID and
keys follow from the run, so that it publishes them itself.
"""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.lacchain_ground import (
    ADD,
    API,
    CLIENT,
    PLACES,
    asked,
    document_in,
    fault,
    handed,
    keys_in,
    makes_tests,
    place,
    posted,
    refused,
    resolving,
    seconds_of,
)
from sandbox.testbench.script import Given, Request, Script, Track
from sandbox.testbench.submissions import changed
from sandbox.testbench.tracks.did_registry import certificate

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.steps import StepName
    from sandbox.credentials.lacchain.chain import Block
    from sandbox.credentials.lacchain.keyring import Identity

SEND = f"{API}/verifiable-credential/ddcc/send"
REGISTRY = "LACChain VerificationRegistry"
TRUST = "LACChain ChainOfTrust, PublicDirectory"
MAILBOX = "LACChain mailbox; ECDH-1PU draft 04"
SHORT_DAYS, DAYS = 30, 365
DAY = 86_400
LOCAL_TIME = "credentials.local_time"
JOSE = {"Content-Type": "application/jose", "Accept": "application/json"}
ABOUT: tuple[StepName, ...] = (
    "schema",
    "suite",
    "key",
    "relation",
    "controller",
    "signature",
    "validity",
)
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
CORE: Json = {
    "resourceType": "DDCCCoreDataSet",
    "name": "Rosa Fuenzalida",
    "birthDate": "1958-03-07",
    "certificate": {
        "hcid": {"value": "URN:UVCI:XA:23"},
        "version": "RC2",
        "issuer": {"identifier": {"value": "XA"}},
        "period": {"start": "2023-05-21", "end": "2053-05-20"},
    },
    "vaccination": {
        "country": {"code": "CHL"},
        "vaccine": {"code": "XM68M6"},
        "brand": {"code": "XM4YL8"},
        "lot": "A1",
        "date": "2023-05-20",
        "dose": 1,
    },
}


@cache
def refusals() -> list[Json]:
    """Returns the deliveries that must be refused, each with its one fault."""
    text = (Path(__file__).parent / "wallet_2023.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["refusal"])


def has_did(given: Given) -> Script:
    """The component makes a DID, whose controller is the account in it (L01)."""
    from sandbox.credentials.did.lac1 import decode

    answer = yield posted(f"{API}/did/lac1", {})
    did = str(member(answer.json, "did"))
    try:
        account = decode(did).controller
    except ValueError:
        yield fault("wallet_2023.no_did", "did", CLIENT, found=answer)
        return {}
    answer = yield asked(f"{API}/did/lac1/controller/{did}")
    told = str(member(answer.json, "controller"))
    if told.lower() != account:
        yield fault(
            "wallet_2023.other_controller", "controller", CLIENT, expected=account, found=told
        )
    return {"did": did}


def has_manager(given: Given) -> Script:
    """A manager is made for at least a year, and told again (L02)."""
    did = given["did"]
    answer = yield posted(f"{API}/manager", {"did": did, "validDays": SHORT_DAYS})
    if not refused(answer):
        yield fault(
            "wallet_2023.short_manager",
            "validDays",
            CLIENT,
            severity="warning",
            expected=f"≥ {DAYS}",
            found=answer,
        )
    answer = yield posted(f"{API}/manager", {"did": did, "validDays": DAYS})
    account = str(member(answer.json, "managerAddress"))
    if len(account) != 42 or not account.startswith("0x"):
        yield fault("wallet_2023.no_manager", "managerAddress", CLIENT, found=answer)
        return
    answer = yield asked(f"{API}/manager/{did}")
    told = str(member(answer.json, "managerAddress"))
    if told.lower() != account.lower():
        yield fault("wallet_2023.no_manager", "manager", CLIENT, expected=account, found=told)


def keeps_key(given: Given) -> Script:
    """The key of a certificate stands in the document with both coordinates (L03)."""
    from cryptography import x509

    from sandbox.credentials.keys import PublicKey, to_jwk

    did = given["did"]
    answer = yield handed("POST", ADD, certificate(), {"did": did, "relation": "asse"})
    if answer.status != 200:
        yield fault("wallet_2023.not_added", "x509Cert", CLIENT, expected="200", found=answer)
        return
    answer = yield resolving(given, did)
    key = x509.load_pem_x509_certificate(certificate().strip().encode()).public_key()
    wanted = to_jwk(key) if isinstance(key, PublicKey) else {}
    known = [
        method.get("publicKeyJwk") for method in keys_in(document_in(answer), "assertionMethod")
    ]
    found = next((jwk for jwk in known if member(jwk, "x") == wanted["x"]), None)
    if found is None:
        yield fault("wallet_2023.no_key", "assertionMethod", CLIENT, found=answer)
    elif member(found, "y") != wanted["y"]:
        yield fault(
            "wallet_2023.lost_y",
            "publicKeyJwk.y",
            "RFC 7518 6.2.1.3",
            expected=str(wanted["y"]),
            found=str(member(found, "y")),
        )


def sends(given: Given) -> Script:
    """A right delivery is taken, and each wrong one refused with 400 (L04)."""
    from sandbox.credentials.lacchain.keyring import agreement_of, authentication_of
    from sandbox.credentials.lacchain.signed import write_transaction

    identity = _receiver(given)
    for nonce, make in enumerate((authentication_of, agreement_of)):
        text = write_transaction(make(identity, seconds=DAY), identity, nonce=nonce)
        answer = yield Request("POST", place(given, "chain"), JOSE, text.encode())
        # in a test that is played again they are there already
        if answer.status not in (201, 412):
            yield fault("wallet_2023.not_published", "chain", MAILBOX, expected="201", found=answer)
            return {}
    answer = yield _delivery(given, _bundle())
    delivery = member(answer.json, "deliveryId")
    if answer.status != 200 or not delivery:
        yield fault("wallet_2023.not_sent", "send", CLIENT, expected="200", found=answer)
        return {}
    for row in refusals():
        answer = yield _delivery(given, _wrong(row))
        if answer.status != 400:
            yield fault(
                "wallet_2023.not_refused", str(row["name"]), CLIENT, expected="400", found=answer
            )
    for name in ("issuerDid", "receiverDid"):
        answer = yield _delivery(given, _bundle(), **{name: f"{identity.did[:-1]}0"})
        if answer.status != 400:
            yield fault("wallet_2023.not_refused", name, CLIENT, expected="400", found=answer)
    return {"delivery": str(delivery)}


def delivers(given: Given) -> Script:
    """The receiver opens what was delivered, and the proof in it is right (L05)."""
    from sandbox.credentials.lacchain.mail import decrypt, write_token
    from sandbox.errors import SandboxError

    identity = _receiver(given)
    answer = yield asked(place(given, "mailbox", "did"))
    token = write_token(identity, str(member(answer.json, "did")), at=seconds_of(given))
    address = place(given, "mailbox", "vc")
    answer = yield Request("GET", address, {"Accept": "application/json", "token": token})
    letters = [letter for letter in as_list(answer.json) if isinstance(letter, dict)]
    if answer.status != 200 or not letters:
        yield fault("wallet_2023.no_letter", "mailbox", MAILBOX, found=answer)
        return {}
    known = yield resolving(given, given["issuer"])
    document = document_in(known)
    for letter in reversed(letters):
        try:
            content, sender = decrypt(letter, identity, lambda _: document)
        except SandboxError:
            continue
        if sender == given["issuer"]:
            yield from _judged(content, document, given)
            return {"credential": content.decode("utf-8", "replace")}
    yield fault("wallet_2023.not_opened", "mailbox", MAILBOX, found=str(len(letters)))
    return {}


def registers(given: Given) -> Script:
    """The registry knows what was delivered, by the hash of its bytes (L06)."""
    from sandbox.credentials.report import Known
    from sandbox.credentials.verifying import verify

    answer = yield resolving(given, given["issuer"])
    document = document_in(answer)
    answer = yield asked(place(given, "chain"))
    known = Known({given["issuer"]: document}, chain=_blocks(answer))
    report = verify(given["credential"], known, at=datetime.fromisoformat(given["now"]))
    local = [found for found in report.step("validity").findings if found.key == LOCAL_TIME]
    status = report.step("status")
    if status.status == "skipped":
        yield fault("wallet_2023.not_registered", "digest", REGISTRY, found=report.verdict)
    for finding in [*status.findings, *local]:
        # elsewhere it may be left out; who is tested here is to do it
        if finding.key == "credentials.not_registered":
            digest = finding.found
            yield fault("wallet_2023.not_registered", "digest", REGISTRY, expected=digest)
        else:
            yield finding


def reaches_root(given: Given) -> Script:
    """The issuer is in the directory, and vouched for up to the root (L07)."""
    from sandbox.credentials.lacchain.directory import members
    from sandbox.credentials.lacchain.trust import path_of

    answer = yield asked(place(given, "chain"))
    blocks = _blocks(answer)
    now = seconds_of(given)
    issuer = members(blocks).get(given["issuer"])
    if issuer is None or not issuer.is_in_force(now):
        yield fault("wallet_2023.unlisted", "directory", TRUST, found=given["issuer"])
    path = path_of(blocks, given["issuer"], now)
    if path.broken:
        yield fault("wallet_2023.no_root", "trust", TRUST, found=f"{path.broken}: {path.at}")


def shows_revocation(given: Given) -> Script:
    """A credential that was taken back is revoked in the registry (L08)."""
    from sandbox.credentials.lacchain.registry import identity_of
    from sandbox.credentials.lacchain.verification import details_of
    from sandbox.errors import BadRequest

    try:
        identity = identity_of(given["issuer"])
    except BadRequest as odd:
        yield odd.as_finding()
        return
    answer = yield asked(place(given, "chain"))
    digest = given["revoked"].removeprefix("0x").lower()
    details = details_of(_blocks(answer), identity, digest)
    if details is None or not details.revoked:
        yield fault("wallet_2023.not_revoked", "digest", REGISTRY, expected="revoked", found=digest)


def _judged(content: bytes, document: Json, given: Given) -> Iterator[Finding]:
    """Yields what verifying a credential has found; the chain is asked by the tests behind.

    Args:
        content: The credential as it was delivered.
        document: Of its issuer's DID.
        given: The inputs of the run.
    """
    from sandbox.credentials.report import Known
    from sandbox.credentials.verifying import verify

    moment = datetime.fromisoformat(given["now"])
    known = Known({given["issuer"]: document})
    report = verify(content.decode("utf-8", "replace"), known, at=moment)
    findings = [finding for name in ABOUT for finding in report.step(name).findings]
    if report.step("signature").status == "skipped" and not findings:
        yield fault("wallet_2023.not_opened", "proof", CLIENT, found=report.verdict)
    # that a context is not bundled says nothing about who sent it
    yield from [finding for finding in findings if finding.severity != "information"]


def _delivery(given: Given, bundle: Json, **dids: str) -> Request:
    named = {"issuerDid": given["issuer"], "receiverDid": _receiver(given).did, **dids}
    return posted(SEND, {"bundle": bundle, **named})


def _wrong(row: Json) -> Json:
    core = changed(CORE, row["core"]) if "core" in row else CORE
    bundle = _bundle(core)
    return dict(changed(bundle, row["without"])) if "without" in row else bundle


def _bundle(core: Any = None) -> Json:
    data = base64.b64encode(json.dumps(CORE if core is None else core).encode()).decode()
    reference = {
        "resourceType": "DocumentReference",
        "status": "current",
        "description": "Vaccination certificate",
        "content": [
            {"attachment": {"contentType": "image/png", "data": PICTURE}},
            {"attachment": {"contentType": "application/json", "data": data}},
        ],
    }
    return {"resourceType": "Bundle", "type": "document", "entry": [{"resource": reference}]}


def _receiver(given: Given) -> Identity:
    """Returns the wallet of the bench in this run."""
    from sandbox.credentials.lacchain.keyring import identity_of_seed

    return identity_of_seed(f"receiver of {given['run']}")


def _blocks(answer: Exchange) -> list[Block]:
    from sandbox.credentials.lacchain.syncing import block_from

    try:
        return [block_from(row) for row in as_list(answer.json)]
    except (KeyError, TypeError, ValueError):
        return []


_test = makes_tests("lacpass.wallet-2023", tuple(PLACES))
TESTS = (
    _test("L01", has_did, CLIENT),
    _test("L02", has_manager, CLIENT, after={"did": "L01"}),
    _test("L03", keeps_key, CLIENT, after={"did": "L01"}),
    _test("L04", sends, CLIENT, needs=("issuer",)),
    _test(
        "L05",
        delivers,
        MAILBOX,
        needs=("issuer",),
        after={"delivery": "L04"},
    ),
    _test("L06", registers, REGISTRY, needs=("issuer",), after={"credential": "L05"}),
    _test("L07", reaches_root, TRUST, needs=("issuer",)),
    # not everybody has taken a credential back
    replace(
        _test("L08", shows_revocation, REGISTRY, needs=("issuer", "revoked")), is_optional=True
    ),
)
TRACK = Track(
    "lacpass.wallet-2023",
    "wallet_2023",
    TESTS,
    actor="content-creator",
    inputs={
        **PLACES,
        "issuer": Input("did"),
        "revoked": Input("digest"),
    },
)
