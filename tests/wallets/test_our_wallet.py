"""The wallet of this project with an issuer and a verifier by others: what they send is received, what they ask for is shown, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sandbox.cli.verbs import app
from sandbox.errors import SandboxError
from tests.conftest import WALLETS

pytestmark = [
    pytest.mark.daily("wallets", share=0.25),
    pytest.mark.needs("wallets"),
    pytest.mark.slow,
]
SCRIPT = Path(__file__).parent / "others.mjs"


class Others:
    """The running issuer and verifier."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.links = self.heard()

    def heard(self) -> dict[str, Any]:
        """Returns the next thing that they say."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.stderr and self._process.stderr.read()[-3000:]
        return dict(json.loads(line))


@pytest.fixture(params=["direct_post", "direct_post.jwt"])
def others(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Others]:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    command = ["node", str(SCRIPT), str(WALLETS / "node_modules"), request.param]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        yield Others(process)
        process.kill()


def said(*words: str) -> Result:
    result = CliRunner().invoke(app, ["wallet", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_issuer_and_verifier_by_others_are_served(
    others: Others, request: pytest.FixtureRequest
) -> None:
    links = others.links
    with pytest.raises(SandboxError, match="wrong_pin"):
        said("receive", links["offer"], "--pin", "0000")
    assert "failed" in others.heard()
    received = said("receive", links["offer"], "--pin", links["pin"])
    assert received.exit_code == 0, received.output
    expected = {"event": "credential_accepted", "notification_id": "n1"}
    assert others.heard() == {"notified": expected}
    with pytest.raises(SandboxError, match="more_than_allowed"):
        said("present", links["request"], "--allow", "name")
    sent = said("present", links["request"], "--allow", "blood")
    assert sent.exit_code == 0, sent.output
    seen = others.heard()
    assert seen["shown"]["blood"] == "0+"
    assert "name" not in seen["shown"]
    assert seen["aud"].startswith("redirect_uri:http://127.0.0.1:")
    assert seen["sealed"] == (request.node.callspec.params["others"] == "direct_post.jwt")


def test_a_holder_agrees_on_the_page_of_an_issuer_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path))
    script = ["node", str(SCRIPT.with_name("issuer.mjs")), str(WALLETS / "node_modules")]
    pipe = subprocess.PIPE
    with subprocess.Popen(script, stdin=pipe, stdout=pipe, text=True) as issuer:
        assert issuer.stdout is not None
        offer = json.loads(issuer.stdout.readline())["browser"]
        command = [sys.executable, "-m", "sandbox.cli", "wallet", "receive", offer]
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as wallet:
            assert wallet.stdout is not None
            line = wallet.stdout.readline()
            link = line.rpartition(" ")[2].strip()
            # the request was pushed, so that the page of the issuer knows it by its name alone
            assert "request_uri=urn" in link, line or (wallet.stderr and wallet.stderr.read())
            assert httpx.get(link, follow_redirects=True).status_code == 200
            told = wallet.communicate()
        issuer.kill()
    assert wallet.returncode == 0, told
    assert "Kept as" in told[0]
