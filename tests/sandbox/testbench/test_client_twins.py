"""The judge of clients is proved: the course's own passes, and each broken twin fails exactly the tests named for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.client_twins import TWINS, told_of

EXPECTED = tomllib.loads(Path(__file__).with_name("client_twins.toml").read_text(encoding="utf-8"))
OF_CLIENTS = ("mhd.source", "mhd.consumer", "pdqm.consumer")
# Broken by clients in tests/sandbox/api/test_inbox.py: by inputs, Comprehensive metadata, or bytes that httpx mends.
ELSEWHERE = {"SRC-05", "SRC-14", "SRC-16", "SRC-21", "SRC-22", "SRC-24", "SRC-27", "SRC-28", "CON-04",
             "CON-06", "CON-07"}  # fmt: skip


@pytest.mark.daily("twins", share=0.25, always=r"[\[.]right\]")
@pytest.mark.parametrize("twin", TWINS)
def test_a_broken_client_fails_exactly_the_named_tests(twin: str, tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training") as app:
        assert told_of(twin, app) == {
            verdict: sorted(numbers) for verdict, numbers in EXPECTED[twin].items()
        }


def test_the_courses_client_fails_nothing() -> None:
    for role in ("source", "consumer", "demographics"):
        assert not set(EXPECTED[f"{role}.right"]) - {"skip"}


def test_every_twin_has_its_expectation_and_every_test_a_client_that_does_not_pass_it() -> None:
    assert set(EXPECTED) == set(TWINS)
    caught = {
        number
        for row in EXPECTED.values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    known = {test.number for track in OF_CLIENTS for test in TRACKS[track].tests}
    assert known - caught == ELSEWHERE
