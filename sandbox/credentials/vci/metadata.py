"""What an issuer says of itself: its metadata and that of its authorization server (OpenID4VCI 1.0
12.2, RFC 8414).
"""

from __future__ import annotations

from sandbox.credentials.issuing import FORMATS, Format
from sandbox.credentials.keys import P256, P384
from sandbox.credentials.kinds import KINDS, Kind
from sandbox.credentials.proofs.contexts import V2
from sandbox.credentials.sdjwt.disclosures import Path
from sandbox.credentials.texts import Json
from sandbox.credentials.vaccination import SUBJECT, TYPE
from sandbox.credentials.vci.authorizing import AUTHORIZATION, METHOD
from sandbox.credentials.vci.details import TYPE as TYPE_OF_DETAILS
from sandbox.credentials.words import label_of
from sandbox.i18n import LANGUAGES, say

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CONFIGURATIONS: dict[str, tuple[Kind, Format]] = {
    f"{kind.name}_{format}": (kind, format)
    for kind in KINDS.values()
    for format in (FORMATS if kind.is_w3c else FORMATS[:1])
}
OF_DRAFTS = {id: each for id, each in CONFIGURATIONS.items() if each[1] != "ldp_vc"}
"""What wallets get that speak a draft of the standard: they sign and read JWT."""
PROOF_ALGORITHMS = ("ES256", "ES384", "EdDSA")
MOST_PROOFS = 5


def issuer_metadata(issuer: str, country: str) -> Json:
    """Returns the metadata of an issuer.

    Args:
        issuer: Its identifier, letter by letter as in offers; all its endpoints are below.
        country: For whom it issues, as people read it.
    """
    return {
        "credential_issuer": issuer,
        "credential_endpoint": f"{issuer}/credential",
        "nonce_endpoint": f"{issuer}/nonce",
        "deferred_credential_endpoint": f"{issuer}/deferred",
        "notification_endpoint": f"{issuer}/notification",
        "batch_credential_issuance": {"batch_size": MOST_PROOFS},
        "display": [
            {"name": say("credentials.display.issuer", tag, country=country), "locale": tag}
            for tag in LANGUAGES
        ],
        "credential_configurations_supported": {
            id: {"scope": id, **_configuration(kind, format)}
            for id, (kind, format) in CONFIGURATIONS.items()
        },
    }


def server_metadata(issuer: str) -> Json:
    """Returns the metadata of the issuer's own authorization server."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": True,
        "code_challenge_methods_supported": [METHOD],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": list(CONFIGURATIONS),
        "authorization_details_types_supported": [TYPE_OF_DETAILS],
        "grant_types_supported": [GRANT, AUTHORIZATION],
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def _configuration(kind: Kind, format: Format) -> Json:
    kinds: dict[Format, Json] = {
        "dc+sd-jwt": {"vct": kind.vct},
        "ldp_vc": {
            "credential_definition": {
                "@context": [V2],  # wallets take addresses alone
                "type": ["VerifiableCredential", TYPE],
            }
        },
        "jwt_vc_json": {"credential_definition": {"type": ["VerifiableCredential", TYPE]}},
    }
    algorithms: dict[Format, list[str]] = {
        "dc+sd-jwt": [P256.alg, P384.alg],
        "ldp_vc": ["ecdsa-rdfc-2019", "eddsa-rdfc-2022"],
        "jwt_vc_json": [P256.alg, P384.alg],
    }
    return {
        "format": format,
        **kinds[format],
        "cryptographic_binding_methods_supported": ["jwk", "did:key", "did:jwk"]
        if format == "dc+sd-jwt"
        else ["did:key", "did:jwk"],
        "credential_signing_alg_values_supported": algorithms[format],
        "proof_types_supported": {
            "jwt": {"proof_signing_alg_values_supported": list(PROOF_ALGORITHMS)}
        },
        "credential_metadata": {
            "display": [
                {"name": say(f"credentials.display.{kind.name}", language), "locale": language}
                for language in LANGUAGES
            ],
            "claims": _claims(kind, format),
        },
    }


def _claims(kind: Kind, format: Format) -> list[Json]:
    """Returns the paths of the claims, and what people call them, as a wallet shows them."""
    if format == "dc+sd-jwt":
        names = [(list(path), tuple(part for part in path if part)) for path in kind.disclosable]
    else:  # an old JWT has its subject in a claim of its own
        names = [
            (["credentialSubject", *place.split(".")], tuple(claim.split(".")))
            for claim, place in SUBJECT.items()
        ]
    return [{"path": path, **_displayed(name)} for path, name in names]


def _displayed(name: Path) -> Json:
    labels = [(label_of(name, language), language) for language in LANGUAGES]
    shown = [{"name": label, "locale": language} for label, language in labels if label]
    return {"display": shown} if shown else {}
