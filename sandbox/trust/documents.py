"""Trust lists as DID documents under their published paths (GDHCN did_gdhcn): with embedded keys,
or as lists of lists.

Read leniently, as deployed lists need it: coordinates of 33 bytes, curves without a name, keys only
in x5c.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.cose import PublicKey
from sandbox.certificates.keys import KID_BYTES, TrustedKey, trusted
from sandbox.certificates.unpacking import from_base64, to_base64url
from sandbox.findings import Finding, Severity
from sandbox.trust.participants import participant_of

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
CLAUSE = "GDHCN trust list v2"
COORDINATE = 32
DER_SEQUENCE = b"\x30"


def document_of(keys: Iterable[TrustedKey], *, host: str, path: str) -> dict[str, Any]:
    """Returns a DID document that holds keys; `path` is such as `v2/trustlist/DCC/CHL/DSC`."""
    # a colon parts the path in did:web: that of a port is escaped
    name = ":".join(["did:web", host.replace(":", "%3A"), *path.split("/")])
    methods = [_method(key, name) for key in keys]
    return {
        "@context": list(CONTEXTS),
        "id": name,
        "controller": name,
        "verificationMethod": methods,
    }


def references_of(paths: Iterable[str], *, host: str, path: str) -> dict[str, Any]:
    """Returns a DID document that names others."""
    begin = f"did:web:{host.replace(':', '%3A')}"
    name = ":".join([begin, *path.split("/")])
    methods = [":".join([begin, *place.split("/")]) for place in paths]
    return {
        "@context": list(CONTEXTS),
        "id": name,
        "controller": name,
        "verificationMethod": methods,
    }


def read_document(document: Any) -> tuple[list[TrustedKey], list[Finding]]:
    """Returns the keys of a DID document, and where they are not as specified; what cannot be read
    is said and left.
    """
    keys: list[TrustedKey] = []
    findings: list[Finding] = []
    methods = document.get("verificationMethod") if isinstance(document, Mapping) else None
    if not isinstance(methods, list):
        return [], [_finding("no_methods", "error", where="verificationMethod")]
    for number, method in enumerate(methods):
        if isinstance(method, Mapping):
            where = f"verificationMethod[{number}]"
            found = list(_key(method, where, findings))
            keys += found
    return keys, [*findings, *_proof(document.get("proof"))]


def _proof(proof: Any) -> Iterator[Finding]:
    """Says of the proof of a list what can be said without its canonical form: that it was not
    checked, and its shape.

    Deployed lists write the signature as DER, where JOSE has two numbers of 32 bytes (RFC 7518
    3.4).
    """
    held = proof[0] if isinstance(proof, list) and proof else proof
    jws = held.get("jws") if isinstance(held, Mapping) else None
    if not isinstance(jws, str):
        yield _finding("no_proof", "information", where="proof")
        return
    try:
        signature = from_base64(jws.rpartition(".")[2])
    except ValueError:
        signature = b""
    if len(signature) != 2 * COORDINATE and signature[:1] == DER_SEQUENCE:
        yield _finding("der_proof", "warning", where="proof.jws", found=str(len(signature)))
    yield _finding(
        "proof_not_checked", "information", where="proof.jws", found=str(held.get("type", "–"))
    )


def _method(one: TrustedKey, name: str) -> dict[str, Any]:
    kid = base64.b64encode(one.kid).decode()
    certificate = one.certificate
    chain = (
        [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]
        if certificate is not None
        else []
    )
    jwk = {**_jwk(one.key), "kid": kid, **({"x5c": chain} if chain else {})}
    return {
        "id": f"{name}#{kid}",
        "type": "JsonWebKey2020",
        "controller": name,
        "publicKeyJwk": jwk,
        "domain": {"code": f"#{one.domain}"},
        "participant": {"code": f"#{participant_of(one.country)}"},
        "keyusage": {"code": "#DSC"},
    }


def _jwk(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {
            "kty": "RSA",
            "n": to_base64url(numbers.n.to_bytes(size)),
            "e": to_base64url(numbers.e.to_bytes(3)),  # 65537, in practice
        }
    point = key.public_numbers()
    size = (key.curve.key_size + 7) // 8
    names = {256: "P-256", 384: "P-384", 521: "P-521"}
    crv = names.get(key.curve.key_size, key.curve.name)
    return {
        "kty": "EC",
        "crv": crv,
        "x": to_base64url(point.x.to_bytes(size)),
        "y": to_base64url(point.y.to_bytes(size)),
    }


def _key(method: Mapping[str, Any], where: str, findings: list[Finding]) -> Iterator[TrustedKey]:
    jwk = method.get("publicKeyJwk")
    if not isinstance(jwk, Mapping):
        findings.append(_finding("no_jwk", "warning", where=where))
        return
    certificate = _certificate(jwk, where, findings)
    try:
        key = _public_key(jwk, where, findings, certificate)
        # older lists have the id of the key only behind the # of the method's
        kid = from_base64(str(jwk.get("kid") or str(method.get("id")).rpartition("#")[2]))
    except (ValueError, TypeError):
        findings.append(
            _finding("no_key", "warning", where=where, found=str(jwk.get("crv") or jwk.get("kty")))
        )
        return
    if certificate is not None and kid[:KID_BYTES] != kid:
        findings.append(_finding("kid_length", "warning", where=where, found=str(len(kid))))
    codes = [
        str((method.get(name) or {}).get("code", "")).removeprefix("#")
        for name in ("participant", "domain")
    ]
    environment = str(method.get("id")).removeprefix("did:web:").partition(":")[0]
    if certificate is None:
        yield TrustedKey(kid, key, codes[0], codes[1], environment)
    else:  # which says for how long, and for what
        held = trusted(certificate, domain=codes[1], environment=environment)
        yield replace(held, kid=kid, key=key, country=held.country or codes[0])


def _certificate(
    jwk: Mapping[str, Any], where: str, findings: list[Finding]
) -> x509.Certificate | None:
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain:
        return None
    try:
        return x509.load_der_x509_certificate(from_base64(str(chain[0])))
    except ValueError:
        findings.append(_finding("bad_x5c", "warning", where=f"{where}.publicKeyJwk.x5c"))
        return None


def _public_key(
    jwk: Mapping[str, Any],
    where: str,
    findings: list[Finding],
    certificate: x509.Certificate | None,
) -> PublicKey:
    """Returns the key of a JWK; of one that cannot be read, that of its certificate.  Raises
    ValueError.
    """
    if jwk.get("kty") == "RSA":
        return rsa.RSAPublicNumbers(
            *(int.from_bytes(from_base64(str(jwk[name]))) for name in ("e", "n"))
        ).public_key()
    # deployed lists name P-384 and P-521 "UNKNOWN CURVE"
    if jwk.get("crv") != "P-256":
        held = certificate.public_key() if certificate is not None else None
        if not isinstance(held, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
            raise ValueError("crv")
        findings.append(_finding("curve_by_x5c", "warning", where=where, found=str(jwk.get("crv"))))
        return held
    x, y = (from_base64(str(jwk[name])) for name in ("x", "y"))
    # of WHO's list three of four P-256 keys carry a leading zero byte (RFC 7518 6.2.1.2)
    if len(x) != COORDINATE or len(y) != COORDINATE:
        findings.append(_finding("coordinate", "warning", where=where, found=f"{len(x)}, {len(y)}"))
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()
    ).public_key()


def _finding(name: str, severity: Severity, *, where: str, found: str = "") -> Finding:
    key = f"trust.{name}"
    return Finding(key, severity, key, {"place": where}, where=where, found=found, clause=CLAUSE)
