"""The judge of verifiers is proved: the sandbox's own passes, and each twin with a fault fails exactly the tests named for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sandbox.testbench.tracks import TRACKS
from sandbox.testbench.tracks.vp_verifier import verdict_in
from tests.conftest import a_sandbox
from tests.sandbox.testbench.verifier_twins import TWINS, told_of

EXPECTED = tomllib.loads(
    Path(__file__).with_name("verifier_twins.toml").read_text(encoding="utf-8")
)


@pytest.mark.daily("twins", share=0.25, always=r"[\[.]right\]")
@pytest.mark.parametrize("twin", TWINS)
def test_a_faulty_verifier_fails_exactly_the_named_tests(twin: str, tmp_path: Path) -> None:
    with a_sandbox(tmp_path, country="CL") as client:
        told = told_of(twin, client, tmp_path / "sandbox")
    expected = dict(EXPECTED[twin])
    if expected.pop("skips_the_rest", False):
        assert len(told.pop("skip")) > 9
    assert told == expected


def test_every_test_has_a_verifier_that_does_not_pass_it() -> None:
    assert set(EXPECTED) == set(TWINS)
    caught = {
        number
        for row in EXPECTED.values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    assert {test.number for test in TRACKS["vp.verifier"].tests} <= caught
    assert EXPECTED["right_and_signed"] == {}


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ({"accepted": True}, True),
        ({"verificationResult": False, "status": "DONE"}, False),
        ({"status": "SUCCESSFUL"}, True),
        ({"state": "answered"}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_verdict_is_read_in_the_words_of_verifiers_and_never_guessed(
    content: object, verdict: bool | None
) -> None:
    assert verdict_in(content) is verdict
