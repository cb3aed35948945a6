"""Trust list consumer (GDHCN): a verifier that gets its keys from a list and judges four codes by
them.

Below the inbox stand the list, `v2/trustlist/-/-/DSC/did.json`, and the codes, `$certificates`.
The system, or whoever sits before it, tells for each number what it says: `GET
$proof?1=valid&2=unlisted&3=expired&4=changed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from sandbox.errors import NotFound
from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.testbench.inbox import Field, Offer, OfferReply, OfferRequest, Proof, json_reply
from sandbox.testbench.script import Capture, Given, Script, Test, Track

if TYPE_CHECKING:
    from sandbox.certificates.issuing import Signer

CLAUSE = "GDHCN trust list v2"
HCERT = "HCERT 1.1.1 4"
KINDS = ("valid", "unlisted", "expired", "changed")
NUMBERS = range(1, len(KINDS) + 1)
CHOICES = {kind: f"trustlist_consumer.kind.{kind}" for kind in KINDS}
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
LIFE = timedelta(days=1)  # of the codes that are offered


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
    answers = dict(parse_qsl(urlsplit(proof.url).query, keep_blank_values=True))
    verdict = answers.get(number, "").strip().casefold()
    if not verdict:
        yield _finding("not_told", "error", number, HCERT, expected=" | ".join(KINDS))
    elif verdict not in SAID[kind]:
        yield _finding("wrong_verdict", "error", number, HCERT, found=verdict[:40])


def offer_codes(request: OfferRequest) -> OfferReply:
    """Makes a code of each kind, in the order of this inbox."""
    from sandbox.certificates.issuing import signer_of
    from sandbox.trust.pki import new_pki

    services = request.services
    now = services.clock()
    ours = services.trust().signer(services.country, at=now)
    # of the same country, so that the key alone tells it from ours
    stranger = new_pki(services.country, at=now).dsc[0]
    unlisted = signer_of(stranger.certificate, stranger.key)
    later = now + LIFE
    made: dict[str, Callable[[int], str]] = {
        "valid": lambda number: _code(number, ours, now, later),
        "unlisted": lambda number: _code(number, unlisted, now, later),
        "expired": lambda number: _code(number, ours, now, now - timedelta(days=2)),
        "changed": lambda number: _changed(_code(number, ours, now, later)),
    }
    codes = [
        {"number": number, "text": made[kind](number)}
        for number, kind in enumerate(order_of(request.inbox), start=1)
    ]
    return json_reply({"codes": codes})


def offer_list(request: OfferRequest) -> OfferReply:
    """Serves the keys that are trusted, of any domain, participant and usage; raises NotFound."""
    from sandbox.trust.documents import document_of

    services = request.services
    trust = services.trust()
    trust.signer(services.country, at=services.clock())  # so that there is a key to list
    path = request.place.removesuffix("/did.json")
    if path == request.place:
        raise NotFound("trust.no_list", where="path", asked=request.place)
    return json_reply(document_of(trust.listed(), host=request.host, path=path))


def _code(number: int, signer: Signer, now: datetime, ends: datetime) -> str:
    from sandbox.certificates.issuing import issue

    dose = {"vp": "YellowFeverProduct1", "dt": "2026-01-02", "bo": f"E-{number}", "is": "Ensayo"}
    content = {
        "n": f"Clara Ensayo {number}",
        "dob": "1984-02-29",
        "nid": f"TEST-{number}",
        "ndt": "NI",
        "v": dose,
    }
    # a code that has ended was issued before its end
    begins = min(now, ends - timedelta(days=1))
    return issue(content, signer, at=begins, ends=ends, dialect="icvp_2025")


def _changed(text: str) -> str:
    """Returns a certificate of which the content was changed behind its signature."""
    import zlib

    from sandbox.certificates import base45
    from sandbox.certificates.hcert import as_text

    signed = zlib.decompress(base45.decode(text.removeprefix("HC1:")))
    # as long as before, so that the CBOR around it stays whole and only the signature is wrong
    return as_text(signed.replace(b"Clara", b"Carla"))


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
    offers=(
        Offer(CODES.place, offer_codes, "$certificates"),
        Offer("v2/trustlist/.*", offer_list, "v2/trustlist/-/-/DSC/did.json"),
    ),
    proofs=(
        Proof(tuple(Field(str(number), kind="choice", choices=CHOICES) for number in NUMBERS)),
    ),
)
