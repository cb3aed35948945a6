"""Wallet that receives (OpenID4VCI 1.0): it opens the offers of its inbox, one for each way in
which an issuer can be right or wrong, and keeps what is right alone.

Below the inbox stand the offers, `$offers`, as links and pictures.  The wallet, or whoever holds
it, tells of each whether the credential was kept: `GET $proof?1=kept&2=refused&…`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Severity
from sandbox.testbench.inbox import Field, Offer, OfferReply, OfferRequest, Proof
from sandbox.testbench.script import Capture, Given, Script, Test, Track, depends_on, finding_at

VCI = "OpenID4VCI 1.0"
KINDS = ("plain", "pin", "stale", "deferred", "strange", "other_name", "other_key", "bad_signature")
SAYS = ("kept", "refused")
CHOICES = {said: f"vci_wallet.said.{said}" for said in SAYS}
OFFERS = Capture("GET", r"\$offers", "Offers", "GET /$offers")
METADATA = Capture(
    "GET",
    r"(\.well-known/[\w-]+/)?i/[^/]+(/\.well-known/.*)?",
    "Metadata",
    "GET /.well-known/openid-credential-issuer/i/…",
)
TOKEN = Capture("POST", r"a/[^/]+/token", "Token", "POST /a/…/token")
CREDENTIAL = Capture("POST", r"i/[^/]+/(credential|deferred)", "Credential", "POST /i/…/credential")
PROOF = Capture("GET", r"\$proof", "Outcomes", "GET /$proof?1=kept&2=refused&…")


def finds_metadata(given: Given) -> Script:
    """The metadata is asked for where it stands: between host and path (VCW-01)."""
    sent = yield Capture("GET", r"(\.well-known/[\w-]+/)?i/plain(/\.well-known/.*)?")
    path = urlsplit(sent.url).path
    if not path.startswith("/.well-known/openid-credential-issuer/"):
        wanted = "/.well-known/openid-credential-issuer/…"
        yield finding_at(
            "vci_wallet.other_place",
            "error",
            "plain",
            f"{VCI} 12.2.2",
            expected=wanted,
            found=path[:120],
        )


def refuses_other_name(given: Given) -> Script:
    """Metadata that names another issuer is not used (VCW-02)."""
    clause = f"{VCI} 12.2.4"
    sent = yield Capture(
        "GET|POST", r"\.well-known/openid-credential-issuer/i/other_name|a/other_name/token"
    )
    if sent.method == "POST":
        yield finding_at(
            "vci_wallet.goes_on", "error", "other_name", clause, found=urlsplit(sent.url).path
        )
        return
    yield from _refuses("other_name", clause, "error")


def asks_for_pin(given: Given) -> Script:
    """An offer with an empty tx_code has a PIN too (VCW-03)."""
    from sandbox.testbench.issuing_ground import pin_of

    clause = f"{VCI} 4.1.1"
    sent = yield Capture("POST", "a/pin/token")
    pin = dict(parse_qsl(sent.request_body.decode("utf-8", "replace"))).get("tx_code", "")
    if not pin:
        yield finding_at("vci_wallet.no_pin", "error", "pin", clause, expected="tx_code")
    elif pin != pin_of(_inbox_of(sent)):
        yield finding_at("vci_wallet.other_pin", "error", "pin", clause, found=pin[:20])


def asks_for_nonce(given: Given) -> Script:
    """The proof has a nonce of the nonce endpoint (VCW-04)."""
    from sandbox.testbench.issuing_ground import is_nonce

    sent = yield Capture("POST", "i/plain/credential")
    nonce = member(_proof(sent), "nonce")
    if not isinstance(nonce, str):
        yield finding_at("vci_wallet.no_nonce", "error", "nonce", f"{VCI} 7", expected="c_nonce")
    elif not is_nonce(_inbox_of(sent), "plain", nonce):
        yield finding_at("vci_wallet.other_nonce", "error", "nonce", f"{VCI} 7", found=nonce[:60])


def proves_key(given: Given) -> Script:
    """The proof is as the issuer asks: typ, one key, audience, time, signature (VCW-05)."""
    from sandbox.testbench.issuing_ground import proof_in

    clause = f"{VCI} F.1"
    sent = yield Capture("POST", "i/plain/credential")
    if proof_in(sent.request_body) is None:
        found = sent.request_body.decode("utf-8", "replace")[:80]
        yield finding_at(
            "vci_wallet.no_proof", "error", "proofs", clause, expected="proofs.jwt", found=found
        )
    elif member(sent.json, "error") == "invalid_proof":
        # who has answered knew the address and the moment for which it was judged
        found = str(member(sent.json, "error_description"))[:160]
        yield finding_at("vci_wallet.bad_proof", "error", "proofs.jwt", clause, found=found)
    elif sent.status != 200 and member(sent.json, "error") != "invalid_nonce":
        # refused before its proof was looked at, such as for its access token
        yield depends_on("VCW-11")


def asks_again(given: Given) -> Script:
    """A nonce that the issuer does not take is replaced by a new one, once (VCW-06)."""
    sent = yield Capture("POST", "i/stale/credential")
    found = str(member(sent.json, "error") or sent.status)
    if sent.status != 200 and found != "invalid_nonce":
        yield depends_on("VCW-05")
    elif sent.status != 200:
        yield PROOF
        yield finding_at("vci_wallet.not_again", "error", "stale", f"{VCI} 8.3.1.2", found=found)


def waits(given: Given) -> Script:
    """A credential that is not ready is asked for again, after the time that the issuer has said
    (VCW-07).
    """
    sent = yield Capture("POST", "i/deferred/(credential|deferred)")
    if sent.status not in (200, 202) and urlsplit(sent.url).path.endswith("/credential"):
        yield depends_on("VCW-05")
    elif urlsplit(sent.url).path.endswith("/credential"):
        yield PROOF
        # issuers may defer, and no clause binds a wallet to wait
        yield finding_at(
            "vci_wallet.not_waited", "warning", "deferred", f"{VCI} 9.1", found=str(sent.status)
        )
    elif sent.status == 202:
        yield finding_at("vci_wallet.too_early", "warning", "deferred", f"{VCI} 9.2")
    elif sent.status != 200:
        found = str(member(sent.json, "error") or sent.status)
        yield finding_at("vci_wallet.bad_deferred", "error", "deferred", f"{VCI} 9.1", found=found)


def ignores_strange(given: Given) -> Script:
    """What no standard has is passed over in each answer (VCW-08)."""
    yield Capture("GET", "i/strange/offer")
    yield from _keeps("strange", f"{VCI} 12.2.4")


def refuses(given: Given, *, kind: str, clause: str, severity: Severity) -> Script:
    """What is wrong is not kept (VCW-09, VCW-10)."""
    yield Capture("POST", f"i/{kind}/credential")
    yield from _refuses(kind, clause, severity)


def keeps_plain(given: Given) -> Script:
    """A credential that is right is kept; the control of those that are not (VCW-11)."""
    yield Capture("POST", "i/plain/credential")
    yield from _keeps("plain", f"{VCI} 8.3")


def _keeps(kind: str, clause: str) -> Script:
    proof = yield PROOF
    said = yield from _said(proof, kind, clause)
    if said == "refused":
        yield finding_at("vci_wallet.wrongly_refused", "error", kind, clause)


def _refuses(kind: str, clause: str, severity: Severity) -> Script:
    proof = yield PROOF
    said = yield from _said(proof, kind, clause)
    if said == "kept":
        yield finding_at("vci_wallet.wrongly_kept", severity, kind, clause)
    elif said and _told(proof, "plain") != "kept":
        # whoever keeps nothing has refused this for no reason of its own
        yield depends_on("VCW-11")


def _said(proof: Exchange, kind: str, clause: str) -> Script:
    """Returns what was told of the offer of a kind; empty where nothing was, which it tells."""
    from sandbox.testbench.issuing_ground import order_of

    said = _told(proof, kind)
    if said in SAYS:
        return said
    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    yield finding_at("vci_wallet.not_told", "error", number, clause, expected=" | ".join(SAYS))
    return ""


def _told(proof: Exchange, kind: str) -> str:
    from sandbox.testbench.issuing_ground import order_of

    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    return parse_qs(urlsplit(proof.url).query).get(number, [""])[0].strip().casefold()


def offer_offers(request: OfferRequest) -> OfferReply:
    """Makes an offer of each kind, in the order of this inbox."""
    from sandbox.testbench.issuing_ground import offers

    return offers(request)


def offer_picture(request: OfferRequest) -> OfferReply:
    """Shows a link as QR code; raises NotFound."""
    from sandbox.testbench.issuing_ground import picture

    return picture(request)


def offer_issuer(request: OfferRequest) -> OfferReply:
    """Answers as an issuer; raises NotFound."""
    from sandbox.testbench.issuing_ground import answer

    return answer(request)


def _proof(sent: Exchange) -> object:
    """Returns what a proof says, whoever has signed it; None for none."""
    from sandbox.credentials.jose import read_jws
    from sandbox.testbench.issuing_ground import proof_in

    try:
        return read_jws(proof_in(sent.request_body) or "").payload
    except ValueError:
        return None


def _inbox_of(sent: Exchange) -> str:
    return sent.url.partition("/inbox/")[2].partition("/")[0]


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    id = f"vci.wallet.{name or getattr(script, '__name__', '')}"
    return Test(id, number, clause, script, "11")


def _refusal(number: str, name: str, clause: str, severity: Severity) -> Test:
    kind = name.removeprefix("refuses_")
    script = partial(refuses, kind=kind, clause=clause, severity=severity)
    return _test(number, script, clause, name)


TESTS = (
    _test("VCW-01", finds_metadata, f"{VCI} 12.2.2"),
    _test("VCW-02", refuses_other_name, f"{VCI} 12.2.4"),
    _test("VCW-03", asks_for_pin, f"{VCI} 4.1.1"),
    _test("VCW-04", asks_for_nonce, f"{VCI} 7"),
    _test("VCW-05", proves_key, f"{VCI} F.1"),
    _test("VCW-06", asks_again, f"{VCI} 8.3.1.2"),
    _test("VCW-07", waits, f"{VCI} 9.1"),
    _test("VCW-08", ignores_strange, f"{VCI} 12.2.4"),
    # no clause binds a wallet to look at it: it is the holder who could never show this one
    _refusal("VCW-09", "refuses_other_key", "SD-JWT VC 2.2.2.2", "warning"),
    _refusal("VCW-10", "refuses_bad_signature", "RFC 9901 7.2", "error"),
    _test("VCW-11", keeps_plain, f"{VCI} 8.3"),
)
TRACK = Track(
    "vci.wallet",
    "vci_wallet",
    TESTS,
    actor="credential-wallet",
    awaits=(OFFERS, METADATA, TOKEN, CREDENTIAL, PROOF),
    offers=(
        Offer(OFFERS.place, offer_offers, "$offers"),
        Offer(r"qr/\d+\.svg", offer_picture),
        Offer(r"(\.well-known/[\w-]+/)?[ia]/.*", offer_issuer),
    ),
    proofs=(
        Proof(
            tuple(
                Field(str(number), kind="choice", choices=CHOICES)
                for number in range(1, len(KINDS) + 1)
            )
        ),
    ),
)
