"""Finds what answers a request, says exactly what would leave and what stays, and answers with
that and no more (OpenID4VP 1.0 6.4, 8).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.sdjwt.disclosures import Path
from sandbox.credentials.sdjwt.presenting import bind, read_sdjwt, select
from sandbox.credentials.texts import Json
from sandbox.credentials.vp.dcql import is_of_type, places_of
from sandbox.credentials.vp.verifier import ENCRYPTIONS
from sandbox.credentials.wallet.calling import Send, form_call, sent, unexpected
from sandbox.credentials.wallet.forms import (
    FORMS,
    UNREAD,
    Form,
    can_show,
    form_of_text,
    presented,
)
from sandbox.credentials.wallet.requests import Asking
from sandbox.credentials.words import leaves_of
from sandbox.errors import BadRequest

MOST_CHOICES = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A credential of the wallet, with its claims read once, when it came."""

    id: str
    text: str
    claims: Json
    key: PrivateKey

    @property
    def form(self) -> Form:
        """Returns the form of the credential, as a query names it."""
        return form_of_text(self.text)


@dataclass(frozen=True, slots=True)
class Share:
    """What one credential would show: `shown` is the text that leaves, without the holder's
    signature.
    """

    query: str
    held: Held
    shown: str
    leaves: tuple[tuple[Path, Any], ...]
    stays: tuple[Path, ...]
    always: tuple[Path, ...]
    """Those of `leaves` that every verifier sees: the issuer has signed them openly."""

    @property
    def is_whole(self) -> bool:
        """Tells whether the credential is of a form of which nothing can be held back."""
        return self.held.form != FORMS[0]


Fit = tuple[Held, list[Sequence[Any]]]
"""A credential that fits a query, with the places of what it is to show."""


def shares_of(asking: Asking, wallet: Sequence[Held], chosen: Collection[str] = ()) -> list[Share]:
    """Returns what would answer a request: of each query a chosen credential, else the first that
    fits.

    Args:
        asking: The request.
        wallet: The credentials.
        chosen: The ids of those that the holder prefers.

    Raises:
        BadRequest: Nothing here answers what is required; then nothing leaves.
    """
    shares = []
    for query, fits in _fitting(asking, wallet).items():
        preferred = [fit for fit in fits if fit[0].id in chosen]
        shares.append(_share(query, *[*preferred, *fits][0]))
    return shares


def choices_of(asking: Asking, wallet: Sequence[Held]) -> list[list[Share]]:
    """Returns what may answer each query of a request, the first credentials of the wallet first;
    at most MOST_CHOICES of each.

    Raises:
        BadRequest: Nothing here answers what is required.
    """
    fitting = _fitting(asking, wallet).items()
    return [[_share(query, *fit) for fit in fits[:MOST_CHOICES]] for query, fits in fitting]


def answer(
    asking: Asking,
    shares: Sequence[Share],
    allowed: Collection[tuple[str, Path]],
    *,
    send: Send,
    at: datetime,
) -> str:
    """Answers a request, and returns where the verifier wants the holder to go on; empty for
    nowhere.

    Args:
        asking: The request.
        shares: What is to be shown.
        allowed: The claims to which the holder has agreed, with the query of each.
        send: Sends.
        at: Now.

    Raises:
        BadRequest: More would leave than was agreed to, or the verifier refuses.
    """
    leaving = {(share.query, path) for share in shares for path, _ in share.leaves}
    more = leaving - set(allowed)
    if more:
        names = ", ".join(sorted(name_of(path) for _, path in more))
        raise BadRequest("wallet.more_than_allowed", where="consent", found=names[:200])
    token = tokens_of(asking, shares, at=at)
    reply = sent(send, form_call(asking.address, form_of(asking, token)))
    if reply.status != 200:
        raise unexpected(asking.address, reply)
    return str(reply.json.get("redirect_uri", ""))


def tokens_of(asking: Asking, shares: Sequence[Share], *, at: datetime) -> Json:
    """Returns what answers a request, by the ids of its query (OpenID4VP 1.0 8.1).

    Args:
        asking: The request, whose verifier and nonce the holder signs.
        shares: What is shown.
        at: Now.
    """
    nonce = str(asking.fields["nonce"])

    def bound(share: Share) -> Any:
        if share.is_whole:
            return presented(share.shown, share.held.claims, share.held.key, asking, at=at)
        return bind(share.shown, share.held.key, audience=asking.client_id, nonce=nonce, at=at)

    return {share.query: [bound(share)] for share in shares}


def name_of(path: Path) -> str:
    """Returns a place in claims as people write it."""
    return ".".join(map(str, path))


def form_of(asking: Asking, token: Json) -> dict[str, str]:
    """Returns the form by which a request is answered (OpenID4VP 1.0 8.2, 8.3).

    Args:
        asking: The request, which says whether the answer is encrypted.
        token: What is shown, by the ids of the query.

    Raises:
        BadRequest: It is to be encrypted, and there is no key for that.
    """
    state = asking.fields.get("state")
    word = {"state": state} if isinstance(state, str) else {}
    if asking.fields["response_mode"] == "direct_post":
        return {"vp_token": json.dumps(token), **word}
    metadata = asking.fields.get("client_metadata")
    described = metadata if isinstance(metadata, dict) else {}
    try:
        jwk = next(key for key in described["jwks"]["keys"] if key.get("kty") == "EC")
        known = described.get("encrypted_response_enc_values_supported") or ENCRYPTIONS[:1]
        enc = next(name for name in ENCRYPTIONS if name in known)
        header = {"alg": "ECDH-ES", "enc": enc}
        if isinstance(jwk.get("kid"), str):
            header["kid"] = jwk["kid"]
        key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        content = json.dumps({"vp_token": token, **word}).encode()
        return {"response": jwe.encrypt_compact(header, content, key, algorithms=["ECDH-ES", enc])}
    except (LookupError, TypeError, AttributeError, StopIteration, JoseError, ValueError):
        clause = "OpenID4VP 1.0 8.3"
        raise BadRequest("wallet.no_encryption", where="client_metadata", clause=clause) from None


def _fitting(asking: Asking, wallet: Sequence[Held]) -> dict[str, list[Fit]]:
    """Returns the credentials that fit each query that is to be answered.

    Raises:
        BadRequest: Nothing answers what is required.
    """
    query = asking.query
    fitting = {item["id"]: _fits(item, wallet) for item in query["credentials"]}
    ids = _needed(query, {id for id, fits in fitting.items() if fits})
    if not ids:
        missing = ", ".join(id for id, fits in fitting.items() if not fits) or "–"
        raise BadRequest("wallet.nothing_fits", where="query", found=missing[:120])
    return {id: fits for id, fits in fitting.items() if id in ids}


def _fits(item: Json, wallet: Sequence[Held]) -> list[Fit]:
    """Returns the credentials that fit a query, each with the claims that it is to show."""
    fits = []
    for held in wallet:
        if held.form != item["format"] or not is_of_type(item, held.claims):
            continue
        patterns = _patterns(item, held.claims)
        if patterns is not None and can_show(held.form, held.claims, held.key):
            fits.append((held, patterns))
    return fits


def _patterns(item: Json, claims: Json) -> list[Sequence[Any]] | None:
    """Returns the places of the first set of claims that is there; None for none."""
    asked = {str(claim.get("id", n)): claim for n, claim in enumerate(item.get("claims", []))}
    places = {id: places_of(claims, claim) for id, claim in asked.items()}
    for option in item.get("claim_sets") or [list(asked)]:
        if all(places.get(id) for id in option):
            return [place for id in option for place in places[id]]
    return None


def _needed(query: Json, fitting: set[str]) -> set[str]:
    """Returns the queries to answer; none where what is required does not fit (6.4.2)."""
    sets = query.get("credential_sets")
    if not sets:
        every = {item["id"] for item in query["credentials"]}
        return every if every <= fitting else set()
    needed: set[str] = set()
    for each in sets:
        # what is optional stays: nobody has asked the holder for it by need
        if each.get("required", True):
            option = next((set(ids) for ids in each["options"] if set(ids) <= fitting), None)
            if option is None:
                return set()
            needed |= option
    return needed


def _share(query: str, held: Held, patterns: list[Sequence[Any]]) -> Share:
    if held.form != FORMS[0]:
        said = {name: part for name, part in held.claims.items() if name not in UNREAD}
        return Share(query, held, held.text, tuple(leaves_of(said)), (), ())
    shown = select(held.text, [tuple(path) for path in patterns])
    leaves = dict(leaves_of(read_sdjwt(shown).opened().claims))
    every: Mapping[Path, Any] = dict(leaves_of(held.claims))
    stays = tuple(path for path in every if path not in leaves)
    always = tuple(dict(leaves_of(read_sdjwt(select(held.text, [])).opened().claims)))
    return Share(query, held, shown, tuple(leaves.items()), stays, always)
