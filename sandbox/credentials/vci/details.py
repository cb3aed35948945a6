"""What a wallet asks for in `authorization_details`, and by which identifiers it then gets it
(RFC 9396, OpenID4VCI 1.0 5.1.1, 6.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.credentials.texts import Json, as_list, read_json
from sandbox.credentials.vci.refusals import OAuthRefusal

TYPE = "openid_credential"
NAME = "authorization_details"
MOST = 20


def asked_in(form: Mapping[str, str], offered: Sequence[str], issuer: str) -> list[str]:
    """Returns the configurations that a form asks for by details; none where it has no details.

    Args:
        form: Of a pushed request, or of a token request.
        offered: The configurations that can be had.
        issuer: Its identifier, which is the only location there is.

    Raises:
        OAuthRefusal: `invalid_authorization_details`, for a type that is not known, or what is not
            offered (RFC 9396 5).
    """
    if NAME not in form:
        return []
    try:
        details = read_json(form[NAME])
    except ValueError:
        details = None
    if not isinstance(details, list) or not 0 < len(details) <= MOST:
        raise _refused("bad_details", str(form[NAME])[:80])
    return list(dict.fromkeys(_configuration(detail, offered, issuer) for detail in details))


def granted(configurations: Sequence[str]) -> Json:
    """Returns the member that a token's answer has for what was asked by details; empty for none.

    Args:
        configurations: As `asked_in` returned them.
    """
    details = [
        {
            "type": TYPE,
            "credential_configuration_id": id,
            "credential_identifiers": [identifier_of(id)],
        }
        for id in configurations
    ]
    return {NAME: details} if details else {}


def identifier_of(configuration: str) -> str:
    """Returns the identifier of the one credential that there is of a configuration; never equal
    to the configuration's own, so that whoever mixes both up is told.
    """
    return f"{configuration}#1"


def _configuration(detail: Any, offered: Sequence[str], issuer: str) -> str:
    kind = detail.get("type") if isinstance(detail, dict) else None
    if kind != TYPE:
        raise _refused("other_detail", str(kind)[:40])
    locations = as_list(detail.get("locations"))
    if any(location != issuer for location in locations):
        raise _refused("bad_details", str(locations)[:80])
    id = detail.get("credential_configuration_id")
    if not isinstance(id, str) or id not in offered:
        raise _refused("detail_not_offered", str(id)[:80])
    return id


def _refused(reason: str, found: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_authorization_details", reason, found=found)
