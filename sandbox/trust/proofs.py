"""Verifies the proof of a trust list where the key of whoever signed it is known, and says where it
is not.

Data Integrity in the suites of credentials, JsonWebSignature2020, a list inside a compact JWS, and
the CMS of a gateway's items.  What is over the canonical RDF of a list with contexts that are not
bundled, as those of WHO's deployed lists, is said not to be checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.cose import PrivateKey
from sandbox.certificates.unpacking import from_base64
from sandbox.countries import two_letters
from sandbox.credentials.keys import curve_of, is_signed
from sandbox.credentials.proofs.canonical import NotCanonical
from sandbox.credentials.proofs.contexts import UnknownContext
from sandbox.credentials.proofs.detached import (
    SUITE,
    UNENCODED,
    NotDetached,
    read_detached,
    signed_bytes,
)
from sandbox.credentials.proofs.secured import JWS_2020, BadChain, Proof, proofs_of, with_proof
from sandbox.credentials.proofs.suites import SUITES, Suite, is_proven
from sandbox.findings import Finding
from sandbox.trust.cms import NotCms, opened
from sandbox.trust.entries import Entry, note
from sandbox.trust.jwk import public_key_of

DATA_INTEGRITY = "W3C Data Integrity 1.0 4.4"
GATEWAY = "DCC Gateway 1.10.0"
JWS = "RFC 7515 5.2"
RSA_SALT = 32
Key = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Anchors:
    """Who may vouch for a list: keys by the name of their verification method or of its DID, and
    the certificates of gateways.
    """

    keys: Mapping[str, Key] = field(default_factory=dict)
    certificates: tuple[x509.Certificate, ...] = ()

    def key_of(self, method: str) -> Key | None:
        """Returns the key of a verification method; None where nobody has said whose it is."""
        return self.keys.get(method) or self.keys.get(method.partition("#")[0])


def anchors_in(files: Sequence[tuple[str, bytes]]) -> Anchors:
    """Returns the anchors in files: certificates in PEM, a DID document, or a JWK with its `kid`.

    Args:
        files: Name and content of each.

    Raises:
        ValueError: A file is none of these; its name is the message.
    """
    keys: dict[str, Key] = {}
    certificates: list[x509.Certificate] = []
    for name, content in files:
        try:
            if content.lstrip().startswith(b"-----BEGIN"):
                certificates += x509.load_pem_x509_certificates(content)
            else:
                keys |= _named_keys(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ValueError(name) from None
    return Anchors(keys, tuple(certificates))


def judge_document_proof(document: Mapping[str, Any], anchors: Anchors) -> Iterator[Finding]:
    """Yields what is known of the proof of a DID document: an error where it is broken."""
    try:
        proofs = [*proofs_of(dict(document))]
    except BadChain as error:
        found = str(error)[:120]
        yield note("proof_wrong", "error", where="proof", found=found, clause=DATA_INTEGRITY)
        return
    if not proofs:
        yield note("no_proof", "information", where="proof")
    for proof in proofs:
        yield from _judge_proof(proof, anchors)


def _judge_proof(proof: Proof, anchors: Anchors) -> Iterator[Finding]:
    name = str(proof.proof.get("cryptosuite") or proof.proof.get("type") or "–")[:40]
    if isinstance(proof.proof.get("jws"), str):
        yield from _shape_of_jws(proof.proof["jws"])
    suite = SUITES.get(name) if name != JWS_2020 else SUITE
    if suite is None:
        yield note("proof_not_checked", "information", where="proof", found=name)
        return
    key = anchors.key_of(proof.method)
    if key is None:
        yield note("proof_key_unknown", "information", where="proof", found=proof.method[:120])
        return
    try:
        is_right = _is_by(key, suite, proof)
    except NotCanonical:  # nobody can have signed what has no form to be signed
        is_right = False
    except NotDetached as error:
        found = str(error)[:60]
        yield note("proof_form", "error", where="proof", found=found, clause=UNENCODED)
        return
    except UnknownContext:
        yield note("proof_not_checked", "information", where="proof", found=name)
        return
    if is_right:
        yield note("proof_right", "information", where="proof", found=proof.method[:120])
    else:
        yield note("proof_wrong", "error", where="proof", found=name, clause=DATA_INTEGRITY)


def _is_by(key: Key, suite: Suite, proof: Proof) -> bool:
    """Tells whether a proof is a key's; an RSA key, or one of another curve, has no proof by Data
    Integrity.
    """
    if suite is SUITE:
        head, signature = read_detached(proof.proof.get("jws"), alg=_alg_of(key))
        return _is_signed(signed_bytes(proof, head), _as_numbers(signature, key), key)
    if isinstance(key, rsa.RSAPublicKey) or not _has_curve(key, suite):
        return False
    return is_proven(suite, proof.document, proof.options, proof.value, key)


def _alg_of(key: Key) -> str:
    try:
        return "PS256" if isinstance(key, rsa.RSAPublicKey) else curve_of(key).alg
    except ValueError:
        return "–"


def _as_numbers(signature: bytes, key: Key) -> bytes:
    """Returns a signature as JOSE has it; deployed lists write it as DER, which is told apart."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or signature[:1] != b"\x30":
        return signature
    try:
        r, s = decode_dss_signature(signature)
        half = (key.curve.key_size + 7) // 8
        return r.to_bytes(half) + s.to_bytes(half)
    except (ValueError, OverflowError):
        return signature


def _has_curve(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey, suite: Suite) -> bool:
    try:
        return curve_of(key) in suite.curves
    except ValueError:
        return False


def unwrapped(text: str, anchors: Anchors) -> tuple[Any, list[Finding]]:
    """Returns the list inside a compact JWS, and what is known of its signature.

    Args:
        text: The JWS (RFC 7515 7.1).
        anchors: Whose keys are known.

    Raises:
        ValueError: It is no JWS with JSON inside.
    """
    head, _, rest = text.strip().partition(".")
    body, _, signature = rest.partition(".")
    header = json.loads(from_base64(head))
    content = json.loads(from_base64(body))
    if not isinstance(header, dict):
        raise ValueError("header")
    kid = str(header.get("kid"))
    key = anchors.key_of(kid)
    if key is None:
        return content, [note("proof_key_unknown", "information", where="JWS", found=kid[:120])]
    is_right = _is_signed(f"{head}.{body}".encode(), from_base64(signature), key)
    if is_right:
        return content, [note("proof_right", "information", where="JWS", found=kid[:120])]
    return content, [note("proof_wrong", "error", where="JWS", found=kid[:120], clause=JWS)]


def judge_item(entry: Entry, entries: Sequence[Entry], signature: str, anchors: Anchors) -> Finding:
    """Returns what is known of the CMS of a gateway's item.

    A signer of documents is signed by an upload key of its country, which the list has, or, when it
    was onboarded as all others are, by the anchor of the gateway, which must be known from
    elsewhere.
    """
    where = f"{entry.where}.signature"
    data = entry.chain[0].public_bytes(Encoding.DER)
    try:
        content, signer = opened(signature.encode(), detached=data)
    except NotCms as error:
        return note("item_cms", "error", where=where, found=error.reason, clause=GATEWAY)
    if content != data:
        return note("item_other", "error", where=where, clause=GATEWAY)
    vouching = list(anchors.certificates)
    if entry.kind == "DSC":
        vouching += [
            each.chain[0]
            for each in entries
            if each.kind == "UP" and each.chain and _is_same_country(each, entry)
        ]
    found = signer.subject.rfc4514_string()[:80]
    if signer in vouching:
        return note("item_right", "information", where=where, found=found)
    is_other = any(each.chain and each.chain[0] == signer for each in entries)
    if is_other or anchors.certificates:
        return note("item_signer", "error", where=where, found=found, clause=GATEWAY)
    return note("item_key_unknown", "information", where=where, found=found)


def _is_same_country(upload: Entry, entry: Entry) -> bool:
    return two_letters(upload.participant) == two_letters(entry.participant)


def prove(
    document: Mapping[str, Any], key: PrivateKey, *, method: str, created: str
) -> dict[str, Any]:
    """Returns a document with a proof by `ecdsa-jcs-2019`.

    Args:
        document: What is vouched for.
        key: A P-256 key.
        method: The name under which the key is published.
        created: When, as FHIR instant.
    """
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(key).__name__)
    options = {
        "cryptosuite": "ecdsa-jcs-2019",
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    return with_proof(dict(document), key, options)


def _named_keys(content: Mapping[str, Any]) -> dict[str, Key]:
    """Returns the keys of a DID document by the names of their methods, or the one of a JWK."""
    if not isinstance(content.get("verificationMethod"), list):
        return {str(content["kid"]): public_key_of(content)}
    methods = [each for each in content["verificationMethod"] if isinstance(each, Mapping)]
    keys = {str(each["id"]): public_key_of(each["publicKeyJwk"]) for each in methods}
    if len(methods) == 1:
        # proofs of deployed lists name the document alone, where it has one key
        keys[str(content.get("id"))] = next(iter(keys.values()))
    return keys


def _shape_of_jws(jws: str) -> Iterator[Finding]:
    """Yields where a signature is DER: deployed lists write it so, where JOSE has two numbers
    (RFC 7518 3.4).
    """
    try:
        signature = from_base64(jws.rpartition(".")[2])
    except ValueError:
        return
    if len(signature) != 64 and signature[:1] == b"\x30":
        yield note("der_proof", "warning", where="proof.jws", found=str(len(signature)))


def _is_signed(content: bytes, signature: bytes, key: Key) -> bool:
    """Tells whether a key has signed, by the algorithm that its kind has in JOSE (RFC 7518 3.1)."""
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            return is_signed(key, content, signature)
        scheme = padding.PSS(padding.MGF1(SHA256()), RSA_SALT)
        key.verify(signature, content, scheme, SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
