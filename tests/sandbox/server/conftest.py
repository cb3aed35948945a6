"""Every test of the server that takes `empty` or `trained` runs over both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import a_sandbox

STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]


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
