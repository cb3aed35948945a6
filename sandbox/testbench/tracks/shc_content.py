"""SMART Health Card (health-cards 1.4): a card as QR text, JWS or file, judged step by step.

Inputs: `certificate` is the text; `jwks` the address of the issuer's keys, which is
`/.well-known/jwks.json` below the address that the card names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sandbox.fhir.json import as_list, member
from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import Given, Request, Script, Test, Track, answer_text, nothing_there

# what reads certificates is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.steps import Certificate, StepName

CLAUSE = "SMART Health Cards 1.4"
KEYS = "/.well-known/jwks.json"
MOST = 40  # findings of one test that are told


@dataclass(frozen=True, slots=True)
class Part:
    """A test about one step of a card."""

    number: str
    name: str
    step: StepName
    is_trusting: bool = False


PARTS = (
    Part("SHC-02", "text", "prefix"),
    Part("SHC-03", "envelope", "jws"),
    Part("SHC-04", "deflated", "inflate"),
    Part("SHC-05", "payload", "claims"),
    Part("SHC-06", "fields", "schema"),
    Part("SHC-07", "in_force", "validity"),
    Part("SHC-09", "issuer", "trust", is_trusting=True),
    Part("SHC-10", "signed", "signature", is_trusting=True),
)


def readable(given: Given) -> Script:
    """Every card in the text can be read down to its payload (SHC-01)."""
    cards = _cards(given["certificate"], "", given["now"])
    for card in cards:
        if card.claims is None:
            yield from [
                note for step in card.steps for note in step.findings if note.severity == "error"
            ][:MOST]
    return (
        {"readable": given["certificate"]} if all(card.claims is not None for card in cards) else {}
    )


def judged(given: Given, *, part: Part) -> Script:
    """What verifying finds at a step of any of the cards."""
    keys = given["keys"] if part.is_trusting else ""
    steps = [card.step(part.step) for card in _cards(given["readable"], keys, given["now"])]
    findings = [note for step in steps for note in step.findings][:MOST]
    is_done = all(step.status != "skipped" for step in steps)
    yield from findings or ([] if is_done else [nothing_there()])


def key_set(given: Given) -> Script:
    """The issuer's keys can be fetched, and are as specified (SHC-08)."""
    from sandbox.certificates.shc import faults_of_key

    answer = yield Request("GET", given["jwks"], {"Accept": "application/json"})
    keys = member(resource_in(answer.body), "keys") if answer.status == 200 else None
    if not isinstance(keys, list) or not keys:
        key = "shc_content.no_keys"
        yield Finding(
            key, "error", key, where=answer.url, found=answer_text(answer), clause=f"{CLAUSE} keys"
        )
        return {}
    issuers = {
        card.claims.issuer
        for card in _cards(given["readable"], "", given["now"])
        if card.claims is not None
    }
    for issuer in sorted(issuers):
        # a wallet looks there and nowhere else (SMART Health Cards 1.4, Determining keys)
        if given["jwks"] != f"{issuer}{KEYS}":
            key = "shc_content.other_place"
            expected = f"{issuer}{KEYS}"
            yield Finding(
                key,
                "warning",
                key,
                where="jwks",
                expected=expected,
                found=given["jwks"],
                clause=f"{CLAUSE} keys",
            )
        for jwk in as_list(keys):
            yield from (
                list(faults_of_key(jwk, issuer=issuer))[:MOST] if isinstance(jwk, dict) else ()
            )
    return {"keys": answer.body.decode("utf-8", "replace")}


def _cards(text: str, keys: str, now: str) -> list[Certificate]:
    """Returns each card of a text with its steps; the keys are those of whoever each card names."""
    from sandbox.certificates.shc import verify_card
    from sandbox.certificates.shc_forms import texts_of

    at = datetime.fromisoformat(now)
    listed = member(resource_in(keys.encode()), "keys")
    cards = []
    for card in texts_of(text):
        # read once without keys: whose keys count stands inside the card
        read = verify_card(card, {}, at=at)
        issuer = read.claims.issuer if read.claims is not None else ""
        known = [jwk for jwk in as_list(listed) if isinstance(jwk, dict)]
        cards.append(verify_card(card, {issuer: known}, at=at) if known else read)
    return cards


def _test(
    number: str,
    script: Callable[[Given], Script],
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(f"shc.content.{words}", number, CLAUSE, script, "", needs, after or {})


_READ = {"readable": "SHC-01"}
_BEHIND = {part.name: {**_READ, "keys": "SHC-08"} for part in PARTS if part.is_trusting}
TESTS = (
    _test("SHC-01", readable, needs=("certificate",)),
    *(
        _test(
            part.number, partial(judged, part=part), part.name, after=_BEHIND.get(part.name, _READ)
        )
        for part in PARTS
    ),
    _test("SHC-08", key_set, needs=("jwks",), after=_READ),
)
TRACK = Track(
    "shc.content",
    "shc_content",
    tuple(sorted(TESTS, key=lambda test: test.number)),
    actor="content-creator",
    inputs={"jwks": Input("address")},
)
