"""Every test of the server that takes `empty` or `trained` runs over both stores.

Tests that only ask share one sandbox of their module, `shared_empty` or `shared_trained`: to start
one and to plant its seed takes ten times as long as a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests import postgres
from tests.conftest import a_sandbox

# what is particular to PostgreSQL is held in tests/sandbox/store every day
ON_POSTGRES = [pytest.mark.needs("postgres"), pytest.mark.daily("postgres", share=0.25)]
STORES = ["sqlite", pytest.param("postgres", marks=ON_POSTGRES)]


@pytest.fixture(params=STORES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; empty for SQLite in the test's folder."""
    return str(request.getfixturevalue("postgres_emptied")) if request.param == "postgres" else ""


@pytest.fixture
def empty(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    """A sandbox without data."""
    with a_sandbox(tmp_path, database_url=database_url) as client:
        yield client


@pytest.fixture
def trained(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    """A sandbox with the training seed."""
    with a_sandbox(tmp_path, database_url=database_url, seed="training") as client:
        yield client


@pytest.fixture(scope="module", params=STORES)
def shared_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that the tests of a module share; empty for SQLite."""
    if request.param != "postgres":
        yield ""
        return
    with postgres.beside(request.getfixturevalue("_postgres_server")) as url:
        yield url


@pytest.fixture(scope="module")
def shared_empty(tmp_path_factory: pytest.TempPathFactory, shared_url: str) -> Iterator[TestClient]:
    """A sandbox without data, which a fixture of the module furnishes and its tests only read."""
    with a_sandbox(tmp_path_factory.mktemp("empty"), database_url=shared_url) as client:
        yield client


@pytest.fixture(scope="module")
def shared_trained(
    tmp_path_factory: pytest.TempPathFactory, shared_url: str
) -> Iterator[TestClient]:
    """A sandbox with the training seed, which the tests of the module only read."""
    folder = tmp_path_factory.mktemp("trained")
    with (
        a_sandbox(folder, database_url=shared_url, seed="training") as client,
        only_read(client),
    ):
        yield client


@contextmanager
def only_read(client: TestClient) -> Iterator[None]:
    """Holds that nothing is written: a test that did would change what the others find."""
    before = written(client)
    yield
    assert written(client) == before


def written(client: TestClient) -> int:
    """Returns how many versions there are of everything."""
    return int(client.get("/fhir/_history?_count=0").json()["total"])
