"""Trust list consumer (GDHCN): a verifier that gets its keys from a list and judges four codes by
them.

Below the inbox stand the list, `v2/trustlist/-/-/DSC/did.json`, and the codes, `$certificates`.
The system, or whoever sits before it, tells for each number what it says: `GET
$proof?1=valid&2=unlisted&3=expired&4=changed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Capture, Given, Script, Test, Track

CLAUSE = "GDHCN trust list v2"
HCERT = "HCERT 1.1.1 4"
KINDS = ("valid", "unlisted", "expired", "changed")
SAID = {  # the words of verifiers for the same
    "valid": ("valid", "verified", "ok", "true", "válido", "valido"),
    "unlisted": (
        "unlisted",
        "unknown",
        "untrusted",
        "issuer_not_trusted",
        "no_key",
        "desconocido",
        "invalid",
        "false",
    ),
    "expired": ("expired", "vencido", "invalid", "false"),
    "changed": (
        "changed",
        "invalid",
        "invalid_signature",
        "signature",
        "false",
        "inválido",
        "invalido",
    ),
}
LIST = Capture(
    "GET", r"v2/trustlist(-ref)?/.*did\.json", "Trust list", "GET /v2/trustlist/-/-/DSC/did.json"
)
CODES = Capture("GET", r"\$certificates", "Codes", "GET /$certificates")
PROOF = Capture("GET", r"\$proof", "Verdicts", "GET /$proof?1=valid&2=…&3=…&4=…")


def order_of(inbox: str) -> tuple[str, ...]:
    """Returns in which order an inbox has the kinds of codes: one that cannot be guessed from
    another's.
    """
    return tuple(
        sorted(KINDS, key=lambda kind: hashlib.sha256(f"{inbox}/{kind}".encode()).hexdigest())
    )


def gets_list(given: Given) -> Script:
    """The list is fetched from its published path (TLC-01)."""
    sent = yield LIST
    if sent.status != 200:
        yield _finding(
            "no_list",
            "error",
            "path",
            CLAUSE,
            expected="200",
            found=f"{sent.status} {urlsplit(sent.url).path}"[:120],
        )


def asks_for_json(given: Given) -> Script:
    """It is asked for as JSON, or as whatever comes (TLC-02)."""
    sent = yield LIST
    accept = next((value for key, value in sent.request_headers if key.lower() == "accept"), "*/*")
    if not any(kind in accept for kind in ("json", "*/*", "application/*")):
        yield _finding(
            "other_type",
            "warning",
            "Accept",
            CLAUSE,
            expected="application/json",
            found=accept[:80],
        )


def list_before_codes(given: Given) -> Script:
    """Codes are fetched too, so that there is something to judge (TLC-03)."""
    yield LIST
    sent = yield CODES
    if sent.status != 200:
        yield _finding(
            "no_codes", "error", "$certificates", CLAUSE, expected="200", found=str(sent.status)
        )


def judges(given: Given, *, kind: str) -> Script:
    """The verdict on the code of one kind is right (TLC-04 to TLC-07)."""
    proof = yield PROOF
    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    told = dict(parse_qsl(urlsplit(proof.url).query, keep_blank_values=True))
    found = told.get(number, "").strip().casefold()
    if not found:
        yield _finding("not_told", "error", number, HCERT, expected=" | ".join(KINDS))
    elif found not in SAID[kind]:
        yield _finding("wrong_verdict", "error", number, HCERT, found=found[:40])


def _inbox_of(sent: Exchange) -> str:
    return sent.url.partition("/inbox/")[2].partition("/")[0]


def _finding(
    name: str, severity: Severity, where: str, clause: str, *, expected: str = "", found: str = ""
) -> Finding:
    key = f"trustlist_consumer.{name}"
    return Finding(
        key,
        severity,
        key,
        {"place": where},
        where=where,
        clause=clause,
        expected=expected,
        found=found,
    )


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    return Test(
        f"trustlist.consumer.{name or getattr(script, '__name__', '')}", number, clause, script
    )


TESTS = (
    _test("TLC-01", gets_list, CLAUSE),
    _test("TLC-02", asks_for_json, CLAUSE),
    _test("TLC-03", list_before_codes, CLAUSE),
    *(
        _test(f"TLC-{number:02}", partial(judges, kind=kind), HCERT, f"says_{kind}")
        for number, kind in enumerate(KINDS, start=4)
    ),
)
TRACK = Track(
    "trustlist.consumer",
    "trustlist_consumer",
    TESTS,
    actor="trust-list-consumer",
    awaits=(LIST, CODES, PROOF),
)
