"""Trust list consumer (GDHCN): a verifier that gets its keys from a list and judges codes by them,
one for each way in which a list or a certificate is wrong.

Below the inbox stand the list, `v2/trustlist/-/-/DSC/did.json`, what was taken back,
`revocation-list`, and the codes, `$certificates`.
The system, or whoever sits before it, tells for each number what it says: `GET
$proof?1=valid&2=unlisted&3=expired&…`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.testbench.inbox import Field, Offer, OfferReply, OfferRequest, Proof, json_reply
from sandbox.testbench.script import Capture, Given, Script, Test, Track, depends_on, finding_at

CLAUSE = "GDHCN trust list v2"
HCERT = "HCERT 1.1.1 4"
# what a code is, and the reason for which a verifier refuses it (sandbox/testbench/trust_ground.py)
KINDS: dict[str, str] = {
    "valid": "valid", "unlisted": "unlisted", "expired": "expired", "changed": "changed",
    "valid_group": "valid", "authority": "unlisted", "upload": "unlisted", "tls": "unlisted",
    "other_key": "unlisted", "other_id": "unlisted", "broken_chain": "unlisted",
    "other_country": "unlisted", "self_issued": "unlisted", "terminated": "unlisted",
    "over": "expired", "future": "expired", "other_issuer": "unlisted", "foreign_group": "content",
    "period_over": "expired", "revoked": "revoked", "critical": "form",
}  # fmt: skip
NUMBERS = range(1, len(KINDS) + 1)
REASONS = ("valid", "unlisted", "expired", "changed", "content", "revoked", "form")
CHOICES = {reason: f"trustlist_consumer.kind.{reason}" for reason in REASONS}
# a verifier may say no more than that it refuses
REFUSED = ("invalid", "false", "no", "refused", "not_valid", "inválido", "invalido", "rechazado")
SAID = {  # the words of verifiers for the same
    "valid": ("valid", "verified", "ok", "true", "válido", "valido"),
    "unlisted": (
        "unlisted", "unknown", "untrusted", "issuer_not_trusted", "no_key", "terminated_keys",
        "revoked_keys", "expired_keys", "desconocido", *REFUSED,
    ),
    "expired": ("expired", "not_yet", "vencido", "expired_keys", *REFUSED),
    "changed": ("changed", "invalid_signature", "signature", *REFUSED),
    "content": ("content", "key_usage", "wrong_usage", *REFUSED),
    "revoked": ("revoked", "revocado", "revogado", *REFUSED),
    # WHO's verifier has one word for all that is wrong with the envelope
    "form": (
        "form", "critical", "invalid_signing_format", "not_supported", "unreadable", *REFUSED,
    ),
}  # fmt: skip
RIGHT = tuple(kind for kind, reason in KINDS.items() if reason == "valid")
CONTROL = "TLC-04"
"""The test of the code that is right."""
LIST = Capture(
    "GET", r"v2/trustlist(-ref)?/.*did\.json", "Trust list", "GET /v2/trustlist/-/-/DSC/did.json"
)
CODES = Capture("GET", r"\$certificates", "Codes", "GET /$certificates")
PROOF = Capture("GET", r"\$proof", "Verdicts", "GET /$proof?1=valid&2=…&3=…")


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
        yield finding_at(
            "trustlist_consumer.no_list",
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
        yield finding_at(
            "trustlist_consumer.other_type",
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
        yield finding_at(
            "trustlist_consumer.no_codes",
            "error",
            "$certificates",
            CLAUSE,
            expected="200",
            found=str(sent.status),
        )


def judges(given: Given, *, kind: str) -> Script:
    """The verdict on the code of one kind is right (TLC-04 to TLC-24)."""
    yield CODES
    proof = yield PROOF
    number, verdict = _told(proof, kind)
    if not verdict:
        yield finding_at(
            "trustlist_consumer.not_told", "error", number, HCERT, expected=" | ".join(REASONS)
        )
    elif verdict not in SAID[KINDS[kind]]:
        yield finding_at(
            "trustlist_consumer.wrong_verdict", "error", number, HCERT, found=verdict[:40]
        )
    elif not any(_told(proof, right)[1] in SAID["valid"] for right in RIGHT):
        # whoever refuses all that is right has refused this for no reason of its own
        yield depends_on(CONTROL)


def _told(proof: Exchange, kind: str) -> tuple[str, str]:
    """Returns the number of the code of a kind, and what was told of it; empty for nothing."""
    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    answers = dict(parse_qsl(urlsplit(proof.url).query, keep_blank_values=True))
    return number, answers.get(number, "").strip().casefold()


def offer_codes(request: OfferRequest) -> OfferReply:
    """Makes a code of each kind, in the order of this inbox."""
    from sandbox.testbench.trust_ground import ground_of

    ground = ground_of(request)
    codes = [
        {"number": number, "text": ground.code(kind, number)}
        for number, kind in enumerate(order_of(request.inbox), start=1)
    ]
    return json_reply({"codes": codes})


def offer_list(request: OfferRequest) -> OfferReply:
    """Serves the keys that are trusted, and entries that are not to be; raises NotFound."""
    from sandbox.testbench.trust_ground import offer_list as offer

    return offer(request)


def offer_batches(request: OfferRequest) -> OfferReply:
    """Serves what was taken back, in a list of batches and each batch; raises NotFound."""
    from sandbox.testbench.trust_ground import offer_batches as offer

    return offer(request, number=order_of(request.inbox).index("revoked") + 1)


def _inbox_of(sent: Exchange) -> str:
    return sent.url.partition("/inbox/")[2].partition("/")[0]


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    return Test(
        f"trustlist.consumer.{name or getattr(script, '__name__', '')}",
        number,
        clause,
        script,
        "06",
    )


def _verdict(number: str, name: str) -> Test:
    return _test(number, partial(judges, kind=name.removeprefix("says_")), HCERT, name)


TESTS = (
    _test("TLC-01", gets_list, CLAUSE),
    _test("TLC-02", asks_for_json, CLAUSE),
    _test("TLC-03", list_before_codes, CLAUSE),
    _verdict(CONTROL, "says_valid"),
    _verdict("TLC-05", "says_unlisted"),
    _verdict("TLC-06", "says_expired"),
    _verdict("TLC-07", "says_changed"),
    _verdict("TLC-08", "says_valid_group"),
    _verdict("TLC-09", "says_authority"),
    _verdict("TLC-10", "says_upload"),
    _verdict("TLC-11", "says_tls"),
    _verdict("TLC-12", "says_other_key"),
    _verdict("TLC-13", "says_other_id"),
    _verdict("TLC-14", "says_broken_chain"),
    _verdict("TLC-15", "says_other_country"),
    _verdict("TLC-16", "says_self_issued"),
    _verdict("TLC-17", "says_terminated"),
    _verdict("TLC-18", "says_over"),
    _verdict("TLC-19", "says_future"),
    _verdict("TLC-20", "says_other_issuer"),
    _verdict("TLC-21", "says_foreign_group"),
    _verdict("TLC-22", "says_period_over"),
    _verdict("TLC-23", "says_revoked"),
    _verdict("TLC-24", "says_critical"),
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
        Offer("revocation-list(/.*)?", offer_batches, "revocation-list"),
    ),
    proofs=(
        Proof(tuple(Field(str(number), kind="choice", choices=CHOICES) for number in NUMBERS)),
    ),
)
