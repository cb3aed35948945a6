"""The constraints and obligations that the tables of coverage say were counted, counted again in the guides' packages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests import corpora
from tests.conftest import VECTORS
from tests.coverage.constraints import constraints, obligations
from tests.coverage.tables import Guide, guides

GUIDES = {guide.name: guide for guide in guides()}


def mhd() -> Iterator[dict[str, Any]]:
    for file in (VECTORS / "mhd-4.2.3" / "conformance").glob("StructureDefinition-*.json"):
        yield json.loads(file.read_text(encoding="utf-8"))


def ips() -> Iterator[dict[str, Any]]:
    for name, content in corpora.members(corpora.IPS):
        if name.startswith("StructureDefinition-"):
            yield json.loads(content)


def counts_of(guide: Guide) -> dict[str, int]:
    return {id: count for profiles in guide.profiles for id, count in profiles.counts.items()}


@pytest.mark.parametrize(
    ("name", "package"),
    [
        pytest.param("MHD", mhd, marks=pytest.mark.needs("vectors")),
        pytest.param("IPS", ips, marks=pytest.mark.needs("packages")),
    ],
)
def test_the_package_has_the_profiles_and_constraints_that_the_table_counts(
    name: str, package: Any
) -> None:
    profiles = [structure for structure in package() if structure["kind"] != "logical"]
    counted = {each["id"]: constraints(each["differential"]["element"]) for each in profiles}
    assert counted == counts_of(GUIDES[name])


@pytest.mark.needs("packages")
def test_the_package_has_the_obligations_that_the_table_counts() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for structure in ips():
        counted += obligations(structure["differential"].get("element", ()))
    owed = {pair: count for pair, count in counted.items() if pair[1].startswith("SHALL")}
    assert owed == {(row.who, row.id): row.says for row in GUIDES["IPS"].obligations}
