"""The proof of a list is verified where the key is known, and what was changed is believed in nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey

from sandbox.certificates.unpacking import to_base64url
from sandbox.credentials.proofs.canonical import rdfc
from sandbox.trust.cms import signed
from sandbox.trust.documents import TrustList, read_list
from sandbox.trust.pki import Pair, new_anchor, new_pki
from sandbox.trust.proofs import Anchors, Key, anchors_in, judge_document_proof, prove
from tests.conftest import VECTORS
from tests.sandbox.certificates.making import NOW, chile
from tests.sandbox.trust.test_entries import a_list, der

METHOD = "did:web:list.example#key"
SUITE_FILES = {
    "ecdsa-jcs-2019-p256": "vc-di-ecdsa/TestVectors/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json",
    "ecdsa-jcs-2019-p384": "vc-di-ecdsa/TestVectors/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json",
    "eddsa-jcs-2022": "vc-di-eddsa/TestVectors/eddsa-jcs-2022/signedJCS.json",
}


def told(judged: TrustList) -> dict[str, str]:
    return {one.key.removeprefix("trust."): one.severity for one in judged.findings}


def key_of(pair: Pair) -> Key:
    key = pair.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def key_in(method: str) -> Key:
    """The key that stands in the name of a `did:key`."""
    letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for letter in method.partition("#")[2].removeprefix("z"):
        number = number * 58 + letters.index(letter)
    content = number.to_bytes((number.bit_length() + 7) // 8)
    curves: dict[bytes, ec.EllipticCurve] = {
        b"\x80\x24": ec.SECP256R1(),
        b"\x81\x24": ec.SECP384R1(),
    }
    if content[:2] in curves:
        return ec.EllipticCurvePublicKey.from_encoded_point(curves[content[:2]], content[2:])
    return ed25519.Ed25519PublicKey.from_public_bytes(content[2:])


@pytest.mark.needs("vectors")
@pytest.mark.parametrize("name", SUITE_FILES)
def test_proofs_of_the_w3c_are_right_and_changed_ones_are_not(name: str) -> None:
    text = (VECTORS / "certificates" / SUITE_FILES[name]).read_text(encoding="utf-8")
    document = json.loads(text)
    method = document["proof"]["verificationMethod"]
    anchors = Anchors({method: key_in(method)})

    def said_of(**changes: Any) -> list[str]:
        changed = {**document, **changes}
        return [one.key.removeprefix("trust.") for one in judge_document_proof(changed, anchors)]

    assert said_of() == ["proof_right"]
    assert said_of(issuer="another") == ["proof_wrong"]
    for change in ({"created": "2020-01-01T00:00:00Z"}, {"proofValue": "z1"}):
        assert said_of(proof={**document["proof"], **change}) == ["proof_wrong"]
    # of several proofs each counts: one that is right does not hide one that is wrong
    both = [document["proof"], {**document["proof"], "proofValue": "z1"}]
    assert said_of(proof=both) == ["proof_right", "proof_wrong"]


def proven(document: dict[str, Any]) -> dict[str, Any]:
    return prove(document, chile().up.key, method=METHOD, created="2026-11-26T12:00:00Z")


def test_a_list_is_believed_by_its_proof_and_a_changed_one_in_nothing() -> None:
    anchors = Anchors({METHOD: key_of(chile().up)})
    right = read_list(proven(a_list()), at=NOW, anchors=anchors)
    assert (told(right), len(right.keys)) == ({"proof_right": "information"}, 1)
    changed = read_list({**proven(a_list()), "id": "did:web:another"}, at=NOW, anchors=anchors)
    assert (told(changed)["proof_wrong"], changed.keys) == ("error", ())
    assert all(each.reasons for each in changed.refused)
    other = Anchors({METHOD: key_of(chile().tls)})
    assert read_list(proven(a_list()), at=NOW, anchors=other).keys == ()


def test_a_proof_by_an_unknown_key_is_said_not_to_be_checked() -> None:
    judged = read_list(proven(a_list()), at=NOW)
    assert (told(judged), len(judged.keys)) == ({"proof_key_unknown": "information"}, 1)
    odd = read_list(a_list(proof={"type": "JsonWebSignature2020", "jws": "e30..AAAA"}), at=NOW)
    assert told(odd) == {"proof_key_unknown": "information"}
    odd = read_list(a_list(proof={"type": "AnotherSignature", "proofValue": "z"}), at=NOW)
    assert told(odd) == {"proof_not_checked": "information"}


CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
UNENCODED = {"alg": "ES256", "b64": False, "crit": ["b64"]}
PROVEN: dict[str, Any] = {
    "@context": CONTEXTS, "id": "did:web:list.example", "verificationMethod": [], "alsoKnownAs": ["did:web:other.example"],
}  # fmt: skip


def detached(document: Any, *, header: Any = None, is_der: bool = False, jws: str = "") -> Any:
    """A document with a JsonWebSignature2020, signed as the suite says."""
    options = {
        "type": "JsonWebSignature2020", "created": "2026-11-26T12:00:00Z", "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod", "nonce": "x",
    }  # fmt: skip
    head = to_base64url(json.dumps(header or UNENCODED).encode())
    parts = [{**options, "@context": document["@context"]}, document]
    hashes = b"".join(hashlib.sha256(rdfc(part)).digest() for part in parts)
    der = chile().up.key.sign(head.encode() + b"." + hashes, ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(der)
    signature = der if is_der else r.to_bytes(32) + s.to_bytes(32)
    return {**document, "proof": {**options, "jws": jws or f"{head}..{to_base64url(signature)}"}}


def said_of(document: Any) -> list[str]:
    anchors = Anchors({METHOD: key_of(chile().up)})
    return [one.key.removeprefix("trust.") for one in judge_document_proof(document, anchors)]


def test_a_detached_signature_is_right_only_over_what_it_signed() -> None:
    right = detached(PROVEN)
    assert said_of(right) == ["proof_right"]
    assert said_of({**right, "alsoKnownAs": ["did:web:third.example"]}) == ["proof_wrong"]
    assert said_of({**right, "proof": {**right["proof"], "nonce": "y"}}) == ["proof_wrong"]
    # deployed lists write it so (RFC 7518 3.4 has two numbers): read, and said
    assert said_of(detached(PROVEN, is_der=True)) == ["der_proof", "proof_right"]
    anchors = Anchors({METHOD: key_of(chile().tls)})
    assert [one.key for one in judge_document_proof(right, anchors)] == ["trust.proof_wrong"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"header": {**UNENCODED, "b64": True}},
        {"header": {"alg": "ES256"}},
        {"header": {**UNENCODED, "crit": ["b64", "x"]}},
        {"header": {**UNENCODED, "alg": "ES384"}},
        {"header": {**UNENCODED, "alg": "none"}},
        {"jws": "e30.e30.AAAA"},
        {"jws": "no"},
    ],
)
def test_what_is_no_detached_signature_is_refused_for_its_form(wrong: dict[str, Any]) -> None:
    assert "proof_form" in said_of(detached(PROVEN, **wrong))


def test_a_list_with_a_broken_detached_signature_is_believed_in_nothing() -> None:
    anchors = Anchors({METHOD: key_of(chile().up)})
    odd = a_list(
        proof={"type": "JsonWebSignature2020", "jws": "e30..AAAA", "verificationMethod": METHOD}
    )
    judged = read_list(odd, at=NOW, anchors=anchors)
    assert (told(judged)["proof_form"], judged.keys) == ("error", ())


def test_contexts_that_are_not_bundled_are_said_and_not_fetched() -> None:
    odd = detached(PROVEN)
    odd["@context"] = [*CONTEXTS, "https://tng-cdn.example/context.jsonld"]
    assert said_of(odd) == ["proof_not_checked"]


def test_a_list_inside_a_jws_by_others() -> None:
    key = ECKey.generate_key("P-256")
    text = jws.serialize_compact({"alg": "ES256", "kid": "list"}, json.dumps(a_list()), key)
    jwk = json.dumps({**key.as_dict(private=False), "kid": "list"}).encode()
    anchors = anchors_in([("list.json", jwk)])
    right = read_list(text, at=NOW, anchors=anchors)
    assert (told(right)["proof_right"], len(right.keys)) == ("information", 1)
    head, _, last = text.split(".")
    body = base64.urlsafe_b64encode(json.dumps(a_list(id="x")).encode()).decode().rstrip("=")
    wrong = read_list(f"{head}.{body}.{last}", at=NOW, anchors=anchors)
    assert (told(wrong)["proof_wrong"], wrong.keys) == ("error", ())
    assert len(read_list(text, at=NOW).keys) == 1
    assert told(read_list("eyJ.x.y", at=NOW)) == {"no_methods": "error"}


def items(anchor: Pair, *, upload: Pair | None = None) -> list[dict[str, Any]]:
    """A gateway's list: what was onboarded is signed by its anchor, the signer by an upload key."""
    pki = chile()
    pairs = {"CSCA": pki.sca, "UPLOAD": pki.up, "DSC": pki.dsc[0]}
    vouching = {"CSCA": anchor, "UPLOAD": anchor, "DSC": upload or pki.up}
    return [
        {
            "country": "CL",
            "certificateType": kind,
            "rawData": der(pair),
            "signature": signed(base64.b64decode(der(pair)), vouching[kind]).decode(),
        }
        for kind, pair in pairs.items()
    ]


def test_each_item_of_a_gateway_is_vouched_for_by_whom_it_may() -> None:
    anchor = new_anchor(at=NOW)
    anchors = Anchors(certificates=(anchor.certificate,))
    right = read_list(items(anchor), at=NOW, anchors=anchors)
    assert ([one.key for one in right.findings].count("trust.item_right"), len(right.keys)) == (
        3,
        1,
    )
    unknown = read_list(items(anchor), at=NOW)
    assert (told(unknown)["item_key_unknown"], len(unknown.keys)) == ("information", 1)
    peru = read_list(items(anchor, upload=new_pki("PE", at=NOW).up), at=NOW, anchors=anchors)
    assert (told(peru)["item_signer"], peru.keys) == ("error", ())
    swapped = items(anchor)
    swapped[2]["signature"] = swapped[1]["signature"]
    other = read_list(swapped, at=NOW, anchors=anchors)
    assert (told(other)["item_other"], other.keys) == ("error", ())
    broken = items(anchor)
    broken[2]["signature"] = "bm8="
    assert told(read_list(broken, at=NOW))["item_cms"] == "error"
    marked = items(anchor)
    marked[2]["thumbprint"] = "00" * 32
    assert told(read_list(marked, at=NOW))["thumbprint"] == "error"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_what_openssl_signs_apart_from_its_content_is_read(tmp_path: Path) -> None:
    pki = chile()
    data = pki.dsc[0].certificate.public_bytes(Encoding.DER)
    (tmp_path / "content").write_bytes(data)
    (tmp_path / "up.pem").write_bytes(pki.up.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "up.key").write_bytes(pem_of(pki.up))
    command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", str(tmp_path / "content"),
               "-signer", str(tmp_path / "up.pem"), "-inkey", str(tmp_path / "up.key")]  # fmt: skip
    made = subprocess.run(command, capture_output=True, check=True).stdout
    listed = items(new_anchor(at=NOW))
    listed[2]["signature"] = base64.b64encode(made).decode()
    judged = read_list(listed, at=NOW)
    assert [one.where for one in judged.findings if one.key == "trust.item_right"] == [
        "[2].signature"
    ]


def pem_of(pair: Pair) -> bytes:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    return pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_anchors_are_read_in_three_forms_and_nothing_else() -> None:
    pem = chile().up.certificate.public_bytes(Encoding.PEM)
    assert anchors_in([("up.pem", pem)]).certificates == (chile().up.certificate,)
    document = a_list()
    (first, *_) = document["verificationMethod"]
    alone = {**document, "verificationMethod": [first]}
    anchors = anchors_in([("did.json", json.dumps(alone).encode())])
    assert anchors.key_of(first["id"]) is not None
    # a list of keys by the name of the document alone would let any of them vouch
    assert anchors.key_of(document["id"]) is not None
    assert anchors_in([("did.json", json.dumps(document).encode())]).key_of(document["id"]) is None
    for content in (b"", b"[]", b"{}", b"-----BEGIN X", b'{"kid": "a", "kty": "EC"}'):
        with pytest.raises(ValueError, match="odd"):
            anchors_in([("odd", content)])
