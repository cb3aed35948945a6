"""The wrong requests of the track vci.issuer, and those without a token of their own (OpenID4VCI
1.0 8.3.1.2, RFC 6750 3).

Each differs from the right one in its fault alone, and is judged only once the right one was taken;
a refusal counts when its code names the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Exchange
from sandbox.findings import Severity
from sandbox.testbench.script import Given, Request, Script, nothing_there
from sandbox.testbench.tracks.vci_issuer_credentials import (
    at_desk,
    needs_proof,
    nonce_at,
    one_more,
    proofs_at,
    refused,
    said,
    told,
)

if TYPE_CHECKING:  # what reads credentials is imported where it is needed: it takes its time
    from sandbox.testbench.issuer_ground import Desk

MADE_UP = "a-nonce-that-nobody-has-given-out"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request with one fault, and how it is to be refused.

    `proof` changes the proof, `body` the object; `severity` is what it means where it is taken.
    """

    error: str
    clause: str
    spare: int
    proof: Callable[[Desk, Given], dict[str, Any]] = field(default=lambda desk, given: {})
    body: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"
    also: tuple[str, ...] = ()
    """Codes that name the fault less well."""
    is_about_nonce: bool = False


def wrong(given: Given, *, case: Wrong) -> Script:
    """A request with one fault is refused, for that fault."""
    from sandbox.testbench.issuer_ground import (
        body_for,
        credential_request,
        desk_of,
        proof_for,
        proving,
    )

    here = desk_of(given)
    has_nonce = bool(here.endpoint("nonce_endpoint") or here.nonce)
    # an issuer that asks for no proof, or takes no nonce, has nothing to refuse here
    if not needs_proof(here) or (case.is_about_nonce and not has_nonce):
        yield nothing_there()
        return

    def attempt(desk: Desk) -> Generator[Request, Exchange, Exchange]:
        changes = case.proof(desk, given)
        nonce = yield from nonce_at(desk)
        proof = proof_for(desk, given, proving(desk, given, **{"nonce": nonce, **changes}))
        return (yield credential_request(desk, body_for(desk, [proof], case.body)))

    answer = yield from at_desk(given, case.spare, attempt)
    if answer is None:
        yield one_more(case.spare + 1)
        return
    yield from refused(answer, case.error, case.clause, severity=case.severity, also=case.also)


def nonce_twice(given: Given) -> Script:
    """A nonce that was used is no longer taken, or else its life is short (VCI-I14b)."""
    from sandbox.testbench.issuer_ground import (
        body_for,
        credential_request,
        desk_of,
        proof_for,
        proving,
    )

    if not needs_proof(desk_of(given)) or not desk_of(given).endpoint("nonce_endpoint"):
        yield nothing_there()
        return
    nonces: list[str] = []

    def attempt(desk: Desk) -> Generator[Request, Exchange, Exchange]:
        nonces.append((yield from nonce_at(desk)))
        proof = proof_for(desk, given, proving(desk, given, nonces[-1]))
        return (yield credential_request(desk, body_for(desk, [proof])))

    def again(desk: Desk) -> Generator[Request, Exchange, Exchange]:
        proof = proof_for(desk, given, proving(desk, given, nonces[-1], word="second"))
        return (yield credential_request(desk, body_for(desk, [proof])))

    first = yield from at_desk(given, 8, attempt)
    second = None if first is None else (yield from at_desk(given, 9, again))
    if first is None or second is None:
        yield one_more(10)
        return
    if first.status != 200:
        yield told("no_credential", "error", "credentials", "8.3", found=said(first))
        return
    # how long one may be used is the issuer's to say: a short time is no fault
    yield from refused(second, "invalid_nonce", "8.3.1.2, 13.6.1", severity="warning")


def without_token(given: Given, *, kind: str) -> Script:
    """Without a token of its own nobody gets a credential (VCI-I17)."""
    from sandbox.testbench.issuer_ground import body_for, credential_request, desk_of

    desk = desk_of(given)
    nonce = yield from nonce_at(desk)
    body = body_for(desk, proofs_at(desk, given, nonce))
    asked = credential_request(
        desk, body, token="made-up-by-the-bench" if kind == "foreign" else ""
    )
    if kind == "query":
        asked = replace(asked, url=f"{asked.url}?access_token={desk.token}")
    answer = yield asked
    if answer.status in (200, 202):
        name = "token_in_address" if kind == "query" else "anybody"
        yield told(name, "error", "Authorization", "8, RFC 6750 2.3, 3.1")
    elif answer.status != 401:
        yield told(
            "no_401",
            "error",
            "Authorization",
            "8, RFC 6750 3.1",
            expected="401",
            found=said(answer),
        )
    elif not answer.header("www-authenticate").lower().startswith(("bearer", "dpop")):
        found = answer.header("www-authenticate") or "–"
        yield told("no_challenge", "error", "WWW-Authenticate", "RFC 6750 3", found=found)


def _changed(**changes: Any) -> Callable[[Desk, Given], dict[str, Any]]:
    return lambda desk, given: changes


def _elsewhere(desk: Desk, given: Given) -> dict[str, Any]:
    return {"aud": f"{desk.issuer}/other"}


def _from_tomorrow(desk: Desk, given: Given) -> dict[str, Any]:
    from sandbox.testbench.issuer_ground import proving

    return {"at": proving(desk, given, "").at + timedelta(days=1)}


REFUSALS = "8.3.1.2"


CASES: Mapping[str, tuple[str, Wrong]] = {
    "VCI-I12": ("no_proof", Wrong("invalid_proof", REFUSALS, 5, body={"proofs": None})),
    "VCI-I13": (
        "bad_signature",
        Wrong("invalid_proof", f"{REFUSALS}, F.4", 6, _changed(signs="stranger")),
    ),
    "VCI-I14a": (
        "unknown_nonce",
        Wrong("invalid_nonce", f"{REFUSALS}, 7", 7, _changed(nonce=MADE_UP), is_about_nonce=True),
    ),
    "VCI-I14c": (
        "no_nonce",
        Wrong(
            "invalid_proof",
            f"{REFUSALS}, F.1",
            10,
            _changed(nonce=""),
            also=("invalid_nonce",),
            is_about_nonce=True,
        ),
    ),
    "VCI-I15a": ("other_audience", Wrong("invalid_proof", f"{REFUSALS}, F.1", 11, _elsewhere)),
    "VCI-I15b": (
        "other_typ",
        Wrong("invalid_proof", f"{REFUSALS}, F.1", 12, _changed(typ="JWT")),
    ),
    # where the nonce tells how old a proof is, its time may be left unread (F.4)
    "VCI-I15c": (
        "from_tomorrow",
        Wrong("invalid_proof", f"{REFUSALS}, F.4", 13, _from_tomorrow, severity="warning"),
    ),
    "VCI-I15d": (
        "two_names",
        Wrong("invalid_proof", f"{REFUSALS}, F.1", 17, _changed(names_twice=True)),
    ),
    "VCI-I16a": (
        "unknown_configuration",
        Wrong(
            "unknown_credential_configuration",
            REFUSALS,
            14,
            body={"credential_configuration_id": "unheard-of", "credential_identifier": None},
            also=("invalid_credential_request", "unsupported_credential_type"),
        ),
    ),
    "VCI-I16b": (
        "unknown_identifier",
        Wrong(
            "unknown_credential_identifier",
            REFUSALS,
            15,
            body={"credential_configuration_id": None, "credential_identifier": "unheard-of"},
            also=("invalid_credential_request",),
        ),
    ),
}
