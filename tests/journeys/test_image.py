"""The image of `deploy/` is built without a daemon, and what comes of it serves: `make image`, about four minutes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.bench.cluster import PATIENCE, until
from tests.journeys.test_deploy import DEPLOY, free_port
from tests.places import PROJECT

# not in memory, where folders of tests are: layers are copied, several gigabytes of them
FOLDER = PROJECT / "out" / "image"
NOBODYS = "10400:10400"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs("image"),
    pytest.mark.skipif(
        "CONNECTATHON_IMAGE" not in os.environ, reason="takes minutes: make image builds it"
    ),
]


@pytest.fixture(scope="module")
def archive() -> Path:
    subprocess.run([DEPLOY / "image.sh", FOLDER], check=True)
    return FOLDER / "connectathon.tar"


@contextmanager
def unpacked(archive: Path) -> Iterator[list[str]]:
    """Gives the words that run a command in a container of the image, as the image's own user."""
    store = FOLDER / "tried"
    buildah = ["buildah", "--storage-driver", "vfs", "--root", str(store)]
    buildah += ["--runroot", str(FOLDER / "tried-running")]
    policy = ["--signature-policy", str(FOLDER / "policy.json")]
    made = subprocess.run(
        [*buildah, "from", "--quiet", *policy, f"docker-archive:{archive}"],
        check=True,
        capture_output=True,
        text=True,
    )
    try:
        container = made.stdout.split()[-1]
        yield [*buildah, "run", "--isolation", "chroot", "--user", NOBODYS, container, "--"]
    finally:
        subprocess.run([*buildah, "rm", "--all"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(store)


def test_it_is_one_that_docker_and_podman_load(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        assert "manifest.json" in opened.getnames()
    assert archive.stat().st_size < 1 << 30


def test_what_was_built_serves_as_nobody_special(archive: Path) -> None:
    port = free_port()
    program = ["/opt/connectathon/bin/connectathon", "serve", "--port", str(port), "--seed", "none"]
    with unpacked(archive) as run:
        whose = subprocess.run([*run, "id", "-u"], check=True, capture_output=True, text=True)
        assert whose.stdout.strip() == NOBODYS.partition(":")[0]
        with subprocess.Popen([*run, *program], stdout=subprocess.PIPE, text=True) as process:
            try:
                address = f"http://127.0.0.1:{port}"
                until(lambda: is_there(address), seconds=PATIENCE)
                reply = httpx.get(f"{address}/fhir/metadata", trust_env=False, timeout=PATIENCE)
                assert reply.json()["resourceType"] == "CapabilityStatement"
            finally:
                process.terminate()


def is_there(address: str) -> bool:
    try:
        return httpx.get(f"{address}/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
