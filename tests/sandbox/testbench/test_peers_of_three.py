"""The meeting of issuer, wallet and verifier is proved: three that are right pass, and each twin fails exactly the tests named for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.peers_of_three import TWINS, played
from tests.sandbox.testbench.playing import verdicts

EXPECTED = tomllib.loads(
    Path(__file__).with_name("peers_of_three.toml").read_text(encoding="utf-8")
)


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("name", TWINS)
def test_a_meeting_fails_exactly_the_named_tests(name: str, tmp_path: Path) -> None:
    with a_sandbox(tmp_path, country="CL") as client:
        _, results = played(name, client, tmp_path / "sandbox")
    told = [(each.test.number, each.findings) for each in results if each.verdict != "pass"]
    assert verdicts(results) == EXPECTED[name], told


def test_every_test_has_a_meeting_that_does_not_pass_it() -> None:
    assert set(EXPECTED) == set(TWINS)
    rows = EXPECTED.values()
    caught = {number for row in rows for word in ("fail", "warn") for number in row.get(word, [])}
    assert {test.number for test in TRACKS["vc.peers"].tests} <= caught
    assert EXPECTED["right"] == {}
