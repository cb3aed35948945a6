"""Receives a credential that was offered: offer, metadata, token, nonce, proof, credential,
notification (OpenID4VCI 1.0, pre-authorised code).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.certificates.steps import StepName
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.report import Report
from sandbox.credentials.texts import Json, as_list, write_compact
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.vci.proofs import TYP
from sandbox.credentials.wallet.calling import (
    Call,
    Reply,
    Send,
    form_call,
    json_call,
    sent,
    unexpected,
)
from sandbox.credentials.wallet.drafts import (
    body_of_draft,
    credential_in,
    is_of_draft,
)
from sandbox.credentials.wallet.forms import FORMS, is_bound_to, key_header
from sandbox.credentials.wallet.offers import Offer, issuer_of, server_of, wanted_of
from sandbox.credentials.wallet.waiting import Waiting, waiting_in
from sandbox.errors import BadRequest

# Where one of these failed, the credential is not what its issuer gave; belief is the holder's own.
FATAL: tuple[StepName, ...] = (
    "form",
    "disclosures",
    "key",
    "relation",
    "signature",
    "validity",
    "status",
)
DEFERRED = "OpenID4VCI 1.0 9"
MOST_IDENTIFIERS = 20
Judge = Callable[[str], Report]


@dataclass(frozen=True, slots=True)
class Received:
    """A credential as it came, checked."""

    text: str
    configuration: str
    report: Report
    is_draft: bool = False
    """Whether its issuer speaks a draft of the standard."""


def visit(
    offer: Offer,
    key: PrivateKey,
    *,
    pin: str,
    send: Send,
    judge: Judge,
    at: datetime,
) -> tuple[list[Received], list[Waiting]]:
    """Returns the credentials of an offer that were received, checked and acknowledged, and those
    that are not ready.

    Args:
        offer: As it was read.
        key: The holder's, made for this offer: two credentials of one key tell that they are one
            person's.
        pin: That came another way; empty where none is asked for.
        send: Sends.
        judge: Verifies what came.
        at: Now.

    Raises:
        BadRequest: Something is not as the standard asks, or what came is not to be kept.
    """
    if offer.is_by_browser:
        raise BadRequest("wallet.by_browser", where="link", clause="OpenID4VCI 1.0 4.1.1")
    if offer.pin is not None and not pin:
        raise BadRequest("wallet.pin_needed", where="pin", clause="OpenID4VCI 1.0 6.1")
    metadata = issuer_of(offer, send)
    wanted_of(offer, metadata)  # before the code is spent
    token = _token(offer, pin, metadata, send)
    return Desk(offer, metadata, token, key, send, judge, at).collect()


def identifiers_in(token: Json, configuration: str) -> list[str]:
    """Returns by which identifiers a configuration is asked for; an empty one where it is by its
    own id (OpenID4VCI 1.0 8.2).

    Args:
        token: What the token endpoint gave.
        configuration: Its id.
    """
    details = [
        each for each in as_list(token.get("authorization_details")) if isinstance(each, dict)
    ]
    own = [each for each in details if each.get("credential_configuration_id") == configuration]
    identifiers = [id for each in own for id in as_list(each.get("credential_identifiers"))]
    return [id for id in identifiers if isinstance(id, str)][:MOST_IDENTIFIERS] or [""]


def receive(
    offer: Offer, key: PrivateKey, *, pin: str, send: Send, judge: Judge, at: datetime
) -> list[Received]:
    """Returns the credentials of an offer as `visit` does, for whoever cannot wait.

    Args:
        offer: As it was read.
        key: The holder's.
        pin: That came another way.
        send: Sends.
        judge: Verifies what came.
        at: Now.

    Raises:
        BadRequest: One of them is not ready, or as `visit` says.
    """
    received, waiting = visit(offer, key, pin=pin, send=send, judge=judge, at=at)
    if waiting:
        seconds = str(max(each.interval for each in waiting))
        raise BadRequest("wallet.not_ready", where="offer", clause=DEFERRED, found=seconds)
    return received


@dataclass(frozen=True, slots=True)
class Desk:
    """One visit at an issuer: the offer, who makes it, what its token endpoint gave, the holder's
    key for this offer, and who sends and judges.
    """

    offer: Offer
    metadata: Json
    token: Json
    key: PrivateKey
    send: Send
    judge: Judge
    at: datetime

    @property
    def is_draft(self) -> bool:
        """Tells whether the issuer speaks a draft of the standard."""
        return self.offer.is_draft or is_of_draft(self.metadata, self.token)

    def collect(self) -> tuple[list[Received], list[Waiting]]:
        """Returns what the token is good for, received, checked and acknowledged, and what is not
        ready.

        Raises:
            BadRequest: Something is not as the standard asks, or what came is not to be kept.
        """
        fetched = [
            self.fetch(id, described, identifier)
            for id, described in wanted_of(self.offer, self.metadata)
            for identifier in identifiers_in(self.token, id)
        ]
        received = [each for each in fetched if isinstance(each, Received)]
        return received, [each for each in fetched if isinstance(each, Waiting)]

    def fetch(self, id: str, described: Json, identifier: str) -> Received | Waiting:
        """Returns one credential, or that it is not ready.

        Args:
            id: Of the configuration.
            described: What the metadata say of it.
            identifier: By which it is asked for; empty where it is by the id.

        Raises:
            BadRequest: As `collect` says.
        """
        reply = self._asked(id, described, identifier)
        # the nonce may be over meanwhile: a new one, once (OpenID4VCI 1.0 8.3.1.2)
        if reply.json.get("error") == "invalid_nonce":
            reply = self._asked(id, described, identifier)
        waiting = waiting_in(reply, id, self.metadata, self.token["access_token"])
        if waiting is not None:
            return waiting

        def notify(event: str) -> None:
            self._notify(reply, event)

        address = self._endpoint("credential_endpoint")
        text, report = arrived(reply, address, self.key, self.judge, notify, is_draft=self.is_draft)
        return Received(text, id, report, self.is_draft)

    def _asked(self, id: str, described: Json, identifier: str) -> Reply:
        payload = {"aud": self.offer.issuer, "iat": int(self.at.timestamp())}
        if "nonce_endpoint" in self.metadata:
            address = self._endpoint("nonce_endpoint")
            reply = sent(self.send, Call("POST", address))
            if not isinstance(reply.json.get("c_nonce"), str):
                raise unexpected(address, reply)
            payload["nonce"] = reply.json["c_nonce"]
        elif self.is_draft and "c_nonce" in self.token:
            payload["nonce"] = self.token["c_nonce"]
        proof = write_jws({"typ": TYP, **key_header(described, self.key)}, payload, self.key)
        named = {"credential_identifier": identifier} if identifier else {}
        named = named or {"credential_configuration_id": id}
        body: Json = {**named, "proofs": {"jwt": [proof]}}
        if self.is_draft:
            body = body_of_draft(described, proof)
        return self._told("credential_endpoint", body)

    def _notify(self, reply: Reply, event: str) -> None:
        id = reply.json.get("notification_id")
        if isinstance(id, str) and "notification_endpoint" in self.metadata:
            self._told("notification_endpoint", {"notification_id": id, "event": event})

    def _told(self, name: str, body: Json) -> Reply:
        call = json_call(self._endpoint(name), body, self.token["access_token"])
        return sent(self.send, call)

    def _endpoint(self, name: str) -> str:
        return str(self.metadata.get(name, ""))


def arrived(
    reply: Reply,
    address: str,
    key: PrivateKey,
    judge: Judge,
    notify: Callable[[str], None],
    *,
    is_draft: bool = False,
) -> tuple[str, Report]:
    """Returns a credential that came, checked and acknowledged.

    Args:
        reply: Of the issuer.
        address: Who was asked.
        key: The holder's.
        judge: Verifies what came.
        notify: Tells the issuer what became of it.
        is_draft: Whether it may come bare, as drafts had it.

    Raises:
        BadRequest: Nothing came, or what came is not to be kept.
    """
    content = reply.json
    text = _text(credential_in(content) if is_draft else _first(content))
    if reply.status != 200 or text is None:
        raise unexpected(address, reply)
    report = judge(text)
    try:
        check_arrival(report, key)
    except BadRequest:
        notify("credential_failure")
        raise
    notify("credential_accepted")
    return text, report


def check_arrival(report: Report, key: PrivateKey) -> None:
    """Refuses what is not to be kept.

    Raises:
        BadRequest: It was changed, is over, or is bound to another key.
    """
    failed = [name for name in FATAL if report.step(name).status == "fail"]
    if report.step("signature").status == "skipped":
        failed.append("signature")  # a key that was not found proves nothing
    if report.claims is None or failed:
        raise BadRequest("wallet.bad_credential", where="credential", found=(failed or ["form"])[0])
    if not is_bound_to(report.claims, key):
        clause = "SD-JWT VC 2.2.2" if report.form == FORMS[0] else "OpenID4VCI 1.0 8.2"
        raise BadRequest("wallet.other_key", where="cnf", clause=clause)


def _token(offer: Offer, pin: str, metadata: Json, send: Send) -> Json:
    _, described = server_of(offer, metadata, send)
    fields = {"grant_type": GRANT, "pre-authorized_code": offer.code}
    if offer.pin is not None:
        fields["user_pin" if offer.is_draft else "tx_code"] = pin
    address = str(described.get("token_endpoint", ""))
    reply = sent(send, form_call(address, fields))
    if reply.json.get("error") == "invalid_grant":
        name = "wallet.code_used" if offer.pin is None else "wallet.wrong_pin"
        raise BadRequest(name, where="pin", clause="OpenID4VCI 1.0 6.3")
    if reply.status != 200 or not isinstance(reply.json.get("access_token"), str):
        raise unexpected(address, reply)
    return reply.json


def _first(content: Json) -> Any:
    """Returns the first credential of an answer; None for none (OpenID4VCI 1.0 8.3)."""
    try:
        return content["credentials"][0]["credential"]
    except (LookupError, TypeError):
        return None


def _text(credential: Any) -> str | None:
    """Returns a credential as text: Data Integrity comes as an object (OpenID4VCI 1.0 A.1.3)."""
    if isinstance(credential, dict):
        return write_compact(credential).decode()
    return credential if isinstance(credential, str) else None
