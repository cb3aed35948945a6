"""The judge of content is proved: a right issuer passes, and each with a fault fails exactly the tests named for it."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from sandbox.clock import fhir_instant
from sandbox.exchange import Exchange
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Asked, Request
from sandbox.testbench.tracks import TRACKS
from tests.sandbox.certificates.making import NOW
from tests.sandbox.testbench.content_twins import TWINS as CONTENTS
from tests.sandbox.testbench.content_twins import Twin
from tests.sandbox.testbench.credential_twins import CREDENTIALS, OWN_CONTEXT
from tests.sandbox.testbench.playing import GIVEN, verdicts

EXPECTED = tomllib.loads(Path(__file__).with_name("content_twins.toml").read_text(encoding="utf-8"))
TWINS = {**CONTENTS, "vc.content": CREDENTIALS}
ALL = [f"{track}.{name}" for track, twins in TWINS.items() for name in twins]
JSON = (("content-type", "application/json"),)


def told_of(track: str, twin: Twin) -> dict[str, list[str]]:
    """Plays a track over what a twin hands in; addresses hold what it publishes, and nothing else."""

    async def answer(asked: Asked) -> Exchange:
        assert isinstance(asked, Request)
        # what a context says decides what a signature means: who fetches one believes its host
        assert asked.url != OWN_CONTEXT
        body = json.dumps(twin.answers[asked.url]).encode() if asked.url in twin.answers else b""
        status = 200 if body else 404
        return Exchange(asked.method, asked.url, (), b"", status, JSON, body, 0.01, "")

    given = {**GIVEN, "now": fhir_instant(NOW), "certificate": twin.text, **twin.given}
    return verdicts(asyncio.run(play_track(TRACKS[track], given, answer)))


@pytest.mark.daily("twins", share=0.25, always=r"[\[.]right\]")
@pytest.mark.parametrize("name", ALL)
def test_an_issuer_with_a_fault_fails_exactly_the_named_tests(name: str) -> None:
    track, _, twin = name.rpartition(".")
    expected = {verdict: sorted(numbers) for verdict, numbers in EXPECTED[name].items()}
    assert told_of(track, TWINS[track][twin]()) == expected


@pytest.mark.parametrize("track", TWINS)
def test_every_test_has_an_issuer_that_does_not_pass_it_and_a_right_one_passes_all(
    track: str,
) -> None:
    rows = {name: row for name, row in EXPECTED.items() if name.startswith(f"{track}.")}
    # what is about another form of it is skipped, such as that of 2023
    assert set(rows.pop(f"{track}.right")) <= {"skip"}
    caught = {
        number
        for row in rows.values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    assert caught == {test.number for test in TRACKS[track].tests}
    assert len(rows) >= 15
    undecided = {f"{track}.names_a_context_of_its_own"}
    assert {name for name, row in rows.items() if not row.get("fail", row.get("warn"))} <= undecided


def test_every_issuer_has_its_expectation() -> None:
    assert set(EXPECTED) == set(ALL)
