"""The judge of wallets that show is proved: the right one passes, and each twin with a fault fails exactly the tests named for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sandbox.testbench.asking_ground import KINDS, shown_in, tokens_in
from sandbox.testbench.tracks import TRACKS
from sandbox.testbench.tracks.vp_wallet import COUNT
from tests.sandbox.testbench.showing_twins import TWINS, told_of

EXPECTED = tomllib.loads(Path(__file__).with_name("showing_twins.toml").read_text(encoding="utf-8"))


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
    assert {test.number for test in TRACKS["vp.wallet"].tests} <= caught
    assert EXPECTED["right"] == {}


def test_there_is_a_field_for_each_request() -> None:
    assert len(KINDS) == COUNT


@pytest.mark.parametrize("text", ["", "[]", "{", '{"card": "x"}', '{"card": []}', '{"card": [1]}'])
def test_what_is_no_list_for_each_query_is_no_token(text: str) -> None:
    assert tokens_in({"vp_token": text}) == {}


def test_of_what_is_no_credential_nothing_is_shown() -> None:
    assert shown_in({"vp_token": '{"card": ["x", "a.b.c~"]}'}) == {"card": {}}
