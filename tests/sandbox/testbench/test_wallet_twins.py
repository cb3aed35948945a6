"""The judge of wallets is proved: the right one passes, and each twin with a fault fails exactly the tests named for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sandbox.testbench.issuing_ground import KINDS, in_ascii, is_nonce
from sandbox.testbench.tracks import TRACKS
from sandbox.testbench.tracks.vci_wallet import KINDS as NAMED
from tests.conftest import a_sandbox
from tests.sandbox.testbench.wallet_twins import TWINS, told_of

EXPECTED = tomllib.loads(Path(__file__).with_name("wallet_twins.toml").read_text(encoding="utf-8"))


@pytest.mark.daily("twins", share=0.25, always=r"[\[.]right\]")
@pytest.mark.parametrize("twin", TWINS)
def test_a_faulty_wallet_fails_exactly_the_named_tests(twin: str, tmp_path: Path) -> None:
    assert told_of(twin, tmp_path) == EXPECTED[twin]


def test_every_test_has_a_wallet_that_does_not_pass_it() -> None:
    assert set(EXPECTED) == set(TWINS)
    caught = {
        number
        for row in EXPECTED.values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    assert {test.number for test in TRACKS["vci.wallet"].tests} <= caught
    assert EXPECTED["right"] == {}


def test_there_is_a_field_for_each_offer() -> None:
    assert set(NAMED) == set(KINDS)


@pytest.mark.parametrize("nonce", [None, "", ".", "1.", "x.y", "1.\ud800", "\ud800.", ["1.a"], {}])
def test_what_is_no_nonce_is_none_of_ours(nonce: object) -> None:
    assert not is_nonce("run.secret", "plain", nonce)
    assert in_ascii(str(nonce)).isascii()


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("POST", "i/plain/credential", b""),
        ("POST", "i/plain/credential", b'{"proofs": {"jwt": ["\\ud800.\\ud800.x"]}}'),
        ("POST", "i/deferred/deferred", b'{"transaction_id": "\\ud800"}'),
        ("POST", "i/deferred/deferred", b'{"transaction_id": "WzllOTksICJ4Il0="}'),
        ("POST", "a/pin/token", b"grant_type=%ff&tx_code=%00"),
        ("GET", "i/nobody/offer", b""),
        ("GET", "qr/99.svg", b""),
        ("DELETE", "i/plain/offer", b""),
    ],
)
def test_an_issuer_refuses_what_it_cannot_read(
    method: str, place: str, body: bytes, tmp_path: Path
) -> None:
    with a_sandbox(tmp_path, country="CL") as client:
        run = client.post("/api/runs", json={"track": "vci.wallet", "system": "sandbox"}).json()
        reply = client.request(method, f"{run['inbox']}/{place}", content=body)
        assert 400 <= reply.status_code < 500, reply.text
