"""What a notebook reads of certificates, held against `openssl x509` where it says the same."""

import json
import subprocess
from typing import Any

import pytest

from sandbox.certificates.links import NotOpened, sealed
from sandbox.certificates.unpacking import to_base64url
from sandbox.course import ____, at_work, facts_of, failed_step, is_signed, unseal
from sandbox.course.blank import Blank
from tests.sandbox.course.exercises.answers_06 import CHILE, URUGUAY

CARD = {
    "n": "Rosa Fuenzalida",
    "dob": "1958-03-21",
    "v": {"vp": "YellowFeverProduct1", "dt": "2026-02-01", "bo": "YF-77", "is": "Ministerio"},
}
CODE: Any = CHILE.sign(CARD)


def told_by_openssl(pem: str) -> str:
    command = ["openssl", "x509", "-noout", "-text", "-subject", "-issuer", "-nameopt", "RFC2253"]
    return subprocess.run(command, input=pem, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("place", CHILE.files)
def test_facts_are_those_that_openssl_reads(place: str) -> None:
    pem = CHILE.files[place]
    facts: Any = facts_of(pem)
    told = told_by_openssl(pem)
    assert f"subject={facts['subject']}" in told
    assert f"issuer={facts['issuer']}" in told
    assert f"C={facts['country']}" in told.partition("issuer=")[0]
    assert ("CA:TRUE" in told) is facts["is_authority"]
    assert (f"pathlen:{facts['path_length']}" in told) is facts["is_authority"]
    assert ("Digital Signature" in told) is ("digital_signature" in facts["uses"])
    assert ("Certificate Sign" in told) is ("key_cert_sign" in facts["uses"])
    assert ("TLS Web Client Authentication" in told) is ("clientAuth" in facts["purposes"])
    assert f"Public-Key: ({facts['bits']} bit)" in told
    assert f"{facts['ends']:%Y} GMT" in told


def test_a_weak_key_and_what_is_no_certificate() -> None:
    short: Any = CHILE.broken("short")
    facts: Any = facts_of(short["DSC/DSC.pem"])
    assert (facts["kind"], facts["bits"]) == ("RSA", 1024)
    assert facts_of("x") == facts_of("") == {}


def test_four_tasks_are_done_by_four_certificates() -> None:
    met: Any = at_work(CHILE)
    assert list(met) == ["certificate", "signer", "upload", "connection"]
    assert len(set(met.values())) == len(met)


def test_a_code_is_signed_by_its_own_key_alone() -> None:
    assert is_signed(CODE, CHILE.keys[0]) is True
    assert is_signed(CODE, URUGUAY.keys[0]) is False
    assert is_signed("HC1:", CHILE.keys[0]) is False


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (CODE, "valid"),
        (CODE[:60] + ("1" if CODE[60] == "0" else "0") + CODE[61:], "inflate"),
        (URUGUAY.sign(CARD), "trust"),
        (CHILE.sign(CARD, days=-30), "validity"),
        ("HC1:a", "base45"),
    ],
)
def test_the_first_step_that_fails_is_named(text: str, step: str) -> None:
    assert failed_step(text, CHILE.keys) == step


def test_a_sealed_file_opens_with_its_own_key() -> None:
    key = bytes(range(32))
    file = sealed(b'{"a": 1}', key, content_type="application/json")
    assert json.loads(str(unseal(file, to_base64url(key)))) == {"a": 1}
    with pytest.raises(NotOpened):
        unseal(file, to_base64url(bytes(32)))


def test_a_blank_gives_a_blank() -> None:
    made = (facts_of(____), at_work(____), is_signed(____, ____), failed_step(____, []))
    assert all(isinstance(answer, Blank) for answer in (*made, unseal(____, "")))
