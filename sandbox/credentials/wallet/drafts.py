"""How drafts 11 to 13 of OpenID4VCI wrote offers, metadata and requests, for issuers that still do.

A wallet reads them and says so: what it keeps is checked as anything else.
"""

from __future__ import annotations

from typing import Any

from sandbox.credentials.texts import Json, as_list

OLD_FORMAT = "vc+sd-jwt"


def offered_in(content: Json, grant: Json) -> tuple[Any, Any, bool]:
    """Returns what is offered, what its PIN looks like, and whether a draft is spoken.

    Args:
        content: The offer.
        grant: Its pre-authorised code.

    Returns:
        Ids, an object or None for no PIN, and True for an offer as drafts 11 and 12 had it
        (`credentials`, `user_pin_required`).
    """
    if "credential_configuration_ids" in content:
        return content["credential_configuration_ids"], grant.get("tx_code"), False
    pin: Json | None = {} if grant.get("user_pin_required") is True else None
    return content["credentials"], pin, True


def as_final(metadata: Json) -> Json:
    """Returns metadata of an issuer as 1.0 has them; those of 1.0 as they are.

    Args:
        metadata: In whatever shape they came; drafts 11 and 12 had `credentials_supported`.
    """
    supported = metadata.get("credential_configurations_supported")
    if supported is None:
        supported = metadata.get("credentials_supported")
    if isinstance(supported, list):
        rows = [row for row in supported if isinstance(row, dict) and "id" in row]
        supported = {str(row["id"]): row for row in rows}
    known = supported if isinstance(supported, dict) else {}
    return {
        **metadata,
        "credential_configurations_supported": {
            id: _described(each) for id, each in known.items() if isinstance(each, dict)
        },
    }


def is_of_draft(metadata: Json, token: Json) -> bool:
    """Tells whether an issuer gives nonces with its tokens, as drafts had it (up to 13, 7.2).

    Args:
        metadata: Its own.
        token: The answer of its token endpoint.
    """
    return "nonce_endpoint" not in metadata and isinstance(token.get("c_nonce"), str)


def body_of_draft(described: Json, proof: str) -> Json:
    """Returns the request for a credential (draft 13, 7.2).

    Args:
        described: The configuration, which says the format.
        proof: Of the holder's key.
    """
    names = ("vct", "credential_definition", "types")
    kind = {name: described[name] for name in names if name in described}
    return {
        "format": described.get("written_as", described.get("format")),
        **kind,
        "proof": {"proof_type": "jwt", "jwt": proof},
    }


def credential_in(content: Json) -> Any:
    """Returns the first credential of an answer, also of one that drafts had; None for none.

    Args:
        content: The object that the credential endpoint gave.
    """
    if "credential" in content:
        return content["credential"]
    rows = [row for row in as_list(content.get("credentials")) if isinstance(row, dict)]
    return rows[0].get("credential") if rows else None


def _described(configuration: Json) -> Json:
    """Returns a configuration with the format's name of today."""
    if configuration.get("format") != OLD_FORMAT:
        return configuration
    return {**configuration, "format": "dc+sd-jwt", "written_as": OLD_FORMAT}
