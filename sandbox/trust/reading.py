"""Reads the entries of a trust list as they stand: of a DID document, or of a gateway's list.

Leniently, as deployed lists need it: coordinates of 33 bytes, curves without a name, keys only in
x5c.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates.cose import PublicKey
from sandbox.certificates.keys import kid_of
from sandbox.certificates.unpacking import from_base64
from sandbox.findings import Finding
from sandbox.trust.control import judge_control, judge_type
from sandbox.trust.entries import ANY, IN_FORCE, Entry, note
from sandbox.trust.jwk import CURVES, public_key_of
from sandbox.trust.network_terms import code_of

MOMENTS = ("revoked", "expires")  # at which a method ends (CID 1.0 2.2)
SHOWN = 40  # characters of what cannot be read
LEVELS = 3  # domain, participant and usage in the name of a list


def entries_of(document: Any, findings: list[Finding]) -> list[Entry]:
    """Returns the entries of a list that can be read; adds what is wrong with the others."""
    is_gateways = isinstance(document, list) and bool(document)
    return list((_items if is_gateways else _entries)(document, findings))


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
    words = {word: _word(method.get(word)) for word in ("keyusage", "domain", "participant")}
    paths = [path for path in (_path(own), _path(name)) if path]
    yield Entry(
        where,
        kid,
        key,
        chain,
        words["keyusage"] or _usage_in(paths),
        words["domain"],
        words["participant"],
        own.removeprefix("did:web:").partition(":")[0],
        tuple(paths),
        _status(method),
        _end(method),
        odd=tuple(_odd_members(method, jwk, where, names=(own, name))),
    )


def _odd_members(
    method: Mapping[str, Any], jwk: Mapping[str, Any], where: str, *, names: tuple[str, str]
) -> Iterator[Finding]:
    """Yields what a JWK says of itself that no key for verifying says (RFC 7517 4), and what its
    method says of whose it is.
    """
    yield from judge_control(method, *names, where=where)
    yield from judge_type(method, where)
    place = f"{where}.publicKeyJwk"
    if "d" in jwk:
        yield note("private_key", "error", where=place, clause="RFC 7517 9.2")
    use = jwk.get("use", "sig")
    operations = jwk.get("key_ops", ["verify"])
    is_for_signatures = isinstance(operations, list) and "verify" in operations
    if use != "sig" or not is_for_signatures:
        found = str(use if use != "sig" else operations)[:SHOWN]
        yield note("jwk_use", "error", where=place, found=found, clause="RFC 7517 4.2")
    alg = jwk.get("alg")
    expected = ("PS256", "RS256") if jwk.get("kty") == "RSA" else ("ES256", "ES384", "ES512")
    if alg is not None and alg not in expected:
        params = {"expected": expected[0], "found": str(alg)[:SHOWN]}
        yield note("jwk_alg", "warning", where=place, **params, clause="RFC 7517 4.4")


def _items(items: Sequence[Any], findings: list[Finding]) -> Iterator[Entry]:
    """Yields the entries of a gateway's list."""
    for number, item in enumerate(items):
        where = f"[{number}]"
        chain = _chain([item.get("rawData")], where, findings) if isinstance(item, Mapping) else ()
        if not chain:
            findings.append(note("no_key", "warning", where=where, found="rawData"))
            continue
        thumbprint = str(item.get("thumbprint") or "").lower()
        expected = chain[0].fingerprint(SHA256()).hex()
        if thumbprint not in ("", expected):
            place = f"{where}.thumbprint"
            findings.append(
                note("thumbprint", "error", where=place, expected=expected, found=thumbprint[:80])
            )
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
            _word(item.get("certificateType") or item.get("group")),
            _word(item.get("domain")),
            _word(item.get("country")),
            status=_status(item),
            signature=str(item.get("signature") or ""),
        )


def _word(value: Any) -> str:
    """Returns a term of an entry as a word; what has another form is shown as it stands, since it
    may say what we cannot read, and must not pass for what is left out.
    """
    return code_of(value) or (str(value)[:SHOWN] if value not in (None, "") else "")


def _status(entry: Mapping[str, Any]) -> str:
    """Returns what an entry says of its state: by a word, or by a moment that cannot be read."""
    stated = _word(entry.get("status") or entry.get("keyStatus"))
    odd = (entry.get(name) for name in MOMENTS if entry.get(name) and not _moment(entry[name]))
    return stated if stated.upper() not in IN_FORCE else _word(next(odd, stated))


def _is_kid(fragment: str, kid: bytes) -> bool:
    """Tells whether the last part of a method's name is the id of its key, or no such id at all."""
    try:
        return not fragment or from_base64(fragment) == kid
    except ValueError:
        return True


def _path(name: str) -> tuple[str, ...]:
    """Returns domain, participant and usage in the name of a list, as far as it has them."""
    steps = name.split(":")
    place = next((n for n, step in enumerate(steps) if step == "trustlist"), len(steps))
    return tuple(steps[place + 1 : place + 1 + LEVELS])


def _usage_in(paths: Sequence[tuple[str, ...]]) -> str:
    """Returns the usage that the name of a list tells: the first lists had no code of it."""
    return next((path[2] for path in paths if len(path) == LEVELS and path[2] != ANY), "")


def _end(method: Mapping[str, Any]) -> float:
    """Returns when a method ends or was revoked, in seconds since 1970; 0 for never (CID 1.0
    2.2).
    """
    moments = [_moment(method.get(name)) for name in MOMENTS]
    return min(filter(None, moments), default=0)


def _moment(value: Any) -> float:
    """Returns a moment in seconds since 1970; 0 for what is none."""
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return 0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _chain(texts: Any, where: str, findings: list[Finding]) -> tuple[x509.Certificate, ...]:
    """Returns the certificates of a key as far as they can be read, the signer's first."""
    chain: list[x509.Certificate] = []
    for number, text in enumerate(texts if isinstance(texts, list) else ()):
        try:
            certificate = x509.load_der_x509_certificate(from_base64(str(text)))
            certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            place = f"{where}.publicKeyJwk.x5c[{number}]"
            findings.append(note("bad_x5c", "error" if number == 0 else "warning", where=place))
            break
        chain.append(certificate)
    return tuple(chain)


def _public_key(jwk: Mapping[str, Any], where: str, findings: list[Finding]) -> PublicKey | None:
    """Returns the key of a JWK; None where its curve has no name that is known.

    Raises:
        ValueError: Its numbers are no key.
        KeyError: One of them is missing.
    """
    curve = CURVES.get(str(jwk.get("crv")))
    # deployed lists name P-384 and P-521 "UNKNOWN CURVE"
    if jwk.get("kty") != "RSA" and curve is None:
        findings.append(note("curve_by_x5c", "warning", where=where, found=str(jwk.get("crv"))))
        return None
    if curve is not None:
        size = (curve.key_size + 7) // 8
        lengths = [len(from_base64(str(jwk[name]))) for name in ("x", "y")]
        # of WHO's list three of four P-256 keys carry a leading zero byte (RFC 7518 6.2.1.2)
        if lengths != [size, size]:
            found = ", ".join(map(str, lengths))
            findings.append(note("coordinate", "warning", where=where, found=found))
    key = public_key_of(jwk)
    if isinstance(key, ed25519.Ed25519PublicKey):  # no algorithm of HCERT
        raise ValueError(str(jwk.get("crv")))
    return key
