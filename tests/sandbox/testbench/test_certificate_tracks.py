"""Tracks about one certificate, one card, one national PKI: the right one passes, each fault fails its own test alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from sandbox.certificates.unpacking import to_base64url
from sandbox.clock import fhir_instant
from sandbox.exchange import Exchange
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Asked, Request
from sandbox.testbench.tracks import TRACKS
from sandbox.trust.documents import document_of
from tests.sandbox.certificates.making import CONTENTS, NOW, card, chile, listed, signed
from tests.sandbox.certificates.test_cards import ISSUER, a_payload, changed
from tests.sandbox.testbench.playing import GIVEN, verdicts
from tests.sandbox.trust.test_onboarding import (
    SHA1_ECDSA,
    SHA256_ECDSA,
    folder,
    p_256_written_out,
    pem,
    put_together,
)
from tests.sandbox.trust.test_onboarding import WRONG as PKI_FAULTS

__all__ = ["folder"]  # a fixture
LIST = "https://trust.example/did.json"
KEYS = f"{ISSUER}/.well-known/jwks.json"
PLACES = {
    "sca": "SCA/SCA.pem",
    "up": "UP/UP.pem",
    "tls": "TLS/TLS.pem",
    "ca": "TLS/CA.pem",
    "dsc": "DSC/DSC.pem",
}


def judged(track: str, answers: dict[str, Any] | None = None, **given: str) -> dict[str, list[str]]:
    """Plays a track; `answers` are what addresses hold, nothing else is asked."""

    async def answer(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        held = (answers or {}).get(asked.url)
        status, body = (404, b"") if held is None else (200, json.dumps(held).encode())
        return Exchange(
            asked.method,
            asked.url,
            (),
            b"",
            status,
            (("content-type", "application/json"),),
            body,
            0.01,
            "",
        )

    return verdicts(
        asyncio.run(play_track(TRACKS[track], {**GIVEN, "now": fhir_instant(NOW), **given}, answer))
    )


def keys() -> dict[str, Any]:
    return {
        LIST: document_of(
            [one for held in listed()._keys.values() for one in held], host="h", path="v2/trustlist"
        )
    }


def an_icvp(dose: dict[str, Any] | None = None, **changed: Any) -> str:
    content = json.loads(json.dumps(CONTENTS["icvp_2025"])) | changed
    content["v"] |= dose or {}
    held = {name: value for name, value in content.items() if value is not None}
    held["v"] = {name: value for name, value in content["v"].items() if value is not None}
    return signed(held, -6)


ICVP: list[tuple[str, str, list[str]]] = [
    (signed(CONTENTS["eu_dcc"], 1), "fail", ["ICV-01"]),
    (signed(CONTENTS["icvp_2023"], -6), "warn", ["ICV-02"]),
    (an_icvp({"bo": None}), "fail", ["ICV-03"]),
    (an_icvp({"is": None}), "fail", ["ICV-04"]),
    (an_icvp({"vp": "Stamaril"}), "warn", ["ICV-05"]),
    (an_icvp({"dt": "2027-01-01"}), "fail", ["ICV-06"]),
    (an_icvp(dob="2026-01-01"), "fail", ["ICV-06"]),
    (an_icvp({"vls": "2025-11-13", "vle": "2025-11-12"}), "fail", ["ICV-06"]),
    (an_icvp({"vls": "2025-11-01"}), "fail", ["ICV-06"]),
    (an_icvp(ndt=None), "warn", ["ICV-08"]),
    (an_icvp(s="femenino"), "warn", ["ICV-09"]),
    (an_icvp(phone="1"), "warn", ["ICV-12"]),
]


def test_a_right_international_certificate_passes() -> None:
    found = judged(
        "icvp.content",
        keys(),
        certificate=an_icvp({"vls": "2025-11-13"}, s="female"),
        trustlist=LIST,
    )
    assert found == {}


@pytest.mark.parametrize(
    ("text", "verdict", "numbers"),
    ICVP,
    ids=[f"{one[2][0]} {one[1]} {n}" for n, one in enumerate(ICVP)],
)
def test_each_fault_of_an_international_certificate_is_told_by_its_test(
    text: str, verdict: str, numbers: list[str]
) -> None:
    found = judged("icvp.content", keys(), certificate=text, trustlist=LIST)
    assert found.get(verdict) == numbers or (
        verdict == "warn" and set(numbers) <= set(found.get("warn", []))
    )
    assert not found.get("fail") or verdict == "fail"


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (an_icvp(nid=None, ndt=None), {"ICV-08", "ICV-09"}),
        (an_icvp({"dt": None, "vls": None, "vle": None}, s="female"), {"ICV-06"}),
        # the form of 2023 asks for neither issuer nor number of the product
        (signed(CONTENTS["icvp_2023"], -6), {"ICV-04", "ICV-05"}),
    ],
    ids=["no document, no sex", "no dates", "the form of 2023"],
)
def test_what_a_certificate_does_not_say_is_left_out(text: str, left_out: set[str]) -> None:
    found = judged("icvp.content", keys(), certificate=text, trustlist=LIST)
    assert left_out <= set(found["skip"])


def test_several_doses_in_one_certificate_are_told() -> None:
    text = signed(CONTENTS["icvp_list"] | {"v": [CONTENTS["icvp_list"]["v"][0]] * 2}, -6)
    assert "ICV-07" in judged("icvp.content", keys(), certificate=text, trustlist=LIST)["warn"]


def test_an_unlisted_signer_fails_and_no_list_is_skipped() -> None:
    assert judged(
        "icvp.content",
        {LIST: document_of([], host="h", path="x")},
        certificate=an_icvp(),
        trustlist=LIST,
    )["fail"] == ["ICV-11"]
    # of the sex it says nothing
    assert judged("icvp.content", certificate=an_icvp())["skip"] == ["ICV-09", "ICV-10", "ICV-11"]
    assert judged("icvp.content", certificate=an_icvp(), trustlist=LIST) == {
        "fail": ["ICV-10"],
        "skip": ["ICV-09", "ICV-11"],
    }


def test_a_right_card_passes() -> None:
    text, key = card(json.dumps(a_payload(), separators=(",", ":")).encode())
    assert judged("shc.content", {KEYS: {"keys": [key]}}, certificate=text, jwks=KEYS) == {}
    file = json.dumps({"verifiableCredential": [text, text]})
    assert judged("shc.content", {KEYS: {"keys": [key]}}, certificate=file, jwks=KEYS) == {}


@pytest.mark.parametrize(
    ("payload", "header", "numbers"),
    [
        (a_payload(nbf=NOW.timestamp() + 600), None, ["SHC-07"]),
        (
            changed(lambda payload: payload["vc"]["credentialSubject"].pop("fhirVersion")),
            None,
            ["SHC-06"],
        ),
        (a_payload(), {"alg": "ES384", "zip": "DEF", "kid": "x"}, ["SHC-03"]),
    ],
)
def test_each_fault_of_a_card_is_told_by_its_test(
    payload: dict[str, Any], header: Any, numbers: list[str]
) -> None:
    text, key = card(json.dumps(payload, separators=(",", ":")).encode(), header=header)
    found = judged("shc.content", {KEYS: {"keys": [key]}}, certificate=text, jwks=KEYS)
    assert set(numbers) <= set(found["fail"])
    assert set(found["fail"]) - set(numbers) <= ({"SHC-09", "SHC-10"} if header else set())


def test_keys_of_another_and_at_another_place_are_told() -> None:
    text, key = card(json.dumps(a_payload(), separators=(",", ":")).encode())
    other = card(b"{}")[1]
    assert judged("shc.content", {KEYS: {"keys": [other]}}, certificate=text, jwks=KEYS)[
        "fail"
    ] == ["SHC-09"]
    forged = other | {"kid": key["kid"]}
    assert (
        "SHC-10"
        in judged("shc.content", {KEYS: {"keys": [forged]}}, certificate=text, jwks=KEYS)["fail"]
    )
    place = "https://elsewhere.example/jwks.json"
    assert judged("shc.content", {place: {"keys": [key]}}, certificate=text, jwks=place) == {
        "warn": ["SHC-08"]
    }
    assert judged("shc.content", certificate=text, jwks=KEYS) == {
        "fail": ["SHC-08"],
        "skip": ["SHC-09", "SHC-10"],
    }
    assert judged("shc.content", certificate="shc:/1", jwks=KEYS)["fail"] == ["SHC-01"]


def handed_in(folder: Path) -> dict[str, str]:
    found = {name: folder / place for name, place in PLACES.items()}
    return {name: file.read_text("ascii") for name, file in found.items() if file.is_file()}


def test_a_right_national_pki_passes(folder: Path) -> None:
    assert judged("pki.onboarding", country="CL", **handed_in(folder)) == {}
    assert judged("pki.onboarding", country="PE", **handed_in(folder)) == {"fail": ["PKI-08"]}


CHECKED = [one for one in PKI_FAULTS if one[1] != "names"]  # of files that are no input


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize(("change", "check", "reason"), CHECKED)
def test_each_way_to_be_wrong_fails_its_own_test(
    folder: Path, change: Callable[[Path], None], check: str, reason: str
) -> None:
    change(folder)
    numbers = {test.id.rpartition(".")[2]: test.number for test in TRACKS["pki.onboarding"].tests}
    found = judged("pki.onboarding", country="CL", **handed_in(folder))
    assert found.get("fail", []) + found.get("warn", []) == [numbers[check]]


def test_nothing_handed_in_fails_for_its_files_and_passes_nothing() -> None:
    found = judged("pki.onboarding", country="CL")
    assert found["fail"] == ["PKI-01"]
    assert len(found["skip"]) == len(TRACKS["pki.onboarding"].tests) - 1


@pytest.mark.parametrize(
    ("change", "number", "verdict"),
    [
        (lambda text: f" {text} ", "SHC-02", "warn"),
        (lambda text: text.rpartition(".")[0], "SHC-01", "fail"),
        (lambda text: text.replace(".", ".AAAA", 1), "SHC-01", "fail"),
    ],
)
def test_faults_of_the_text_of_a_card(
    change: Callable[[str], str], number: str, verdict: str
) -> None:
    text, key = card(json.dumps(a_payload(), separators=(",", ":")).encode())
    found = judged("shc.content", {KEYS: {"keys": [key]}}, certificate=change(text), jwks=KEYS)
    assert number in found[verdict]


@pytest.mark.parametrize(
    ("algorithm", "curve", "number"),
    [
        (SHA256_ECDSA, p_256_written_out(), "PKI-04"),
        (SHA1_ECDSA, bytes.fromhex("06082a8648ce3d030107"), "PKI-06"),
    ],
)
def test_what_no_library_makes_any_more_fails_too(
    folder: Path, algorithm: bytes, curve: bytes, number: str
) -> None:
    odd = put_together(chile().up.certificate, algorithm=algorithm, curve=curve)
    files = handed_in(folder) | {"up": pem(x509.load_der_x509_certificate(odd)).decode()}
    assert number in judged("pki.onboarding", country="CL", **files)["fail"]


def test_a_card_that_was_not_deflated_and_one_of_a_bad_issuer_fail_their_own_tests() -> None:
    payload = json.dumps(a_payload(), separators=(",", ":")).encode()
    bare = ".".join([to_base64url(b'{"alg":"ES256","kid":"x"}'), to_base64url(payload), "A" * 86])
    assert "SHC-04" in judged("shc.content", certificate=bare)["fail"]
    text, _ = card(
        json.dumps(a_payload(iss="http://health.example/"), separators=(",", ":")).encode()
    )
    assert judged("shc.content", certificate=text)["fail"] == ["SHC-05"]
