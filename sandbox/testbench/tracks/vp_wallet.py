"""Wallet that shows (OpenID4VP 1.0): it answers the requests of its inbox, with what was asked for
and no more, and refuses those that are wrong.

Below the inbox stand a credential to receive first and the requests, `$requests`, as links and
pictures.  A wallet that refuses tells the verifier by an error; where the standard lets it be
silent, whoever holds it tells: `GET $proof?1=answered&2=refused&…`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Severity
from sandbox.testbench.inbox import Field, Offer, OfferReply, OfferRequest, Proof
from sandbox.testbench.script import Capture, Given, Script, Test, Track, depends_on, finding_at

VP = "OpenID4VP 1.0"
SAYS = ("answered", "refused")
CHOICES = {said: f"vp_wallet.said.{said}" for said in SAYS}
COUNT = 12
# What the issuer has signed openly, or every verifier needs.
OPEN = frozenset({"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "sub"})
REQUESTS = Capture("GET", r"\$requests", "Requests", "GET /$requests")
OBJECT = Capture("GET|POST", r"r/[^/]+/request", "Request object", "GET /r/…/request")
RESPONSE = Capture("POST", r"r/[^/]+/response", "Response", "POST /r/…/response")
PROOF = Capture("GET", r"\$proof", "Outcomes", "GET /$proof?1=answered&2=refused&…")


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a wrong request is to be refused: by which errors, and what it is worth to say nothing.

    `silence` is the severity of that; empty where the standard lets a wallet be silent.
    """

    clause: str
    errors: tuple[str, ...]
    silence: Severity | None


# Silence: a wallet MUST return an error where 8.2 and 5.1 say so.  Where the verifier has not
# proved who it is (5.9.3, RFC 9101 6.3) nobody is owed an answer.  Else 8.5 has a code for the
# fault, and a verifier that gets none waits in vain.
REFUSALS: dict[str, Refusal] = {
    "no_nonce": Refusal(f"{VP} 5.2", ("invalid_request",), "warning"),
    "other_client": Refusal(f"{VP} 5.10.1", ("invalid_request", "invalid_client"), None),
    "bad_signature": Refusal(f"{VP} 5.9.3", ("invalid_request", "invalid_client"), None),
    "unknown_prefix": Refusal(f"{VP} 5.9.2", ("invalid_request", "invalid_client"), "warning"),
    "redirect": Refusal(f"{VP} 8.2", ("invalid_request",), "error"),
    "lacking": Refusal(f"{VP} 6.4.2", ("access_denied",), "warning"),
    "transaction": Refusal(f"{VP} 5.1", ("invalid_transaction_data",), "error"),
}
SIGNED = ("other_client", "bad_signature")
"""Of these the link only says where the request is; nobody is owed an answer to it."""


def refuses(given: Given, *, kind: str) -> Script:
    """A request that is wrong is refused, and nothing leaves (VPW-01 to VPW-05, VPW-09, VPW-10)."""
    refusal = REFUSALS[kind]
    control = yield Capture("POST", "r/right/response")
    if control.status != 200 or "error" in _form(control):
        yield depends_on("VPW-06")
        return
    sent = yield Capture("POST", f"r/{kind}/response", otherwise=PROOF)
    if sent.method == "GET":
        yield from _silent(sent, kind, refusal)
        return
    form = _form(sent)
    if "error" not in form:
        shown = ", ".join(sorted(form))[:80]
        yield finding_at("vp_wallet.wrongly_shown", "error", kind, refusal.clause, found=shown)
    elif form["error"] not in refusal.errors:
        wanted = " | ".join(refusal.errors)
        yield finding_at(
            "vp_wallet.other_error",
            "warning",
            kind,
            f"{VP} 8.5",
            expected=wanted,
            found=form["error"][:60],
        )


def shows_selected(given: Given) -> Script:
    """What was asked for leaves, and no more (VPW-06)."""
    yield from _shows("right", {"vaccine": {"product"}}, f"{VP} 6.3")


def shows_nothing_of(given: Given) -> Script:
    """Where no claims are asked for, none leave that can be kept back (VPW-07)."""
    yield from _shows("no_claims", {}, f"{VP} 6.4.1")


def passes_over_optional(given: Given) -> Script:
    """What is asked for as one may please hinders nothing (VPW-08)."""
    yield from _shows("optional", {"vaccine": {"product"}}, f"{VP} 6.4.2")


def asks_by_post(given: Given) -> Script:
    """A request that may be asked for by POST is, with a nonce of the wallet (VPW-11)."""
    clause = f"{VP} 5.10"
    sent = yield Capture("GET|POST", "r/by_post/request")
    if sent.method == "GET":
        # a wallet that cannot do so may ask by GET
        yield finding_at(
            "vp_wallet.by_get", "warning", "by_post", clause, expected="POST", found="GET"
        )
    elif not _form(sent).get("wallet_nonce"):
        yield finding_at(
            "vp_wallet.no_wallet_nonce", "warning", "by_post", clause, expected="wallet_nonce"
        )
    yield from _shows("by_post", {"vaccine": {"product"}}, clause)


def follows_paths(given: Given) -> Script:
    """Paths into lists are followed (VPW-12)."""
    yield from _shows("paths", {"nationality": set()}, f"{VP} 7")


def _shows(kind: str, wanted: dict[str, set[str]], clause: str) -> Script:
    """Tells whether a wallet has shown what it was to show, members of a claim by their names."""
    from sandbox.testbench.asking_ground import shown_in

    sent = yield Capture("POST", f"r/{kind}/response", otherwise=PROOF)
    if sent.method == "GET":
        yield finding_at("vp_wallet.not_answered", "error", kind, clause)
        return
    form = _form(sent)
    if "error" in form:
        yield finding_at(
            "vp_wallet.wrongly_refused", "error", kind, clause, found=form["error"][:60]
        )
        return
    if sent.status != 200:
        found = str(member(sent.json, "error_description"))[:300]
        yield finding_at("vp_wallet.bad_answer", "error", kind, f"{VP} 8", found=found)
        return
    more = sorted(_more(shown_in(form).get("card", {}), wanted))
    if more:
        yield finding_at("vp_wallet.more_left", "error", kind, clause, found=", ".join(more)[:120])


def _more(shown: dict[str, Any], wanted: dict[str, set[str]]) -> set[str]:
    """Returns what left beside what was asked for."""
    more = {name for name in shown if name not in OPEN and name not in wanted}
    for name, members in wanted.items():
        inner = shown.get(name)
        if members and isinstance(inner, dict):
            more |= {f"{name}.{part}" for part in inner if part not in members}
    return more


def _silent(proof: Exchange, kind: str, refusal: Refusal) -> Script:
    """Judges a refusal of which the verifier has not been told, by what its holder tells."""
    from sandbox.testbench.asking_ground import order_of

    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    said = parse_qs(urlsplit(proof.url).query).get(number, [""])[0].strip().casefold()
    if said not in SAYS:
        wanted = " | ".join(SAYS)
        yield finding_at("vp_wallet.not_told", "error", number, refusal.clause, expected=wanted)
    elif said == "answered":
        # nothing came here: what the wallet has sent went elsewhere
        yield finding_at("vp_wallet.wrongly_shown", "error", kind, refusal.clause, found=said)
    elif kind in SIGNED:
        # who has not fetched the request cannot have refused it for what is wrong in it
        yield Capture("GET|POST", f"r/{kind}/request")
    elif refusal.silence:
        wanted = " | ".join(refusal.errors)
        yield finding_at("vp_wallet.silent", refusal.silence, kind, refusal.clause, expected=wanted)


def offer_requests(request: OfferRequest) -> OfferReply:
    """Makes a request of each kind, in the order of this inbox."""
    from sandbox.testbench.asking_ground import requests

    return requests(request)


def offer_picture(request: OfferRequest) -> OfferReply:
    """Shows a link as QR code; raises NotFound."""
    from sandbox.testbench.asking_ground import picture

    return picture(request)


def offer_verifier(request: OfferRequest) -> OfferReply:
    """Answers as a verifier; raises NotFound."""
    from sandbox.testbench.asking_ground import answer

    return answer(request)


def offer_issuer(request: OfferRequest) -> OfferReply:
    """Answers as the issuer of the credential that is asked for; raises NotFound."""
    from sandbox.testbench.issuing_ground import answer

    return answer(request)


def _form(sent: Exchange) -> dict[str, str]:
    return dict(parse_qsl(sent.request_body.decode("utf-8", "replace"), keep_blank_values=True))


def _inbox_of(sent: Exchange) -> str:
    return sent.url.partition("/inbox/")[2].partition("/")[0]


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    id = f"vp.wallet.{name or getattr(script, '__name__', '')}"
    return Test(id, number, clause, script, "11")


def _refusal(number: str, name: str) -> Test:
    kind = name.removeprefix("refuses_")
    return _test(number, partial(refuses, kind=kind), REFUSALS[kind].clause, name)


TESTS = (
    _refusal("VPW-01", "refuses_no_nonce"),
    _refusal("VPW-02", "refuses_other_client"),
    _refusal("VPW-03", "refuses_bad_signature"),
    _refusal("VPW-04", "refuses_unknown_prefix"),
    _refusal("VPW-05", "refuses_redirect"),
    _test("VPW-06", shows_selected, f"{VP} 6.3"),
    _test("VPW-07", shows_nothing_of, f"{VP} 6.4.1"),
    _test("VPW-08", passes_over_optional, f"{VP} 6.4.2"),
    _refusal("VPW-09", "refuses_lacking"),
    _refusal("VPW-10", "refuses_transaction"),
    _test("VPW-11", asks_by_post, f"{VP} 5.10"),
    _test("VPW-12", follows_paths, f"{VP} 7"),
)
TRACK = Track(
    "vp.wallet",
    "vp_wallet",
    TESTS,
    actor="credential-wallet",
    awaits=(REQUESTS, OBJECT, RESPONSE, PROOF),
    offers=(
        Offer(REQUESTS.place, offer_requests, "$requests"),
        Offer(r"qr/\d+\.svg", offer_picture),
        Offer(r"r/\w+/(request|response)", offer_verifier),
        Offer(r"(\.well-known/[\w-]+/)?[ia]/.*", offer_issuer),
    ),
    proofs=(
        Proof(
            tuple(
                Field(str(number), kind="choice", choices=CHOICES) for number in range(1, COUNT + 1)
            )
        ),
    ),
)
