"""IPF's client as Source and Consumer of our server, and before the inboxes, against what was argued of it."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.testbench.submissions import PATIENTS
from tests.conftest import SYSTEMS
from tests.sandbox.event.closed_systems import serving

pytestmark = [
    pytest.mark.daily("systems", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("ipf"),
]
ROWS = tomllib.loads((Path(__file__).parent / "ipf" / "client.toml").read_text(encoding="utf-8"))[
    "row"
]
NUMBER = "ipf-1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("bench")
    app = create_app(Settings(folder, seed="none", graders=0))
    with (
        serving(app) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def published(bench: httpx.Client) -> tuple[list[str], list[str]]:
    """What IPF was answered when it submitted to our server, and what it found there: before any
    other test has it submit again.
    """
    base = f"{bench.base_url}/fhir"
    return ipf("publish", base), ipf("find", base)


def ipf(does: str, base: str) -> list[str]:
    folder = SYSTEMS / "ipf"
    command = ["java", "-cp", f"{folder}/ipf-1.jar:{folder}/lib/*", "Client"]
    said = subprocess.run(
        [*command, does, base, PATIENTS, NUMBER],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.split("\n")[:-1]


def test_ipf_publishes_to_our_server_finds_and_retrieves(
    published: tuple[list[str], list[str]],
) -> None:
    answered, seen = published
    assert answered == ["201 Created"] * 4
    assert seen == ["1", "1", "200"]  # lists, documents, and how the one was retrieved


@pytest.mark.parametrize("does", sorted({row["does"] for row in ROWS}))
@pytest.mark.usefixtures("published")
def test_the_inbox_says_of_ipf_what_was_argued(does: str, bench: httpx.Client) -> None:
    rows = [row for row in ROWS if row["does"] == does]
    (track,) = {row["track"] for row in rows}
    run = bench.post("/api/runs", json={"track": track, "system": "sandbox"}).json()
    answered = ipf(does, f"{str(bench.base_url).rstrip('/')}{run['inbox']}")
    assert (answered == ["400"]) == (does == "forget")  # nothing of what is wrong is stored
    tests = bench.get(f"/api/runs/{run['id']}").json()["tests"]
    told = {test["number"]: test["verdict"] or "none" for test in tests}
    assert told == {number: row["verdict"] for row in rows for number in row["tests"]}
