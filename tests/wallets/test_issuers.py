"""The track vci.issuer on issuers by others, over HTTP and through the guard: the verdict of each test is argued by its clause."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import fhir_instant
from sandbox.testbench.engine import play_track
from sandbox.testbench.guard import guarded_from_here
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import WALLETS

pytestmark = [
    pytest.mark.daily("wallets", share=0.25),
    pytest.mark.needs("wallets"),
    pytest.mark.slow,
]
HERE = Path(__file__).parent
EXPECTED: dict[str, Any] = tomllib.loads(
    (HERE / "issuers_expected.toml").read_text(encoding="utf-8")
)
SCRIPTS = {"careful": ("issuer.mjs",), "hasty": ("others.mjs", "direct_post")}


def played(offers: str) -> list[Result]:
    given = {"run": "a-run", "now": fhir_instant(datetime.now(UTC)), "offers": offers}

    async def play() -> list[Result]:
        async with Sender("http://127.0.0.1:9", transport=guarded_from_here({})) as send:
            return await play_track(TRACKS["vci.issuer"], given, send)

    return asyncio.run(play())


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_issuer_by_others_is_judged_as_was_argued(name: str) -> None:
    script, *words = SCRIPTS[name]
    command = ["node", str(HERE / script), str(WALLETS / "node_modules"), *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        offers = said.get("offers") or [{"link": said["offer"], "pin": said["pin"]}]
        results = played("\n".join(f"{offer['link']} {offer['pin']}" for offer in offers))
        process.kill()
    met = {result.test.number: result.verdict for result in results}
    argued = {number: verdict for verdict, rows in EXPECTED[name].items() for number in rows}
    told = {result.test.number: result.findings for result in results if result.findings}
    assert met == {number: argued.get(number, "pass") for number in met}, told
