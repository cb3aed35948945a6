"""Trust lists as DID documents under their published paths (GDHCN did_gdhcn): with embedded keys,
or as lists of lists.

Read leniently, as deployed lists need it: coordinates of 33 bytes, curves without a name, keys only
in x5c.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.cose import PublicKey
from sandbox.certificates.keys import Refusal, TrustedKey, kid_of
from sandbox.certificates.unpacking import from_base64, to_base64url
from sandbox.countries import participant_of
from sandbox.findings import Finding
from sandbox.trust.entries import (
    ANY,
    Entry,
    authorities_of,
    judge_entry,
    key_of,
    note,
    refusal_of,
)

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
COORDINATE = 32
DER_SEQUENCE = b"\x30"
LEVELS = 3  # domain, participant and usage in the name of a list
CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


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


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list that was judged: the keys that verify documents, those that do not, and what was
    found.
    """

    keys: tuple[TrustedKey, ...]
    refused: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...] = ()


def read_document(
    document: Any, *, at: datetime | None = None
) -> tuple[list[TrustedKey], list[Finding]]:
    """Returns the keys of a list that verify documents, and where the list is not as specified."""
    judged = read_list(document, at=at)
    return list(judged.keys), list(judged.findings)


def read_list(document: Any, *, at: datetime | None = None) -> TrustList:
    """Returns a trust list, each of its entries judged; what cannot be read is said and left.

    Args:
        document: A DID document, or the list of a gateway (`/trustList`): items with kid, country,
            certificateType and rawData.
        at: The moment for which it is judged; now where there is none.
    """
    moment = at or datetime.now(UTC)
    findings: list[Finding] = []
    if isinstance(document, list) and document:
        entries = list(_items(document, findings))
        # the upload of each item is signed by itself (CMS)
        findings.append(note("proof_not_checked", "information", where="signature", found="CMS"))
    else:
        entries = list(_entries(document, findings))
    authorities = authorities_of(entries)
    keys: list[TrustedKey] = []
    refused: list[Refusal] = []
    for entry in entries:
        met = judge_entry(entry, authorities, at=moment)
        findings += met
        refusal = refusal_of(entry, met)
        key = key_of(entry)
        if refusal is not None:
            refused.append(refusal)
        elif key is not None:
            keys.append(key)
    if isinstance(document, Mapping) and entries:
        findings += _proof(document.get("proof"))
    return TrustList(tuple(keys), tuple(refused), tuple(findings), tuple(entries))


def _proof(proof: Any) -> Iterator[Finding]:
    """Says of the proof of a list what can be said without its canonical form: that it was not
    checked, and its shape.

    Deployed lists write the signature as DER, where JOSE has two numbers of 32 bytes (RFC 7518
    3.4).
    """
    held = proof[0] if isinstance(proof, list) and proof else proof
    jws = held.get("jws") if isinstance(held, Mapping) else None
    if not isinstance(jws, str):
        yield note("no_proof", "information", where="proof")
        return
    try:
        signature = from_base64(jws.rpartition(".")[2])
    except ValueError:
        signature = b""
    if len(signature) != 2 * COORDINATE and signature[:1] == DER_SEQUENCE:
        yield note("der_proof", "warning", where="proof.jws", found=str(len(signature)))
    yield note(
        "proof_not_checked", "information", where="proof.jws", found=str(held.get("type", "–"))
    )


def _method(one: TrustedKey, name: str) -> dict[str, Any]:
    kid = base64.b64encode(one.kid).decode()
    certificates = (one.certificate, *one.chain) if one.certificate is not None else ()
    chain = [
        base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        for certificate in certificates
    ]
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


def _entries(document: Any, findings: list[Finding]) -> Iterator[Entry]:
    """Yields the entries of a DID document that can be read."""
    methods = document.get("verificationMethod") if isinstance(document, Mapping) else None
    if not isinstance(methods, list):
        findings.append(note("no_methods", "error", where="verificationMethod"))
        return
    names = [method for method in methods if isinstance(method, str)]
    if names:
        found = str(len(names))
        findings.append(note("references", "information", where="verificationMethod", found=found))
    for number, method in enumerate(methods):
        if isinstance(method, Mapping):
            where = f"verificationMethod[{number}]"
            yield from _entry(method, where, str(document.get("id")), findings)


def _entry(
    method: Mapping[str, Any], where: str, name: str, findings: list[Finding]
) -> Iterator[Entry]:
    jwk = method.get("publicKeyJwk")
    if not isinstance(jwk, Mapping):
        findings.append(note("no_jwk", "warning", where=where))
        return
    chain = _chain(jwk.get("x5c"), where, findings)
    own, _, fragment = str(method.get("id")).partition("#")
    try:
        key = _public_key(jwk, where, findings)
        # older lists have the id of the key only behind the # of the method's
        kid = from_base64(str(jwk.get("kid") or fragment))
        if key is None and not chain:
            raise ValueError("crv")
    except (ValueError, TypeError, KeyError):
        crv = str(jwk.get("crv") or jwk.get("kty"))
        findings.append(note("no_key", "warning", where=where, found=crv))
        return
    if not _is_kid(fragment, kid):
        shown = base64.b64encode(kid).decode()
        findings.append(
            note("kid_differs", "warning", where=where, expected=fragment[:40], found=shown)
        )
    words = {word: _code(method.get(word)) for word in ("keyusage", "domain", "participant")}
    paths = [path for path in (_path(own), _path(name)) if path]
    # the first lists had no code of the usage; the name of the list may tell
    usage = words["keyusage"] or next(
        (path[2] for path in paths if len(path) == LEVELS and path[2] != ANY), ""
    )
    yield Entry(
        where,
        kid,
        key,
        chain,
        usage,
        words["domain"],
        words["participant"],
        own.removeprefix("did:web:").partition(":")[0],
        tuple(paths),
        _code(method.get("status") or method.get("keyStatus")),
        _end(method),
    )


def _items(items: Sequence[Any], findings: list[Finding]) -> Iterator[Entry]:
    """Yields the entries of a gateway's list."""
    for number, item in enumerate(items):
        where = f"[{number}]"
        chain = _chain([item.get("rawData")], where, findings) if isinstance(item, Mapping) else ()
        if not chain:
            findings.append(note("no_key", "warning", where=where, found="rawData"))
            continue
        try:
            kid = from_base64(str(item.get("kid") or "")) or kid_of(chain[0])
        except ValueError:
            findings.append(note("no_key", "warning", where=where, found="kid"))
            continue
        yield Entry(
            where,
            kid,
            None,
            chain,
            str(item.get("certificateType") or item.get("group") or ""),
            str(item.get("domain") or ""),
            str(item.get("country") or ""),
            status=_code(item.get("status")),
        )


def _is_kid(fragment: str, kid: bytes) -> bool:
    """Tells whether the last part of a method's name is the id of its key, or no such id at all."""
    try:
        return not fragment or from_base64(fragment) == kid
    except ValueError:
        return True


def _code(value: Any) -> str:
    """Returns the word of a member: a text, or `{"code": "#DSC"}`."""
    held = value.get("code") if isinstance(value, Mapping) else value
    return held.removeprefix("#").strip() if isinstance(held, str) else ""


def _path(name: str) -> tuple[str, ...]:
    """Returns domain, participant and usage in the name of a list, as far as it has them."""
    steps = name.split(":")
    place = next((n for n, step in enumerate(steps) if step == "trustlist"), len(steps))
    return tuple(steps[place + 1 : place + 1 + LEVELS])


def _end(method: Mapping[str, Any]) -> float:
    """Returns when a method ends or was revoked, in seconds since 1970; 0 for never (CID 1.0
    2.2).
    """
    moments = []
    for name in ("revoked", "expires"):
        try:
            moment = datetime.fromisoformat(str(method.get(name)).replace("Z", "+00:00"))
        except ValueError:
            continue
        moments.append((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return min(moments, default=0)


def _chain(texts: Any, where: str, findings: list[Finding]) -> tuple[x509.Certificate, ...]:
    """Returns the certificates of a key as far as they can be read, the signer's first."""
    chain: list[x509.Certificate] = []
    for number, text in enumerate(texts if isinstance(texts, list) else ()):
        try:
            certificate = x509.load_der_x509_certificate(from_base64(str(text)))
            certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            place = f"{where}.publicKeyJwk.x5c[{number}]"
            findings.append(note("bad_x5c", "warning", where=place))
            break
        chain.append(certificate)
    return tuple(chain)


def _public_key(jwk: Mapping[str, Any], where: str, findings: list[Finding]) -> PublicKey | None:
    """Returns the key of a JWK; None where its curve has no name that is known.

    Raises:
        ValueError: Its numbers are no key.
        KeyError: One of them is missing.
    """
    if jwk.get("kty") == "RSA":
        return rsa.RSAPublicNumbers(
            *(int.from_bytes(from_base64(str(jwk[name]))) for name in ("e", "n"))
        ).public_key()
    curve = CURVES.get(str(jwk.get("crv")))
    # deployed lists name P-384 and P-521 "UNKNOWN CURVE"
    if curve is None:
        findings.append(note("curve_by_x5c", "warning", where=where, found=str(jwk.get("crv"))))
        return None
    x = from_base64(str(jwk["x"]))
    y = from_base64(str(jwk["y"]))
    size = (curve.key_size + 7) // 8
    # of WHO's list three of four P-256 keys carry a leading zero byte (RFC 7518 6.2.1.2)
    if len(x) != size or len(y) != size:
        findings.append(note("coordinate", "warning", where=where, found=f"{len(x)}, {len(y)}"))
    return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve).public_key()
