"""Peers (OpenID4VCI, OpenID4VP): a credential of one country's issuer, in the wallet of another,
before the verifier of a third.

The system of the run is the wallet; the inputs `issuer_system` and `verifier_system` are the
aliases of the others.  None of the three speaks through the bench, since each signs for the address
of the other: the bench goes the same way with the first offer and the first request, and looks at
what became of the second ones, which the wallet has taken before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.testbench.inbox import Peer
from sandbox.testbench.inputs import Input
from sandbox.testbench.script import Given, Request, Script, Test, Track, depends_on, finding_at
from sandbox.testbench.tracks import vci_issuer_metadata as described
from sandbox.testbench.tracks.vc_content import issued
from sandbox.testbench.tracks.vci_issuer import gives_token
from sandbox.testbench.tracks.vci_issuer_credentials import gives_credential, one_more, said
from sandbox.testbench.tracks.vp_verifier import FORM, verdict_in

VCI = "OpenID4VCI 1.0"
VP = "OpenID4VP 1.0"
OURS, THE_WALLETS = 1, 2
"""Which line of offers and of requests is the bench's, and which the wallet's."""
SAYS = ("accepted", "refused")


def issuer_found(given: Given) -> Script:
    """What the offer leads to can be read: the issuer, its server, what it gives (VCM-02)."""
    found = dict(given)
    produced: dict[str, str] = {}
    steps = (described.has_metadata, described.same_issuer, described.has_server)
    for step in (*steps, described.configurations):
        came = (yield from step({**found, **produced})) or {}
        produced |= came
        if "metadata" not in produced:
            return {}
    return produced if "server" in produced else {}


def bench_receives(given: Given) -> Script:
    """The bench, as a wallet, is given the credential (VCM-03)."""
    session = yield from gives_token(given)
    if not session:
        return {}
    return {**session, **(yield from gives_credential({**given, **session}))}


def verifier_asks(given: Given) -> Script:
    """The verifier asks for what the issuer has issued (VCM-05)."""
    from sandbox.testbench.asked_of_us import lacking, line_of, read

    line = line_of(given, OURS)
    if line is None:
        yield lacking(OURS)
        return {}
    asked = yield from read(given, line)
    if asked is None:
        return {}
    if asked.asking is None:
        yield asked.fault.as_finding()
        return {}
    if (yield from _shares(given, asked.asking)) is None:
        return {}
    return {"asks": "yes"}


def verifier_takes(given: Given) -> Script:
    """The verifier takes the issuer's credential, as the bench shows it (VCM-06)."""
    from sandbox.credentials.wallet.answering import form_of, tokens_of
    from sandbox.testbench.asked_of_us import line_of, read

    line = line_of(given, OURS)
    asked = (yield from read(given, line)) if line else None
    if line is None or asked is None or asked.asking is None:
        yield depends_on("VCM-05")
        return
    shares = yield from _shares(given, asked.asking)
    if shares is None:
        return
    token = tokens_of(asked.asking, shares, at=_moment(given))
    body = urlencode(form_of(asked.asking, token)).encode()
    answer = yield Request("POST", asked.asking.address, FORM, body)
    if answer.status >= 400:
        yield finding_at("vc_peers.not_taken", "error", "1", f"{VP} 8.6", found=said(answer))
        return
    yield from _decision(OURS, line.verdict_at)


def wallet_received(given: Given) -> Script:
    """The wallet has redeemed its offer: the code is over (VCM-07)."""
    from sandbox.testbench.issuer_ground import desk_of, error_of, token_request

    desk = desk_of(given)
    if len(desk.tickets) < THE_WALLETS:
        yield one_more(THE_WALLETS)
        return
    ticket = desk.tickets[THE_WALLETS - 1]
    answer = yield token_request(desk, ticket, client=given.get("client_id", ""))
    if answer.status == 200 and member(answer.json, "access_token"):
        yield finding_at("vc_peers.not_received", "error", "offers 2", f"{VCI} 13.6.1")
    elif error_of(answer) != "invalid_grant":
        yield finding_at(
            "vc_peers.not_told", "warning", "offers 2", f"{VCI} 6.3", found=said(answer)
        )


def wallet_shows(given: Given) -> Script:
    """The verifier has accepted what the wallet has shown (VCM-08)."""
    from sandbox.testbench.asked_of_us import lacking, line_of

    line = line_of(given, THE_WALLETS)
    if line is None:
        yield lacking(THE_WALLETS)
        return
    yield from _decision(THE_WALLETS, line.verdict_at, given.get("wallet_shown", ""))


def _decision(number: int, address: str, told: str = "") -> Script:
    """Tells what a verifier has decided about the presentation for a line.

    Args:
        number: The line's.
        address: Where its verdict can be read; empty for nowhere.
        told: What people say of it, who have seen the verifier's screen.
    """
    verdict = None
    found = ""
    if address:
        answer = yield Request("GET", address, {"Accept": "application/json"})
        verdict = verdict_in(answer.json)
        found = said(answer)
    if verdict is None and told == "accepted":
        key = "testbench.told_by_people"
        yield Finding(key, "information", key, where="wallet_shown")
    elif verdict is False or (verdict is None and told):
        yield finding_at("vc_peers.refused", "error", str(number), f"{VP} 8.6", found=found or told)
    elif verdict is None:
        key = "testbench.no_verdict"
        words = {"line": str(number), "found": found or "–"}
        yield Finding(key, "information", key, words, where=address)


def _shares(given: Given, asking: Any) -> Script:
    """Returns what of the issuer's credential answers a request; None where nothing does."""
    from sandbox.credentials.wallet.answering import Held, shares_of
    from sandbox.errors import BadRequest
    from sandbox.testbench.credential_ground import judged
    from sandbox.testbench.issuer_ground import desk_of, key_for

    report = judged(given["issued"], given, {}, at=_moment(given))
    key = key_for(desk_of(given), given, "holder")
    held = Held("issued", given["issued"], report.claims or {}, key)
    try:
        return shares_of(asking, [held])
    except BadRequest:
        asked = "; ".join(
            f"{item['format']} {item['meta']}" for item in asking.query["credentials"]
        )
        issues = str((report.claims or {}).get("vct") or (report.claims or {}).get("type"))
        yield finding_at(
            "vc_peers.asks_for_other",
            "error",
            "dcql_query",
            f"{VP} 6",
            expected=issues,
            found=asked[:200],
        )
        return None


def _moment(given: Given) -> datetime:
    """Returns when the bench shows: not before the credential came."""
    begun, came = (datetime.fromisoformat(given[name]) for name in ("now", "issued_at"))
    return max(begun, came)


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    *,
    needs: tuple[str, ...] = (),
    takes: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    id = f"vc.peers.{getattr(script, '__name__', '')}"
    return Test(id, number, clause, script, "11", needs, after or {}, takes)


_OFFERED = {"tickets": "VCM-01"}
_FOUND = {"metadata": "VCM-02", "server": "VCM-02"}
_ISSUED = {**_FOUND, "issued": "VCM-03"}
_CLIENT = ("client_id",)
TESTS = (
    _test("VCM-01", described.offers_read, f"{VCI} 4.1", needs=("issuer_system", "offers")),
    _test("VCM-02", issuer_found, f"{VCI} 12.2", after=_OFFERED),
    _test("VCM-03", bench_receives, f"{VCI} 6, 8.3", takes=_CLIENT, after=_FOUND),
    _test("VCM-04", issued, f"{VCI} 8.3", after=_ISSUED),
    _test(
        "VCM-05",
        verifier_asks,
        f"{VP} 5, 6",
        needs=("verifier_system", "vp_requests"),
        after=_ISSUED,
    ),
    _test("VCM-06", verifier_takes, f"{VP} 8.6", after={**_ISSUED, "asks": "VCM-05"}),
    # tried last at the issuer: whoever offers a code twice may lose what it has brought
    _test("VCM-07", wallet_received, f"{VCI} 13.6.1", takes=_CLIENT, after=_FOUND),
    _test(
        "VCM-08",
        wallet_shows,
        f"{VP} 8.6",
        needs=("verifier_system", "vp_requests"),
        takes=("wallet_shown",),
    ),
)
TRACK = Track(
    "vc.peers",
    "vc_peers",
    TESTS,
    actor="credential-wallet",
    inputs={
        "issuer_system": Input("alias"),
        "verifier_system": Input("alias"),
        "wallet_shown": Input("choice", SAYS),
    },
    peers=(
        Peer("issuer_system", "content-creator"),
        Peer("verifier_system", "credential-verifier"),
    ),
)
