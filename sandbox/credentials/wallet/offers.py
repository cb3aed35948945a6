"""Reads offers and who makes them: links, metadata of issuers and of their authorization servers
(OpenID4VCI 1.0 4, 12).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.credentials.issuers import well_known
from sandbox.credentials.texts import Json, read_object
from sandbox.credentials.vci.authorizing import AUTHORIZATION
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.wallet.calling import Send, got
from sandbox.credentials.wallet.drafts import as_final, offered_in
from sandbox.credentials.wallet.forms import FORMS, chosen
from sandbox.errors import BadRequest

GRANTS = "OpenID4VCI 1.0 4.1.1"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an issuer offers; `pin` is how the PIN looks, None where none is asked for.

    `code` is empty where the holder agrees on the issuer's page first; `state` is what the page is
    to be told then, `server` which server of the issuer's is asked, where there are several.
    """

    issuer: str
    configurations: tuple[str, ...]
    code: str
    pin: Json | None
    is_draft: bool = False
    """Whether it is written as drafts 11 and 12 of the standard had it."""
    state: str = ""
    server: str = ""

    @property
    def is_by_browser(self) -> bool:
        """Tells whether its holder agrees on the issuer's page."""
        return not self.code


def read_offer(link: str, send: Send) -> Offer:
    """Returns what a link offers, by value or by reference (OpenID4VCI 1.0 4.1).

    Raises:
        BadRequest: It is no offer, or by no grant that is known here.
    """
    fields = parse_qs(urlsplit(link.strip()).query)
    named = [name for name in ("credential_offer", "credential_offer_uri") if name in fields]
    if len(named) != 1 or len(fields[named[0]]) != 1:
        raise BadRequest("wallet.no_offer", where="link", clause="OpenID4VCI 1.0 4.1")
    (value,) = fields[named[0]]
    try:
        content = got(send, value) if named == ["credential_offer_uri"] else read_object(value)
        return _offer_in(content)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise BadRequest("wallet.no_offer", where="link", clause="OpenID4VCI 1.0 4.1.1") from None


def _offer_in(content: Json) -> Offer:
    """Returns what an object offers; raises ValueError, LookupError, TypeError or AttributeError
    for one that is none.
    """
    # where no grant is named, it is that of whoever goes through a browser (OpenID4VCI 1.0 4.1.1)
    grants = content.get("grants") or {AUTHORIZATION: {}}
    by_code = GRANT in grants
    grant = grants[GRANT if by_code else AUTHORIZATION]
    ids, pin, is_draft = offered_in(content, grant)
    code = grant["pre-authorized_code"] if by_code else ""
    state, server = (
        "" if by_code else grant.get("issuer_state", ""),
        grant.get("authorization_server", ""),
    )
    texts = (content["credential_issuer"], code, state, server, *ids)
    is_list = isinstance(ids, list) and bool(ids)
    if not is_list or not all(isinstance(text, str) for text in texts) or (by_code and not code):
        raise ValueError("no texts")
    if len(set(ids)) != len(ids) or not _is_identifier(content["credential_issuer"]):
        raise ValueError("an id twice, or no issuer")
    # an empty object asks for a PIN too
    shape = pin if by_code else None
    if shape is not None and not isinstance(shape, dict):
        raise ValueError("no shape of a PIN")
    return Offer(content["credential_issuer"], tuple(ids), code, shape, is_draft, state, server)


def _is_identifier(issuer: str) -> bool:
    """Tells whether an address can be an issuer's: of the web, with a host, and with neither query
    nor fragment (OpenID4VCI 1.0 12.2.1).
    """
    parts = urlsplit(issuer)
    is_web = parts.scheme in ("https", "http") and bool(parts.hostname)
    return is_web and "?" not in issuer and "#" not in issuer


def issuer_of(offer: Offer, send: Send) -> Json:
    """Returns the metadata of who offers (OpenID4VCI 1.0 12.2).

    Raises:
        BadRequest: There is none, or it is that of another issuer.
    """
    metadata = got(send, well_known(offer.issuer, "openid-credential-issuer"))
    _same_issuer(metadata.get("credential_issuer"), offer.issuer, "OpenID4VCI 1.0 12.2.2")
    return as_final(metadata)


def wanted_of(offer: Offer, metadata: Json) -> list[tuple[str, Json]]:
    """Returns what a wallet asks for of an offer.

    Args:
        offer: As it was read.
        metadata: Of its issuer.

    Raises:
        BadRequest: Nothing of it is of a form that is known here.
    """
    wanted = chosen(offer.configurations, metadata)
    if not wanted:
        shown = ", ".join(offer.configurations)[:200] or "–"
        forms = ", ".join(FORMS)
        raise BadRequest("wallet.no_format", where="offer", found=shown, expected=forms)
    return wanted


def server_of(offer: Offer, metadata: Json, send: Send) -> tuple[str, Json]:
    """Returns which authorization server is asked, and what it says of itself.

    Args:
        offer: May name one of several.
        metadata: Of its issuer, which is its own server where it names none.
        send: Sends.

    Raises:
        BadRequest: The offer names one that the issuer does not, or there are no metadata of it.
    """
    servers = metadata.get("authorization_servers")
    named = [str(each) for each in servers] if isinstance(servers, list) else []
    server = offer.server or (named[0] if named else offer.issuer)
    if server not in (named or [offer.issuer]):
        shown = {"found": server[:120], "expected": ", ".join(named)[:120] or offer.issuer[:120]}
        raise BadRequest(
            "wallet.other_issuer", where="authorization_server", clause=GRANTS, **shown
        )
    described = got(send, well_known(server, "oauth-authorization-server"))
    _same_issuer(described.get("issuer"), server, "RFC 8414 3.3")
    return server, described


def _same_issuer(said: Any, expected: str, clause: str) -> None:
    if said != expected:
        shown = {"found": str(said)[:120], "expected": expected[:120]}
        raise BadRequest("wallet.other_issuer", where="issuer", clause=clause, **shown)
