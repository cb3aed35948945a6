"""Verifier (OpenID4VP 1.0): what it asks for, and that it takes what is right and refuses each
presentation that is wrong in one way.

The bench is the wallet.  A request serves once, so that each test takes its own line of
`vp_requests`; a line may name, behind a blank, the address at which the verdict can be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sandbox.exchange import Exchange
from sandbox.fhir.json import member
from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    depends_on,
    finding_at,
    nothing_there,
)

CLAUSE = "OpenID4VP 1.0"
KB = "RFC 9901 7.3"
CHECKS = f"{CLAUSE} 8.6"
# What is wrong with a request, by the test that tells of it.
OF_OBJECT = ("request_typ", "other_audience", "not_signed", "request_over", "no_request",
             "other_wallet_nonce")  # fmt: skip
OF_NAME = ("other_client", "other_signer", "bad_signature", "unknown_prefix", "signed_redirect")
OF_QUERY = ("bad_query",)
URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+")
SHORTEST_NONCE = 16
# Statuses that speak of how something was sent, or of the server, and not of what was shown.
ELSE = frozenset({404, 405, 406, 408, 410, 413, 414, 415, 429, 431})
# Where verifiers say their verdict, and the words that they have for it.
MEMBERS = ("accepted", "verified", "valid", "isValid", "verificationResult", "policiesSucceeded",
           "status", "state", "verdict", "result")  # fmt: skip
YES = ("accepted", "verified", "valid", "success", "successful", "ok", "true", "passed")
NO = ("rejected", "refused", "invalid", "not_valid", "failed", "failure", "error", "false",
      "denied", "unsuccessful")  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
# Which line each test takes; the first and second are also read by VPV-01 to VPV-04.
LINES: Mapping[str, int] = {
    "good": 1, "issuer_signature": 2, "holder_signature": 3, "audience": 4, "nonce": 5, "hash": 6,
    "past": 7, "future": 8, "no_holder": 9, "revoked": 10, "replay": 11, "not_asked": 12,
    "values": 13, "unknown_issuer": 14,
}  # fmt: skip
GOOD = {"good": "VPV-05"}


def asks_by_object(given: Given) -> Script:
    """A request that is signed is an object of its type, meant for wallets (VPV-01)."""
    read = yield from _first(given)
    if read is None:
        return
    yield from _faults(read, OF_OBJECT)
    if read.asking is not None and not read.is_signed:
        yield nothing_there()


def asks_afresh(given: Given) -> Script:
    """Each request has a nonce of its own, of letters that pass everywhere (VPV-02)."""
    from sandbox.testbench.asked_of_us import lacking, line_of, read

    first = yield from _first(given)
    line = line_of(given, 2)
    if line is None:
        yield lacking(2)
        return
    second = yield from read(given, line)
    if not (first and second and first.asking and second.asking):
        yield depends_on("VPV-01")
        return
    nonces = [str(each.asking.fields["nonce"]) for each in (first, second)]
    if nonces[0] == nonces[1]:
        yield finding_at(
            "vp_verifier.same_nonce", "error", "nonce", f"{CLAUSE} 14.1", found=nonces[0][:60]
        )
    for nonce in sorted(set(nonces)):
        if not URL_SAFE.fullmatch(nonce):
            yield finding_at(
                "vp_verifier.odd_nonce", "error", "nonce", f"{CLAUSE} 5.2", found=nonce[:60]
            )
        elif len(nonce) < SHORTEST_NONCE:
            yield finding_at(
                "vp_verifier.short_nonce", "warning", "nonce", f"{CLAUSE} 5.2", found=nonce
            )


def proves_name(given: Given) -> Script:
    """The verifier's name is one that the request proves (VPV-03)."""
    read = yield from _first(given)
    if read is not None:
        yield from _faults(read, OF_NAME)


def asks_in_dcql(given: Given) -> Script:
    """What is asked for is a query in DCQL (VPV-04)."""
    read = yield from _first(given)
    if read is not None:
        yield from _faults(read, OF_QUERY)


def takes_good(given: Given) -> Script:
    """What was asked for is taken when it is right; the control of every refusal (VPV-05)."""
    shown = yield from _shown(given, "good")
    if shown is None:
        return {}
    answer, verdict = shown
    if answer.status >= 400 or verdict is False:
        found = _told(answer)
        yield finding_at(
            "vp_verifier.good_refused", "error", "vp_token", CHECKS, expected="200", found=found
        )
        return {}
    if not _is_taken(answer, verdict):
        line = {"line": str(LINES["good"]), "found": _told(answer)}
        yield Finding("testbench.no_verdict", "information", "testbench.no_verdict", line)
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    is_object = isinstance(answer.json, dict)
    return {"good": "yes", "answer": f"{answer.status} {kind} {'{}' if is_object else '–'}"}


def refuses(given: Given, *, name: str, clause: str, twist: Mapping[str, Any]) -> Script:
    """What is wrong in one way is refused (VPV-06 to VPV-10, VPV-12, VPV-15, VPV-18)."""
    yield from _refused(given, name, clause, twist)


def refuses_other_times(given: Given) -> Script:
    """A holder's signature of long ago, or of a day to come, is refused (VPV-11)."""
    from sandbox.testbench.holder_ground import YEAR

    yield from _refused(given, "past", KB, {"moment": -YEAR})
    yield from _refused(given, "future", KB, {"moment": YEAR})


def refuses_revoked(given: Given) -> Script:
    """A credential that was taken back is refused (VPV-13)."""
    from sandbox.testbench.asked_of_us import missing

    if not given.get("vp_status"):
        yield missing("vp_status")
        return
    yield from _refused(given, "revoked", CHECKS, {"is_revoked": True})


def refuses_replay(given: Given) -> Script:
    """The same answer is not taken a second time (VPV-14)."""
    shown = yield from _shown(given, "replay")
    if shown is None:
        return
    answer, verdict = shown
    if not _is_taken(answer, verdict):
        yield depends_on("VPV-05")
        return
    again = yield Request("POST", answer.url, FORM, answer.request_body)
    # no clause names the second answer; what it may not do is to count
    if again.status < 400:
        yield finding_at(
            "vp_verifier.taken_twice", "warning", "state", f"{CLAUSE} 14.1", found=_told(again)
        )


def refuses_other_values(given: Given) -> Script:
    """A value that was not asked for is refused, though a wallet has sent it (VPV-16)."""
    yield from _refused(given, "values", f"{CLAUSE} 6.4.1", {"value": "no-such-value"})


def answers_in_json(given: Given) -> Script:
    """What was processed is answered 200 with an object in JSON (VPV-17)."""
    status, kind, content = given["answer"].split(" ")
    if (status, kind, content) != ("200", "application/json", "{}"):
        found = given["answer"]
        wanted = "200 application/json {}"
        yield finding_at(
            "vp_verifier.odd_answer", "error", "200", f"{CLAUSE} 8.2", expected=wanted, found=found
        )
    # a script is one that asks, though this one reads what an earlier one has asked
    yield from ()


def _refused(given: Given, name: str, clause: str, twist: Mapping[str, Any]) -> Script:
    shown = yield from _shown(given, name, twist)
    if shown is None:
        return
    answer, verdict = shown
    where = str(LINES[name])
    if verdict is True:
        yield finding_at("vp_verifier.wrong_taken", "error", where, clause, found=_told(answer))
    elif verdict is None and answer.status >= 500:
        yield finding_at("vp_verifier.broke", "warning", where, clause, found=_told(answer))
    elif answer.status in ELSE or (verdict is None and not 400 <= answer.status < 500):
        key = "testbench.not_visible"
        yield Finding(
            key, "information", key, {"line": where, "found": _told(answer)}, where=answer.url
        )


def _shown(given: Given, name: str, twist: Mapping[str, Any] | None = None) -> Script:
    """Shows what the request of a line asks for, wrong in one way.

    Returns: The answer, and the verdict where it can be read; None where nothing was shown.
    """
    from sandbox.credentials.wallet.answering import form_of
    from sandbox.errors import BadRequest
    from sandbox.testbench.asked_of_us import lacking, line_of, missing, read
    from sandbox.testbench.holder_ground import NoIssuer, Twist, holder_of

    line = line_of(given, LINES[name])
    if line is None:
        yield lacking(LINES[name])
        return None
    try:
        holder = holder_of(given)
    except NoIssuer as odd:
        yield missing(str(odd))
        return None
    asked = yield from read(given, line)
    if asked is None:
        return None
    if asked.asking is None:
        yield depends_on(_teller(asked.fault))
        return None
    hindrance = _hindrance(name, asked.asking.query)
    if hindrance is not None:
        yield hindrance
        return None
    try:
        token = holder.answer(asked.asking, Twist(**(twist or {})))
        body = urlencode(form_of(asked.asking, token)).encode()
    except BadRequest as error:
        yield error.as_finding()
        return None
    answer = yield Request("POST", asked.asking.address, FORM, body)
    if not line.verdict_at or answer.status >= 400:
        return answer, None
    told = yield Request("GET", line.verdict_at, {"Accept": "application/json"})
    return answer, verdict_in(told.json)


def _is_taken(answer: Exchange, verdict: bool | None) -> bool:
    """Tells whether an answer shows that a presentation was taken: it says so, or it is the object
    with which a verifier answers what it has processed (8.2); a web page answers 200 to all.
    """
    if verdict is not None:
        return verdict
    return answer.status < 400 and isinstance(answer.json, dict)


def verdict_in(content: Any) -> bool | None:
    """Returns what a verifier says of a presentation.

    Args:
        content: What stands at the address of its verdict, as JSON.

    Returns: None where it uses none of the words that are known here: nothing is guessed.
    """
    for name in MEMBERS:
        said = member(content, name)
        word = str(said).casefold()
        if word in YES:
            return True
        if word in NO:
            return False
    return None


def _hindrance(name: str, query: Any) -> Finding | None:
    """Returns why a request is of no use for a test; None where it is."""
    from sandbox.testbench.asked_of_us import unspoken
    from sandbox.testbench.holder_ground import FORMAT, is_too_far, names_values, required

    items = required(query)
    other = next((item["format"] for item in items if item["format"] != FORMAT), "")
    if other:
        return unspoken(other)
    if any(is_too_far(item) for item in items):
        return unspoken("path")
    binds = any(item.get("require_cryptographic_holder_binding", True) for item in items)
    if name == "no_holder" and not binds:
        return nothing_there()
    if name == "values" and not any(names_values(item) for item in items):
        return nothing_there()
    return None


def _first(given: Given) -> Script:
    """Returns the request of the first line; None where the bench cannot read it."""
    from sandbox.testbench.asked_of_us import lacking, line_of, read

    line = line_of(given, 1)
    if line is None:
        yield lacking(1)
        return None
    return (yield from read(given, line))


def _faults(read: Any, names: tuple[str, ...]) -> Script:
    """Tells what is wrong with a request if it is of these names, else which test tells it."""
    if read.fault is None:
        return
    name = read.fault.key.partition(".")[2]
    if name in names:
        yield read.fault.as_finding()
    else:
        yield depends_on(_teller(read.fault))
    yield from ()


def _teller(fault: Any) -> str:
    """Returns the number of the test that tells of a fault."""
    name = fault.key.partition(".")[2]
    if name in OF_NAME:
        return "VPV-03"
    return "VPV-04" if name in OF_QUERY else "VPV-01"


def _told(answer: Exchange) -> str:
    """Returns what a verifier has answered, in few words."""
    error = member(answer.json, "error_description") or member(answer.json, "error") or ""
    return f"{answer.status} {error}".strip()[:160]


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    after: Mapping[str, str] | None = None,
) -> Test:
    id = f"vp.verifier.{name or getattr(script, '__name__', '')}"
    takes = ("vp_issuer", "vp_status")
    needs = ("vp_requests",)
    return Test(id, number, clause, script, "11", needs=needs, takes=takes, after=after or {})


def _refusal(number: str, name: str, clause: str, **twist: Any) -> Test:
    script = partial(refuses, name=name.removeprefix("refuses_"), clause=clause, twist=twist)
    return _test(number, script, clause, name, GOOD)


TESTS = (
    _test("VPV-01", asks_by_object, f"{CLAUSE} 5"),
    _test("VPV-02", asks_afresh, f"{CLAUSE} 14.1"),
    _test("VPV-03", proves_name, f"{CLAUSE} 5.9.3"),
    _test("VPV-04", asks_in_dcql, f"{CLAUSE} 6.1"),
    _test("VPV-05", takes_good, CHECKS),
    _refusal("VPV-06", "refuses_issuer_signature", CHECKS, has_broken_issuer=True),
    _refusal("VPV-07", "refuses_holder_signature", KB, has_other_holder=True),
    _refusal(
        "VPV-08",
        "refuses_audience",
        f"{CLAUSE} 14.1",
        audience="redirect_uri:https://other.example/cb",
    ),
    _refusal("VPV-09", "refuses_nonce", f"{CLAUSE} 14.1", nonce="of-another-request-0000"),
    _refusal("VPV-10", "refuses_hash", KB, has_other_hash=True),
    _test("VPV-11", refuses_other_times, KB, after=GOOD),
    _refusal("VPV-12", "refuses_no_holder", CHECKS, has_no_holder=True),
    # a status list of an issuer that the verifier believes is not for everybody to have
    replace(_test("VPV-13", refuses_revoked, CHECKS, after=GOOD), is_optional=True),
    _test("VPV-14", refuses_replay, f"{CLAUSE} 14.1", after=GOOD),
    _refusal("VPV-15", "refuses_not_asked", CHECKS, type="urn:example:another-type"),
    _test("VPV-16", refuses_other_values, f"{CLAUSE} 6.4.1", after=GOOD),
    _test("VPV-17", answers_in_json, f"{CLAUSE} 8.2", after={**GOOD, "answer": "VPV-05"}),
    _refusal("VPV-18", "refuses_unknown_issuer", CHECKS, has_other_issuer=True),
)
TRACK = Track(
    "vp.verifier",
    "vp_verifier",
    TESTS,
    actor="credential-verifier",
    inputs={
        "vp_issuer": Input("document", is_secret=True),
        "vp_status": Input("address"),
    },
)
