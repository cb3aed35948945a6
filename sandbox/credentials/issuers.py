"""Finds the key that a signature names, and judges whether it may sign and whether its owner is
believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from sandbox.certificates.unpacking import from_base64
from sandbox.credentials.did import lac1
from sandbox.credentials.did.resolving import absolute, has_relation, method_of, resolve
from sandbox.credentials.keys import (
    PublicKey,
    curve_of,
    from_jwk,
    from_multikey,
    thumbprint,
    to_jwk,
)
from sandbox.credentials.lacchain.judging import judge_chain
from sandbox.credentials.report import Known, Report, note
from sandbox.credentials.texts import Json, as_list

CID = "W3C CID 1.0"
ISSUER_KEYS = "SD-JWT VC 3.5"


@dataclass(frozen=True, slots=True)
class Named:
    """How a signature names its key: the id of a verification method, what the key must be for
    (`assertionMethod`, `authentication`), and who says to be its owner.
    """

    method: str
    relation: str
    owner: str


def key_of_method(report: Report, named: Named, known: Known) -> PublicKey | None:
    """Returns the key of a verification method, and adds the steps key, relation and controller.

    Args:
        report: Gets the steps, and what was not at hand as wanted.
        named: The method, and what its key must be for.
        known: Documents at hand.

    Returns:
        The key, also where it may not sign this: then a step says so.
    """
    did = named.method.partition("#")[0]
    resolution = resolve(did, known.documents)
    if resolution.wanted:
        report.wanted.add(resolution.wanted)
        report.skip("key", "not_at_hand", found=resolution.wanted, clause="DID Resolution 0.3 3")
        return None
    if resolution.document is None:
        reason = {"methodNotSupported": "no_method", "notFound": "not_found"}
        name = reason.get(resolution.error, "bad_did")
        report.fail("key", name, found=named.method[:80], clause="DID Resolution 0.3 4")
        return None
    method = method_of(resolution.document, named.method)
    if method is None:
        report.fail("key", "no_such_key", found=named.method[:120], clause=f"{CID} 3.3")
        return None
    try:
        key = key_in(method)
    except (ValueError, TypeError):
        report.fail("key", "bad_key", found=str(method.get("type"))[:80], clause=f"{CID} 2.2")
        return None
    report.add("key", detail=f"{curve_of(key).crv} {named.method}")
    report.signers.add(did)
    report.issuer = report.issuer or did
    if not has_relation(resolution.document, named.method, named.relation):
        report.fail("relation", "no_relation", expected=named.relation, clause=f"{CID} 2.3")
    else:
        report.add("relation", detail=named.relation)
    _controller(report, named, method, did)
    return key


def _controller(report: Report, named: Named, method: Json, did: str) -> None:
    """Judges whether the owner of the key is who says to have signed."""
    controller = str(method.get("controller", ""))
    clause = f"{CID} 3.3"
    if controller != did:
        report.fail(
            "controller", "other_controller", expected=did, found=controller[:80], clause=clause
        )
    elif named.owner and named.owner != did:
        report.fail(
            "controller", "other_owner", expected=named.owner[:80], found=did[:80], clause=clause
        )
    else:
        report.add("controller", detail=did)


def key_in(method: Json) -> PublicKey:
    """Returns the key of a verification method, as JWK or Multikey; raises ValueError."""
    if "publicKeyJwk" in method:
        return from_jwk(method["publicKeyJwk"])
    return from_multikey(str(method.get("publicKeyMultibase", "")))


def key_of_chain(report: Report, chain: Any, issuer: str) -> PublicKey | None:
    """Returns the key of the first certificate in `x5c` (RFC 7515 4.1.6).

    Args:
        report: Gets the steps; without an issuer, the subject of the certificate is it.
        chain: As it stands in the header. Whether its key is believed is asked of the trust lists,
            which hold the certificates of signers themselves.
        issuer: Who says to have issued; empty where nobody does.
    """
    try:
        leaf = x509.load_der_x509_certificate(from_base64(str(chain[0])))
        key: Any = leaf.public_key()
        curve = curve_of(key)
    except (ValueError, TypeError, LookupError, AttributeError):
        report.fail("key", "bad_x5c", where="x5c", clause="RFC 7515 4.1.6")
        return None
    report.add("key", detail=f"{curve.crv} {leaf.subject.rfc4514_string()}")
    report.add("relation", detail="x5c")
    report.issuer = report.issuer or leaf.subject.rfc4514_string()
    names = _names_of(leaf)
    if issuer and issuer not in names and urlsplit(issuer).hostname not in names:
        shown = ", ".join(names) or "–"
        odd = note(
            "not_in_x5c", "warning", where="iss", expected=issuer, found=shown, clause=ISSUER_KEYS
        )
        report.add("controller", [odd])
    else:
        report.add("controller", detail=issuer)
    return key if isinstance(key, PublicKey) else None


def key_of_issuer(report: Report, issuer: str, kid: str, known: Known) -> PublicKey | None:
    """Returns a key that an issuer publishes below its address (SD-JWT VC 4).

    Args:
        report: Gets the steps, and the address as wanted where it was not asked.
        issuer: The address, letter by letter as in the credential.
        kid: The id of the key; empty where the issuer has but one.
        known: Documents at hand.
    """
    address = well_known(issuer, "jwt-vc-issuer")
    document = known.documents.get(address)
    if address not in known.documents:
        report.wanted.add(address)
        report.skip("key", "not_at_hand", found=address, clause=ISSUER_KEYS)
        return None
    keys = document.get("jwks", {}).get("keys", []) if isinstance(document, dict) else []
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        report.fail("key", "other_issuer", expected=issuer, found=address, clause="SD-JWT VC 4.2")
        return None
    fitting = [jwk for jwk in as_list(keys) if isinstance(jwk, dict) and jwk.get("kid") == kid]
    try:
        key = from_jwk(fitting[0] if fitting else keys[0] if len(keys) == 1 and not kid else None)
    except (ValueError, LookupError):
        report.fail("key", "no_such_key", found=kid or "–", clause=ISSUER_KEYS)
        return None
    report.add("key", detail=f"{curve_of(key).crv} {kid}")
    report.add("relation", detail="jwks")
    report.add("controller", detail=issuer)
    return key


def key_of_header(
    report: Report, header: Json, issuer: str, known: Known, *, relation: str = "assertionMethod"
) -> PublicKey | None:
    """Returns the key that the header of a JWS names: by certificate, DID or address.

    Args:
        report: Gets the steps.
        header: With `x5c` or `kid`, or neither where the issuer has one key.
        issuer: Who says to have signed; empty where only the header tells.
        known: Documents at hand.
        relation: What the key must be for in the document of a DID.
    """
    kid = str(header.get("kid", ""))
    if "x5c" in header:
        return key_of_chain(report, header["x5c"], issuer)
    if kid.startswith("did:") or issuer.startswith("did:"):
        # a kid may be a fragment alone, or missing where did:jwk and did:key have but one key
        method = absolute(kid if not kid or kid.startswith(("did:", "#")) else f"#{kid}", issuer)
        return key_of_method(report, Named(_whole(method or issuer), relation, issuer), known)
    if urlsplit(issuer).scheme in ("https", "http"):
        return key_of_issuer(report, issuer, kid, known)
    report.fail("key", "no_key_named", clause=ISSUER_KEYS)
    return None


def _whole(method: str) -> str:
    """Returns the id of the one key of a did:jwk or did:key that is named without a fragment."""
    if "#" in method:
        return method
    if method.startswith("did:key:"):
        return f"{method}#{method.removeprefix('did:key:')}"
    return f"{method}#0"


def well_known(issuer: str, name: str) -> str:
    """Returns the address of an issuer's metadata: inserted between host and path (RFC 8615)."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def judge_trust(report: Report, key: PublicKey, known: Known, at: datetime) -> None:
    """Adds whether the owner of a key is believed.

    Args:
        report: The credential's.
        key: Has signed; where a trust list has it, it must be in force.
        known: Whom to believe, by name or by key.
        at: The moment for which it is judged.
    """
    clause = "OpenID4VP 1.0 14.1"
    if known.chain is not None and report.issuer.startswith(lac1.PREFIX):
        judge_chain(report, known.chain, at)
        return
    if known.issuers is None and known.keys is None:
        report.skip("trust", "nobody_believed", clause=clause)
        return
    believed = (known.issuers or {}).get(report.issuer)
    listed = known.keys.get(thumbprint(to_jwk(key))) if known.keys else None
    if listed is not None and not listed.is_in_force(at.timestamp()):
        report.fail("trust", "key_not_in_force", found=listed.country, clause=clause)
    elif listed is not None:
        report.add("trust", detail=f"{listed.country} {listed.environment}".strip())
    elif believed is not None:
        report.add("trust", detail=believed)
    else:
        report.fail("trust", "not_believed", found=report.issuer[:120] or "–", clause=clause)


def _names_of(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    kinds = (x509.UniformResourceIdentifier, x509.DNSName)
    return [str(name) for kind in kinds for name in names.get_values_for_type(kind)]
