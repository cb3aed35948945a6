"""An issuer: offers, tokens, nonces and credentials (OpenID4VCI 1.0).

Codes and nonces serve once.  What an offer is about is read when it is made, so that whoever makes
it sees what is left out, and not the wallet.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote

from sandbox.credentials.issuing import Authority, Order, issue_credential
from sandbox.credentials.keeping import Keeping
from sandbox.credentials.kinds import Kind, kind_for
from sandbox.credentials.texts import Json, read_json
from sandbox.credentials.vci.authorizing import (
    AUTHORIZATION,
    Authorizing,
    issuer_in,
    promised_by,
)
from sandbox.credentials.vci.details import asked_in, granted, identifier_of
from sandbox.credentials.vci.metadata import CONFIGURATIONS, GRANT, MOST_PROOFS, OF_DRAFTS
from sandbox.credentials.vci.proofs import Proof, read_proof
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.errors import BadRequest

OFFER = "openid-credential-offer://?"
OFFER_LIFE = timedelta(days=7)
TOKEN_LIFE = timedelta(minutes=10)
TRANSACTION_LIFE = timedelta(days=7)
LONGEST_INTERVAL = 60
NONCE_LIFE = timedelta(minutes=5)
NOTIFICATION_LIFE = timedelta(days=7)
PIN_DIGITS = 6
PIN_ATTEMPTS = 5
# A wallet may ask again where an answer was lost.
TOKEN_USES = 10
Grant = Literal["pre-authorized_code", "authorization_code"]
EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that was made: its links, the PIN that goes another way, and what was left out."""

    id: str
    by_value: str
    by_reference: str
    pin: str
    left_out: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class OfferOptions:
    """How something is offered: in which formats (all that there are where none is named), as which
    kind of credential (by its content where none is named), whether with a PIN, for how many days
    the credential is to be in force, how many seconds behind the wallet's request it is ready,
    the text of the certificate from which the content was read, and by which grant it is had.
    """

    formats: tuple[str, ...] = ()
    kind: str = ""
    has_pin: bool = True
    days: int = 365
    ready_after: int = 0
    raw: str = ""
    grant: Grant = "pre-authorized_code"


class CredentialIssuer:
    """The issuer of one country, at one address.

    Args:
        kept: Offers and tokens.
        address: Its identifier.
        authority: Whose key signs.
        new_place: Gives a place in the status list.
        draft: The number of the draft of the standard that it speaks; 0 for 1.0.
    """

    def __init__(
        self,
        kept: Keeping,
        address: str,
        authority: Authority,
        new_place: Callable[[], int],
        draft: int = 0,
    ) -> None:
        self._kept = kept
        self._address = address
        self._authority = authority
        self._new_place = new_place
        self._draft = draft
        self.authorizing = Authorizing(kept, address)

    def offer(self, content: Any, options: OfferOptions) -> Offer:
        """Offers a credential to whoever has the link, and the PIN where one is asked for.

        Raises:
            BadRequest: The content says too little, or there is no such kind or format of it.
        """
        is_by_browser = options.grant == AUTHORIZATION
        if self._draft and (is_by_browser or options.ready_after):
            raise BadRequest("credentials.not_in_drafts", where="draft", found=str(self._draft))
        kind = kind_for(content, options.kind)
        configurations = self._configurations(kind, options.formats)
        said = kind.read(content)
        id, code = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}" if options.has_pin else ""
        by_browser: Json = {AUTHORIZATION: {"issuer_state": code}}
        grants = by_browser if is_by_browser else {GRANT: self._pre_authorized(code, pin)}
        # the name is of draft 13
        names = "credentials" if 0 < self._draft < 13 else "credential_configuration_ids"
        offer = {"credential_issuer": self._address, names: configurations, "grants": grants}
        promised = {
            "issuer": issuer_in(self._address),
            "claims": {**said.claims, **({"raw": options.raw} if options.raw else {})},
            "configurations": configurations,
            "days": options.days,
            "pin": pin,
            "ready_after": options.ready_after,
        }
        self._kept.keep("offer", id, offer, OFFER_LIFE)
        name: Literal["state", "code"] = "state" if is_by_browser else "code"
        self._kept.keep(name, code, promised, OFFER_LIFE, attempts=PIN_ATTEMPTS)
        text = json.dumps(offer, separators=(",", ":"))
        address = f"{self._address}/offers/{id}"
        return Offer(
            id,
            f"{OFFER}credential_offer={quote(text, safe='')}",
            f"{OFFER}credential_offer_uri={quote(address, safe='')}",
            pin,
            said.left_out,
            code,
        )

    def offered(self, id: str) -> Json | None:
        """Returns an offer by its id, for a wallet that got its address; None for none."""
        return self._kept.read("offer", id)

    def token(self, form: Mapping[str, str]) -> Json:
        """Returns an access token for a code (OpenID4VCI 1.0 6).

        Raises:
            OAuthRefusal: `invalid_grant` where the code or PIN is wrong, used or over.
        """
        grants = {GRANT: self._redeemed, AUTHORIZATION: self.authorizing.redeem}
        grant = form.get("grant_type", "–")
        if grant not in grants:
            names = {"expected": ", ".join(grants), "found": grant[:80]}
            raise OAuthRefusal("unsupported_grant_type", "grant_type", **names)
        promised = grants[grant](form)
        asked = asked_in(form, promised["configurations"], self._address)
        if asked:
            # a token may be for less than its code (RFC 9396 6)
            promised = {**promised, "configurations": asked, "detailed": asked}
        token = secrets.token_urlsafe(32)
        # what is not ready is asked for by the same token (OpenID4VCI 1.0 9.1)
        lasts = TRANSACTION_LIFE if promised.get("ready_after") else TOKEN_LIFE
        self._kept.keep("token", token, promised, lasts, attempts=TOKEN_USES)
        seconds = int(lasts.total_seconds())
        said = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        return {**said, **granted(promised.get("detailed", []))}

    def _redeemed(self, form: Mapping[str, str]) -> Json:
        """Returns what is promised to whoever has a pre-authorised code; raises OAuthRefusal."""
        code, pin = form.get("pre-authorized_code", ""), form.get("tx_code")
        if not code:
            raise OAuthRefusal("invalid_request", "no_code")
        promised = promised_by(self._address, self._kept.read("code", code))
        if promised is None:
            raise OAuthRefusal("invalid_grant", "bad_code")
        if bool(promised["pin"]) != (pin is not None):
            reason = "pin_missing" if pin is None else "pin_unexpected"
            raise OAuthRefusal("invalid_request", reason)
        # spent before it is compared: two that guess at the same time spend two
        if not self._kept.spend("code", code):
            raise OAuthRefusal("invalid_grant", "bad_code")
        if not hmac.compare_digest((pin or "").encode(), str(promised["pin"]).encode()):
            raise OAuthRefusal("invalid_grant", "bad_pin")
        if not self._kept.take("code", code):
            raise OAuthRefusal("invalid_grant", "bad_code")
        return promised

    def nonce(self) -> Json:
        """Returns a word of chance for a proof; it serves once (OpenID4VCI 1.0 7)."""
        nonce = secrets.token_urlsafe(24)
        self._kept.keep("nonce", nonce, {}, NONCE_LIFE)
        return {"c_nonce": nonce}

    def credential(self, token: str, body: Any) -> Json:
        """Returns credentials, one for each key that a wallet proves, or by which transaction they
        are to be asked for when they are ready (OpenID4VCI 1.0 8).

        Raises:
            OAuthRefusal: `invalid_token` where the token is none; else as section 8.3.1.2 says.
        """
        promised = promised_by(self._address, self._kept.read("token", token))
        if promised is None:
            raise OAuthRefusal("invalid_token", "bad_token")
        configuration = _configuration(
            body, promised["configurations"], promised.get("detailed", [])
        )
        proofs = self._proofs(body, promised.get("client", ""))
        self._kept.spend("token", token)
        holders = [proof.holder for proof in proofs]
        if not promised.get("ready_after"):
            return self._issued(configuration, holders, promised)
        transaction = secrets.token_urlsafe(24)
        ready = int(self._kept.clock().timestamp()) + int(promised["ready_after"])
        waiting = {
            "configuration": configuration,
            "holders": holders,
            "ready": ready,
            "token": token,
        }
        self._kept.keep("transaction", transaction, waiting, TRANSACTION_LIFE)
        return self._wait(transaction, ready)

    def deferred(self, token: str, body: Any) -> Json:
        """Returns what a wallet was told to wait for, or for how much longer (OpenID4VCI 1.0 9).

        Raises:
            OAuthRefusal: `invalid_token`, or `invalid_transaction_id` for one that is none, was
                answered, or is another wallet's.
        """
        promised = promised_by(self._address, self._kept.read("token", token))
        if promised is None:
            raise OAuthRefusal("invalid_token", "bad_token")
        id = body.get("transaction_id") if isinstance(body, dict) else None
        waiting = self._kept.read("transaction", id) if isinstance(id, str) else None
        if waiting is None or not hmac.compare_digest(str(waiting["token"]), token):
            raise OAuthRefusal("invalid_transaction_id", "bad_transaction")
        if self._kept.clock().timestamp() < waiting["ready"]:
            return self._wait(str(id), waiting["ready"])
        if not self._kept.take("transaction", str(id)):
            raise OAuthRefusal("invalid_transaction_id", "bad_transaction")
        return self._issued(waiting["configuration"], waiting["holders"], promised)

    def _pre_authorized(self, code: str, pin: str) -> Json:
        if 0 < self._draft < 13:
            return {"pre-authorized_code": code, "user_pin_required": bool(pin)}
        shape = {"input_mode": "numeric", "length": PIN_DIGITS}
        return {"pre-authorized_code": code, **({"tx_code": shape} if pin else {})}

    def _configurations(self, kind: Kind, formats: Sequence[str]) -> list[str]:
        """Returns the ids of a kind in some formats, in all where none is named; raises
        BadRequest.
        """
        here = OF_DRAFTS if self._draft else CONFIGURATIONS
        known = [id for id, (each, _) in here.items() if each is kind]
        wanted = [f"{kind.name}_{format}" for format in formats] or known
        unknown = [id for id in wanted if id not in known]
        if unknown:
            names = {"found": ", ".join(unknown), "known": ", ".join(known)}
            raise BadRequest("credentials.no_configuration", where="formats", **names)
        return wanted

    def _wait(self, transaction: str, ready: int) -> Json:
        left = ready - int(self._kept.clock().timestamp())
        interval = min(max(left, 1), LONGEST_INTERVAL)
        return {"transaction_id": transaction, "interval": interval}

    def _issued(self, configuration: str, holders: list[str], promised: Json) -> Json:
        kind, format = CONFIGURATIONS[configuration]
        at = self._kept.clock()
        ends = at + timedelta(days=int(promised["days"]))
        credentials = []
        for holder in holders:
            place = self._new_place()
            claims = promised["claims"]
            order = Order(claims, holder, place, at, ends, kind.name, is_old=bool(self._draft))
            text = issue_credential(format, order, self._authority)
            credentials.append({"credential": read_json(text) if format == "ldp_vc" else text})
        notification = secrets.token_urlsafe(16)
        self._kept.keep("notification", notification, {}, NOTIFICATION_LIFE)
        return {"credentials": credentials, "notification_id": notification}

    def notified(self, token: str, body: Any) -> None:
        """Takes note of what became of a credential; twice is as once (OpenID4VCI 1.0 11).

        Raises:
            OAuthRefusal: The token or the notification is none, or the event is unknown.
        """
        if self._kept.read("token", token) is None:
            raise OAuthRefusal("invalid_token", "bad_token")
        event = body.get("event") if isinstance(body, dict) else None
        if event not in EVENTS:
            found = str(event)[:40]
            raise OAuthRefusal("invalid_notification_request", "bad_event", found=found)
        if self._kept.read("notification", str(body.get("notification_id", ""))) is None:
            raise OAuthRefusal("invalid_notification_id", "bad_notification")

    def _proofs(self, body: Json, client: str) -> list[Proof]:
        proofs = body.get("proofs")
        texts = proofs.get("jwt") if isinstance(proofs, dict) else None
        if not isinstance(texts, list) or not 0 < len(texts) <= MOST_PROOFS:
            raise OAuthRefusal("invalid_proof", "no_proofs", expected=str(MOST_PROOFS))
        at = self._kept.clock()
        read = [read_proof(text, issuer=self._address, at=at, client=client) for text in texts]
        nonces = {proof.nonce for proof in read}
        # all of one request have the same; used up whatever comes of it
        used = [self._kept.spend("nonce", nonce) for nonce in nonces]
        if len(nonces) != 1 or not used[0]:
            raise OAuthRefusal("invalid_nonce", "bad_nonce")
        return read


def _configuration(body: Any, promised: list[str], detailed: list[str]) -> str:
    """Returns the configuration that a wallet asks for (OpenID4VCI 1.0 8.2).

    Args:
        body: Of the request.
        promised: The configurations that its token is for.
        detailed: Those of them that are asked for by their identifiers alone.

    Raises:
        OAuthRefusal: It names none of them, or not in the way that it must.
    """
    if not isinstance(body, dict):
        raise OAuthRefusal("invalid_credential_request", "no_object")
    identifier, id = (
        body.get(name) for name in ("credential_identifier", "credential_configuration_id")
    )
    if identifier is not None and id is None:
        by_identifier = {identifier_of(each): each for each in detailed}
        if not isinstance(identifier, str) or identifier not in by_identifier:
            found = str(identifier)[:80]
            raise OAuthRefusal("unknown_credential_identifier", "bad_identifier", found=found)
        return by_identifier[identifier]
    if identifier is not None or not isinstance(id, str):
        raise OAuthRefusal("invalid_credential_request", "one_of_both")
    if id not in CONFIGURATIONS:
        raise OAuthRefusal("unknown_credential_configuration", "bad_configuration", found=id[:80])
    if id not in promised:
        raise OAuthRefusal("invalid_credential_request", "not_offered", found=id[:80])
    if id in detailed:
        expected = identifier_of(id)
        raise OAuthRefusal("invalid_credential_request", "by_identifier", expected=expected)
    return id
