"""What is issued in any dialect is read again whole; and what nobody meant to send breaks nothing."""

from __future__ import annotations

import random
import time
import zlib
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.certificates import base45
from sandbox.certificates.claims import Claims
from sandbox.certificates.dialects import Dialect, Field, all_dialects, check
from sandbox.certificates.hcert import PREFIX, encoded
from sandbox.certificates.issuing import issue, signer_of
from sandbox.certificates.keys import kid_of
from sandbox.certificates.verifying import verify
from sandbox.errors import BadRequest
from tests.sandbox.certificates.making import CONTENTS, NOW, NUMBERS, chile, listed, signed

HOSTILE = 20_000  # in every suite; 100,000 by tests/bench/certificates.py
DIALECTS = [one for one in all_dialects() if one.claim is not None]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
DATE = st.dates().map(lambda day: day.isoformat()).filter(lambda text: text >= "1900")


def value_of(field: Field, dialect: Dialect) -> st.SearchStrategy[Any]:
    """Right values of a field."""
    if field.values:
        return st.sampled_from(sorted(dialect.values[field.values]))
    if field.pattern:
        return st.from_regex(field.pattern, fullmatch=True).filter(
            lambda text: not field.most or len(text) <= field.most
        )
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(field.least or 0, 9), "date": DATE, "partial": st.sampled_from(["1958", "1958-03", "1958-03-07"]),
        "instant": DATE.map(lambda day: f"{day}T10:00:00Z"), "any": TEXT, "map": st.fixed_dictionaries({"code": TEXT}),
    }  # fmt: skip
    return kinds.get(field.kind, TEXT.filter(lambda text: len(text) >= (field.least or 0)))


@st.composite
def contents(draw: st.DrawFn) -> tuple[Dialect, Any]:
    """Right content of some dialect: what its sample has, with other values wherever its fields allow them."""
    dialect = draw(st.sampled_from(DIALECTS))
    content = cbor2.loads(cbor2.dumps(CONTENTS[dialect.name]))
    for field in dialect.fields:
        *parents, last = field.path.split(".")
        places = [content]
        for name in parents:
            places = [one.get(name.removesuffix("[]")) for one in places if isinstance(one, dict)]
            places = [
                inner for one in places for inner in (one if isinstance(one, list) else [one])
            ]
        for place in places:
            if (
                isinstance(place, dict)
                and last in place
                and not isinstance(place[last], (dict, list))
            ):
                place[last] = draw(value_of(field, dialect))
    return dialect, content


@pytest.mark.daily("long", share=0.25)
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(contents())
def test_nothing_is_lost_in_any_dialect(held: tuple[Dialect, Any]) -> None:
    dialect, content = held
    signer = signer_of(chile().dsc[0].certificate, chile().dsc[0].key)
    times = [int((NOW + timedelta(days)).timestamp()) for days in (-1, 1)]
    # signed as it is: of dates drawn by chance many lie where none is issued for
    held_claims = Claims(signer.country, times[0], times[1], {dialect.claim: content})
    text = encoded(held_claims, signer.key, kid=signer.kid)
    found = verify(text, listed(), at=NOW)
    assert found.claims is not None
    assert found.claims.content == {dialect.claim: content}
    # dates and countries are drawn by chance: what they mean together is not judged here
    odd = {one.name for one in found.steps if one.status != "ok"}
    assert odd <= {"trust", "validity"}, [
        (one.name, one.findings) for one in found.steps if one.status != "ok"
    ]
    assert found.step("signature").status == "ok"
    assert found.dialect is dialect


def test_what_is_not_as_its_dialect_asks_is_not_signed() -> None:
    signer = signer_of(chile().dsc[0].certificate, chile().dsc[0].key)
    for content, dialect, key in (
        ({**CONTENTS["eu_dcc"], "dob": "x"}, "", "certificates.not_issued"),
        ({"x": 1}, "", "certificates.no_such_dialect"),
        (CONTENTS["eu_dcc"], "nothing", "certificates.no_such_dialect"),
    ):
        with pytest.raises(BadRequest) as told:
            issue(content, signer, dialect=dialect, at=NOW, ends=NOW)
        assert told.value.key == key


def mutated(source: random.Random) -> str:
    """A certificate of some dialect with something wrong at some layer."""
    name = source.choice(sorted(NUMBERS))
    text = signed(CONTENTS[name], NUMBERS[name])
    layer = source.randrange(4)
    if layer == 0:
        place = source.randrange(len(text))
        return (
            text[:place]
            + chr(source.randrange(1, 0x2FFF)) * source.randrange(3)
            + text[place + source.randrange(4) :]
        )
    content = bytearray(base45.decode(text[len(PREFIX) :]))
    if layer > 1:
        content = bytearray(zlib.decompress(bytes(content)))
    for _ in range(source.randrange(1, 6)):
        content[source.randrange(len(content))] = source.randrange(256)
    return PREFIX + base45.encode(zlib.compress(bytes(content)) if layer > 1 else bytes(content))


def hostile(count: int, seed: int) -> tuple[int, float]:
    """Verifies so many odd texts; returns how many still were valid, and the longest that one computed in seconds."""
    source, valid, longest = random.Random(seed), 0, 0.0
    for number in range(count):
        text = (
            mutated(source)
            if number % 4
            else "".join(chr(source.randrange(1, 200)) for _ in range(source.randrange(400)))
        )
        begun = time.thread_time()
        found = verify(text if number % 3 else PREFIX + text, listed(), at=NOW)
        longest = max(longest, time.thread_time() - begun)
        valid += found.verdict in ("valid", "deviates") and found.step("signature").status != "ok"
    return valid, longest


@pytest.mark.daily("long", share=0.25)
@pytest.mark.slow
def test_odd_texts_break_nothing_and_are_never_believed() -> None:
    valid, longest = hostile(HOSTILE, seed=7)
    assert valid == 0
    assert longest < 5  # none of them hangs; how fast they are is for the bench to say


@pytest.mark.parametrize(
    "text",
    [
        PREFIX + base45.encode(zlib.compress(b"\0" * 50_000_000, 9)[:40_000]),
        PREFIX + base45.encode(zlib.compress(b"\x81" * 900_000, 9)),
        PREFIX + base45.encode(zlib.compress(b"\x9b\x7f" + b"\xff" * 7, 9)),
        PREFIX + base45.encode(zlib.compress(b"\xbf" * 900_000, 9)),
        PREFIX + "A" * 5_000_000,
        "A" * 50_000_000,
        PREFIX,
        "",
    ],
    ids=[
        "bomb",
        "deep",
        "claims to be huge",
        "deep maps",
        "long",
        "very long",
        "nothing behind",
        "nothing",
    ],
)
def test_bombs_are_refused_at_once(text: str) -> None:
    begun = time.thread_time()
    assert verify(text, listed(), at=NOW).verdict == "unreadable"
    assert time.thread_time() - begun < 5


def test_a_field_that_is_nested_in_itself_ends() -> None:
    dialect = next(one for one in DIALECTS if one.name == "eu_dcc")
    assert len(check(dialect, {"ver": "1.3.0", "nam": {}, "dob": "", "v": [{}] * 5000})) <= 60


def test_a_certificate_says_who_issued_it_and_until_when() -> None:
    signer = chile().dsc[0]
    claims = Claims("CL", 1_790_000_000, 1_800_000_000, {1: CONTENTS["eu_dcc"]})
    found = verify(encoded(claims, signer.key, kid=kid_of(signer.certificate)), listed(), at=NOW)
    assert found.claims == claims
