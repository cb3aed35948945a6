"""The committed core rebuilds to the same bytes from the packages that its recipe names."""

import json
from pathlib import Path

import pytest

from sandbox.definitions import build, searching
from sandbox.definitions.comparing_releases import compare
from sandbox.definitions.releases import TABLE
from sandbox.definitions.store import CORE, CORE_PACKAGES
from tests import corpora
from tests.conftest import VECTORS


@pytest.mark.daily("long", share=0.25)
@pytest.mark.slow
@pytest.mark.needs("packages")
@pytest.mark.needs("vectors")
def test_the_core_rebuilds_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CORE", tmp_path)
    monkeypatch.setattr(searching, "TARGET", tmp_path / "search_parameters.json")
    build.main(
        corpora.R4, corpora.IPS, corpora.THO, VECTORS / "guides" / "hl7.fhir.uv.ips-1.1.0.tgz"
    )
    for package in CORE_PACKAGES:
        name = f"{package}.json.xz"
        assert (tmp_path / name).read_bytes() == (CORE / name).read_bytes(), package
    assert (tmp_path / "search_parameters.json").read_bytes() == (
        CORE.parent / "search_parameters.json"
    ).read_bytes()


@pytest.mark.slow
def test_the_table_of_other_releases_rebuilds_from_the_models_of_fhir_resources() -> None:
    assert json.loads(TABLE.read_text(encoding="utf-8")) == compare()
