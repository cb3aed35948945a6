"""A meeting of three: an issuer and a verifier by others, and the wallet of this project, each in a process or over a socket of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.clock import fhir_instant
from sandbox.testbench.engine import play_track
from sandbox.testbench.guard import guarded_from_here
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import WALLETS
from tests.sandbox.testbench.playing import verdicts

pytestmark = [
    pytest.mark.daily("wallets", share=0.25),
    pytest.mark.needs("wallets"),
    pytest.mark.slow,
]
HERE = Path(__file__).parent


def started(stack: ExitStack, script: str, *words: str) -> Any:
    """Starts a program that serves until the test ends, and returns the first thing that it says."""
    command = ["node", str(HERE / script), str(WALLETS / "node_modules"), *words]
    pipe = subprocess.PIPE
    process = stack.enter_context(
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    )
    stack.callback(process.kill)
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def line_of(link: str) -> str:
    """Returns a request with the address of its verdict, which is where answers go."""
    return f"{link} {parse_qs(urlsplit(link).query)['response_uri'][0]}"


@pytest.mark.parametrize(
    ("shows", "expected"),
    [(True, {}), (False, {"inconclusive": ["VCM-08"]})],
    ids=["it shows", "it keeps to itself"],
)
def test_a_credential_of_others_goes_through_our_wallet_to_a_verifier_of_others(
    shows: bool, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    with ExitStack() as stack:
        issuer = started(stack, "issuer.mjs")
        links = started(stack, "verifier.mjs", json.dumps(issuer["key"]), "careful", "2")
        for words in (
            ["receive", issuer["offers"][1]["link"], "--pin", issuer["offers"][1]["pin"]],
            ["present", links[1], "--allow", "blood", "--allow", "name"],
        )[: 2 if shows else 1]:
            result = CliRunner().invoke(app, ["wallet", *words])
            assert result.exit_code == 0, result.output
        given = {
            "run": "a-run",
            "now": fhir_instant(datetime.now(UTC)),
            "issuer_system": "chile",
            "verifier_system": "panama",
            "offers": "\n".join(f"{each['link']} {each['pin']}" for each in issuer["offers"][:2]),
            "vp_requests": "\n".join(map(line_of, links)),
        }

        async def play() -> Any:
            async with Sender("http://127.0.0.1:9", transport=guarded_from_here({})) as send:
                return await play_track(TRACKS["vc.peers"], given, send)

        results = asyncio.run(play())
    told = [(each.test.number, each.findings) for each in results if each.verdict != "pass"]
    assert verdicts(results) == expected, told
