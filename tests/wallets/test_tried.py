"""The tracks of wallets and verifiers over programs by others: what each is said to do, argued by clause, is what they do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.clock import fhir_instant
from sandbox.course.connection import start_server
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.texts import to_base64url, write_compact
from sandbox.testbench.engine import play_track
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
MODULES = WALLETS / "node_modules"
EXPECTED = tomllib.loads((HERE / "tried.toml").read_text(encoding="utf-8"))
LINES = 14


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path)})
    yield server.connection.url
    server.stop()


def expected_of(name: str) -> dict[str, list[str]]:
    """Returns the numbers by verdict but `pass`; the table has a reason for each."""
    found: dict[str, list[str]] = {}
    for number, row in sorted(EXPECTED[name].items()):
        found.setdefault(row["verdict"], []).append(number)
    return found


@pytest.mark.parametrize(
    ("track", "place"), [("vci.wallet", "$offers"), ("vp.wallet", "$requests")]
)
def test_a_wallet_by_others_is_said_to_do_what_it_does(base: str, track: str, place: str) -> None:
    run = httpx.post(f"{base}/api/runs", json={"track": track, "system": "sandbox"}).json()
    inbox = f"{base}{urlsplit(run['inbox']).path}"
    made = httpx.get(f"{inbox}/{place}").json()
    given = {"offers": made.get("offers") or [made["offer"]], "requests": made.get("requests", [])}
    command = ["node", str(HERE / "tried.mjs"), str(MODULES)]
    said = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False
    )
    assert said.returncode == 0, said.stderr[-3000:]
    seen: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    httpx.get(f"{inbox}/$proof", params=seen["told"])
    found: dict[str, list[str]] = {}
    for test in httpx.get(f"{base}/api/runs/{run['id']}").json()["tests"]:
        if test["verdict"] != "pass":
            found.setdefault(test["verdict"] or "none", []).append(test["number"])
    assert found == expected_of(track), seen["why"]


@pytest.mark.parametrize("manner", ["bare", "careful"])
def test_a_verifier_by_others_is_said_to_do_what_it_does(manner: str) -> None:
    key = ec.derive_private_key(7_100_001, ec.SECP256R1())
    public = to_jwk(key.public_key())
    number = to_base64url(key.private_numbers().private_value.to_bytes(32))
    kid = f"did:jwk:{to_base64url(write_compact(public))}#0"
    command = ["node", str(HERE / "verifier.mjs"), str(MODULES), json.dumps(public), manner]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, str(LINES)], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        links = json.loads(process.stdout.readline())
        given = {
            "run": "tried",
            "now": fhir_instant(datetime.now(UTC)),
            "vp_requests": "\n".join(links),
            "vp_issuer": json.dumps({**public, "d": number, "kid": kid}),
        }

        async def play() -> Any:
            transport = httpx.AsyncHTTPTransport()
            async with Sender("http://127.0.0.1/fhir", transport=transport) as send:
                return await play_track(TRACKS["vp.verifier"], given, send)

        results = asyncio.run(play())
        process.kill()
    told = [(each.test.number, each.findings) for each in results if each.verdict != "pass"]
    assert verdicts(results) == expected_of(f"vp.verifier.{manner}"), told
