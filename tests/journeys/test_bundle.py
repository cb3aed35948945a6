"""What `make bundle` makes installs on a machine that reaches no registry, and serves."""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import httpx
import pytest

from tests import bundle

pytestmark = pytest.mark.daily("long journeys", share=1 / 6, each="module")

APART = {"jupyterlab", "jupyter-server-proxy", "papermill", "ipywidgets", "slack-bolt"}
"""What a server does without, and what takes longest to install."""
NAME = re.compile(r"[A-Za-z0-9._-]+")


def needed() -> set[str]:
    """Returns the names of what a server needs, as what is installed here says."""
    names: set[str] = set()
    waiting = deque(["connectathon-sandbox"])
    while waiting:
        name = waiting.popleft()
        try:
            asked = requires(name) or []
        except PackageNotFoundError:
            continue
        for line in asked:
            found = NAME.match(line)
            is_extra = "extra ==" in line and "binary" not in line
            if found and not is_extra and found[0] not in names | APART:
                names.add(found[0])
                waiting.append(found[0])
    return names


def with_nothing(**given: str) -> dict[str, str]:
    """Returns an environment in which no registry is reached, and nothing of ours is found."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    # a proxy that is not there, so that a try would fail at once
    return {
        **kept,
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        **given,
    }


@pytest.mark.slow
def test_the_bundle_installs_without_a_registry_and_serves(tmp_path: Path) -> None:
    made, blank = tmp_path / "bundle", tmp_path / "blank"
    (made / "wheels").mkdir(parents=True)
    bundle.packed_again(made / "wheels", sorted(needed()))
    bundle.own_wheel(made / "wheels")
    bundle.put_together(made)
    for package in made.glob("packages/*"):
        package.unlink()  # which other tests install
    sums = (made / "SHA256SUMS").read_text().splitlines(keepends=True)
    (made / "SHA256SUMS").write_text("".join(line for line in sums if "  packages/" not in line))
    environment = with_nothing(HOME=str(tmp_path), CONNECTATHON_DATA=str(tmp_path / "data"))
    subprocess.run(
        [str(made / "install.sh"), str(blank)], env=environment, check=True, cwd=tmp_path
    )
    command = [str(blank / "bin" / "connectathon"), "serve", "--port", "0", "--until-stdin-closes"]
    with subprocess.Popen(
        command,
        env=environment,
        cwd=tmp_path,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            address = "http://" + line.partition("http://")[2].split()[0].rstrip("/,;")
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                assert client.get("/ready").status_code == 200
                assert client.get("/fhir/Patient").json()["total"] > 10
                assert client.get("/").status_code == 200
        finally:
            server.kill()


@pytest.mark.slow
def test_a_bundle_that_was_altered_installs_nothing(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    bundle.packed_again(tmp_path / "wheels", ["polib"])
    bundle.put_together(tmp_path)
    (wheel,) = (tmp_path / "wheels").iterdir()
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    done = subprocess.run(
        [str(tmp_path / "install.sh"), str(tmp_path / "blank")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert wheel.name in done.stdout + done.stderr
    assert not (tmp_path / "blank").exists()
