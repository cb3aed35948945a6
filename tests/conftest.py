"""What tests share: a sandbox in this process, and what a test may need of the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.course.grading.isolation import Isolation, best_isolation
from sandbox.settings import Settings, project_folder
from tests import corpora

VECTORS = project_folder().parent / "shared" / "vectors"
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "browser": (lambda: shutil.which("chromium") is not None, "no Chromium: apt install chromium"),
    "bubblewrap": (lambda: best_isolation() is Isolation.bubblewrap, "bubblewrap is absent or not allowed here"),
    "packages": (corpora.are_there, "no FHIR packages in out/packages: make packages"),
    "vectors": (VECTORS.is_dir, f"no public test vectors at {VECTORS}"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose need the machine lacks; CONNECTATHON_REQUIRE names the needs whose lack is a failure."""
    required = os.environ.get("CONNECTATHON_REQUIRE", "").split(",")
    for marker in item.iter_markers("needs"):
        is_there, reason = NEEDS[marker.args[0]]
        if not is_there():
            if marker.args[0] in required:
                pytest.fail(f"required here: {reason}")
            pytest.skip(reason)


class TickingClock:
    """A clock that moves one second at each look, so that versions differ and tests repeat."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 27, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps every test away from the user's data, servers and language."""
    for name in ("CONNECTATHON_LANG", "SANDBOX_URL", "CONNECTATHON_TEAM", "CONNECTATHON_GRADING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))


def a_sandbox(folder: Path, *, seed: str = "none", max_body_bytes: int = 16 * 1024 * 1024) -> TestClient:
    """Returns a client of a fresh sandbox without sockets."""
    settings = Settings(folder / "sandbox", seed=seed, id_seed="test", max_body_bytes=max_body_bytes)
    return TestClient(create_app(settings, clock=TickingClock()), base_url="http://sandbox.test")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox without data."""
    with a_sandbox(tmp_path) as client:
        yield client


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox with the training seed."""
    with a_sandbox(tmp_path, seed="training") as client:
        yield client
