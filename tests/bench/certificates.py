"""What `make bench` says of certificates: against the bare signature in the same run, turn by turn; one process."""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates import base45, cose
from sandbox.certificates.issuing import issue, signer_of
from sandbox.certificates.keys import KeyList, kid_of
from sandbox.certificates.qr import png_of, texts_in
from sandbox.certificates.verifying import verify
from tests.sandbox.certificates.making import CONTENTS, NOW, chile, listed, signed
from tests.sandbox.certificates.test_round_trip import hostile

TURNS, EACH = 15, 200
HOSTILE = 100_000


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    text, pair, trust = signed(CONTENTS["eu_dcc"], 1), chile().dsc[0], listed()
    one = cose.read_sign1(zlib.decompress(base45.decode(text[4:])))
    content, public = cose.to_be_signed(one.protected, one.payload), pair.key.public_key()
    der = encode_dss_signature(
        int.from_bytes(one.signature[:32]), int.from_bytes(one.signature[32:])
    )
    signer, ends = signer_of(pair.certificate, pair.key), NOW + timedelta(days=9)
    bare, whole = in_turns(
        lambda: public.verify(der, content, ec.ECDSA(SHA256())), lambda: verify(text, trust, at=NOW)
    )
    yield (
        "verify an EU DCC from text",
        f"{whole:.0f} µs, {bare / whole:.2f} of the bare check",
        "at least 0.4",
    )
    bare, whole = in_turns(
        lambda: pair.key.sign(content, ec.ECDSA(SHA256())),
        lambda: issue(CONTENTS["eu_dcc"], signer, at=NOW, ends=ends),
    )
    yield "issue an EU DCC", f"{whole:.0f} µs, {bare / whole:.2f} of bare signing", "at least 0.22"
    few, many = (_list_of(count) for count in (10, 2000))
    small, large = in_turns(lambda: verify(text, few, at=NOW), lambda: verify(text, many, at=NOW))
    yield (
        "verify against a list of 2,000 keys",
        f"{large:.0f} µs, {large / small:.2f} of that against one of 10",
        "at most 1.1",
    )
    full = signed({**CONTENTS["ddcc_vs"], "identifier": "x" * 300}, 3)
    drawn = [_seconds(lambda: texts_in(png_of(full))) for _ in range(20)]
    yield (
        f"QR of a full DDCC ({len(full)} characters): draw and read",
        f"{statistics.median(drawn) * 1000:.0f} ms",
        "under 60 ms",
    )
    begun = time.perf_counter()
    believed, longest = hostile(HOSTILE, seed=11)
    took = time.perf_counter() - begun
    yield (
        f"{HOSTILE} odd texts",
        f"{believed} believed, longest {longest * 1000:.0f} ms, all {took:.0f} s",
        "0, bounded",
    )


def _list_of(count: int) -> KeyList:
    """A trust list with the signer of chile() among as many keys."""
    (own,) = listed().keys_of(kid_of(chile().dsc[0].certificate))
    others = [replace(own, kid=number.to_bytes(8)) for number in range(1, count)]
    return KeyList([*others, own])


def in_turns(
    first: Callable[[], Any], second: Callable[[], Any], *, each: int = EACH
) -> tuple[float, float]:
    """Returns the medians of both in microseconds, measured by turns, so that a busy moment touches both."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for work, times in zip((first, second), found, strict=True):
            begun = time.perf_counter()
            for _ in range(each):
                work()
            times.append((time.perf_counter() - begun) / each * 1e6)
    return statistics.median(found[0]), statistics.median(found[1])


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
