"""The track of credential issuers is proved: the sandbox's own passes, and each with a fault fails exactly the tests named for it."""

from __future__ import annotations

import asyncio
import json
import random
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.clock import fhir_instant
from sandbox.course.connection import start_server
from sandbox.credentials.jose import read_jws
from sandbox.event.evidence import shown_body
from sandbox.store.runs import Event
from sandbox.testbench.engine import judge_again, play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.testbench.issuer_twins import TWINS, Answer, Asked, Faulty, Twin
from tests.sandbox.testbench.playing import verdicts

EXPECTED = tomllib.loads(Path(__file__).with_name("issuer_twins.toml").read_text(encoding="utf-8"))
TRACK = TRACKS["vci.issuer"]
# the clock of the sandbox moves a second at each look: it is behind the run at first, then before it
AHEAD = timedelta(seconds=45)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


def an_offer(client: httpx.Client, kind: str, formats: list[str]) -> str:
    content = CONTENTS["icvp_2025"]
    wish = {"country": "CL", "content": content, "pin": kind == "p", "formats": formats}
    made = client.post("/api/offers", json=wish).json()
    return f"{made['link']} {made['pin']}".strip()


def given_to(client: TestClient, twin: Twin) -> dict[str, str]:
    lines = [twin.line(an_offer(client, kind, twin.formats)) for kind in twin.offers]
    told = read_jws(client.get("/vci/CL/status/tokens").text).payload["iat"]
    now = fhir_instant(datetime.fromtimestamp(told, UTC) + AHEAD)
    return {"run": "a-run", "now": now, "offers": twin.between.join(lines), **twin.given}


def played(client: TestClient, twin: Twin) -> tuple[dict[str, str], list[Result]]:
    served: Any = client.app

    async def play() -> list[Result]:
        async with Sender("http://sandbox.test/vci/CL", transport=Faulty(served, twin)) as send:
            return await play_track(TRACK, given, send)

    given = given_to(client, twin)
    return given, asyncio.run(play())


@pytest.mark.daily("twins", share=0.25, always=r"[\[.]right\]")
@pytest.mark.parametrize("name", TWINS)
def test_an_issuer_with_a_fault_fails_exactly_the_named_tests(
    name: str, sandbox: TestClient
) -> None:
    expected = {verdict: sorted(numbers) for verdict, numbers in EXPECTED[name].items()}
    _, results = played(sandbox, TWINS[name])
    told = [(one.test.number, one.findings) for one in results if one.verdict == "error"]
    assert verdicts(results) == expected, told


@pytest.mark.parametrize("format", ["ldp_vc", "jwt_vc_json"])
def test_the_other_formats_pass_too(format: str, sandbox: TestClient) -> None:
    twin = Twin(formats=[format])
    assert verdicts(played(sandbox, twin)[1]) == {}


def test_nothing_that_lets_in_is_kept_and_what_is_kept_is_judged_the_same(
    sandbox: TestClient,
) -> None:
    given, results = played(sandbox, TWINS["right"])
    session = next(
        json.loads(one.produced["session"]) for one in results if "session" in one.produced
    )
    tickets = json.loads(
        next(one.produced["tickets"] for one in results if "tickets" in one.produced)
    )
    kept = repr([
        (one.url, one.request_headers, one.request_body, one.headers, one.body)
        for result in results for one in result.exchanges
    ])  # fmt: skip
    secrets = [
        session["token"],
        *(ticket[name] for ticket in tickets for name in ("code", "pin") if ticket[name]),
    ]
    assert len(secrets) == 8
    assert not [secret for secret in secrets if secret in kept]

    async def again() -> list[Result]:
        known = dict(given)
        judged = []
        for result in results:
            judged.append(await judge_again(result.test, known, result.exchanges))
            known |= judged[-1].produced
        return judged

    assert verdicts(asyncio.run(again())) == verdicts(results) == {}


def test_what_tests_hand_on_is_not_shown() -> None:
    line = {"test": "x", "verdict": "pass", "produced": {"session": '{"token": "secret"}'}}
    shown = shown_body(Event("a-run", 1, "verdict", 0, json.dumps(line)))
    assert shown == {**line, "produced": {"session": "***"}}


@pytest.mark.slow
def test_our_own_issuer_passes_over_sockets_and_in_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path / "server")})
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "own"))
    try:
        base = server.connection.url
        with httpx.Client(base_url=base) as client:
            lines = [an_offer(client, kind, []) for kind in "pppo"]
        words = ["run", "vci.issuer", "--system", f"{base}/vci/CL", "--input"]
        result = CliRunner().invoke(app, [*words, f"offers={' '.join(lines)}"])
    finally:
        server.stop()
    assert result.exit_code == 0, result.output
    assert f"pass {len(TRACK.tests)}, warning 0, fail 0" in result.output


def test_every_test_has_an_issuer_that_does_not_pass_it_and_every_issuer_its_expectation() -> None:
    assert set(EXPECTED) == set(TWINS)
    caught = {
        number
        for row in EXPECTED.values()
        for verdict in ("fail", "warn")
        for number in row.get(verdict, [])
    }
    assert caught == {test.number for test in TRACK.tests}


ODD = (
    None,
    7,
    1.5,
    True,
    "",
    "é\u0000",
    [],
    {},
    [7],
    [None],
    {"a": {}},
    "did:jwk:e30",
    "x~y",
    "a.b.c",
)


def garbled(chance: random.Random) -> Twin:
    """An issuer that puts something odd into one place of some of its answers."""

    def answers(asked: Asked, answer: Answer) -> None:
        content = answer.json
        if not isinstance(content, dict) or not content or chance.random() < 0.93:
            return
        holder: Any = content
        name: Any = chance.choice(sorted(content))
        while isinstance(holder[name], dict | list) and holder[name] and chance.random() < 0.7:
            holder = holder[name]
            name = chance.choice(sorted(holder)) if isinstance(holder, dict) else 0
        holder[name] = chance.choice(ODD)
        answer.say(content)

    return Twin(answers, offers="ppp")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_an_issuer_says_breaks_no_test(seed: int, sandbox: TestClient) -> None:
    _, results = played(sandbox, garbled(random.Random(seed)))  # repeatable
    assert [one.test.number for one in results if one.verdict == "error"] == []
