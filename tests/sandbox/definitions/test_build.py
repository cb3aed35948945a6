"""The committed core rebuilds to the same bytes from the packages that its recipe names."""

from pathlib import Path

import pytest

from sandbox.definitions import build, searching
from sandbox.definitions.store import CORE, CORE_PACKAGES
from tests import corpora


@pytest.mark.slow
@pytest.mark.needs("packages")
def test_the_core_rebuilds_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "CORE", tmp_path)
    monkeypatch.setattr(searching, "TARGET", tmp_path / "search_parameters.json")
    build.main(corpora.R4, corpora.IPS, corpora.THO)
    for package in CORE_PACKAGES:
        name = f"{package}.json.xz"
        assert (tmp_path / name).read_bytes() == (CORE / name).read_bytes(), package
    assert (tmp_path / "search_parameters.json").read_bytes() == (CORE.parent / "search_parameters.json").read_bytes()
