"""Every data file that the project ships has its line in docs/data-licences.md, and every line its file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from tests.places import PROJECT

PAGE = (PROJECT / "docs" / "data-licences.md").read_text(encoding="utf-8")
NOTICE = " ".join((PROJECT / "NOTICE").read_text(encoding="utf-8").split())
COLUMNS = 5  # file, origin, version, licence, what was taken
DATA = {".toml", ".json", ".xz", ".png", ".svg", ".jpg", ".csv", ".tsv", ".xsd", ".cddl", ".zip"}
NOT_SHIPPED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


def shipped_files() -> list[str]:
    """Returns all files of the guides and datasets, and the data files beside the code."""
    whole = ("sandbox/definitions/guides", "sandbox/definitions/core", "datasets", "docs/pictures")
    files = {file for folder in whole for file in (PROJECT / folder).rglob("*") if file.is_file()}
    files |= {file for file in (PROJECT / "sandbox").rglob("*") if file.suffix in DATA}
    return sorted(
        file.relative_to(PROJECT).as_posix() for file in files if not NOT_SHIPPED & set(file.parts)
    )


def rows_of(page: str) -> list[list[str]]:
    """Returns the cells of each line whose first one is a path."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| `")
    ]


def fits(file: str, pattern: str) -> bool:
    """Tells whether a line names a file: `*` stands for a name within its folder."""
    path = PurePosixPath(file)
    return len(path.parts) == len(PurePosixPath(pattern).parts) and path.match(pattern)


def without_line(files: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Returns the files that no line names."""
    known = list(patterns)
    return [file for file in files if not any(fits(file, pattern) for pattern in known)]


ROWS = rows_of(PAGE)
PATTERNS = [row[0].strip("`") for row in ROWS]
FILES = shipped_files()


def test_every_shipped_file_has_its_line() -> None:
    assert without_line(FILES, PATTERNS) == []


@pytest.mark.parametrize(
    "file",
    [
        "sandbox/definitions/guides/some.guide#1.0.0.toml",
        "datasets/terminology/some-system.json",
        "datasets/seeds/training/deeper/13.json",
        "datasets/some.csv",
    ],
)
def test_a_new_file_is_refused_until_it_has_a_line(file: str) -> None:
    assert without_line([*FILES, file], PATTERNS) == [file]
    assert without_line([*FILES, file], [*PATTERNS, file]) == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_line_has_a_file(pattern: str) -> None:
    assert list(PROJECT.glob(pattern))


def test_no_file_has_two_lines() -> None:
    counts = {file: sum(fits(file, pattern) for pattern in PATTERNS) for file in FILES}
    assert {file: count for file, count in counts.items() if count > 1} == {}


@pytest.mark.parametrize("row", ROWS, ids=PATTERNS)
def test_every_line_says_origin_version_licence_and_what_was_taken(row: list[str]) -> None:
    assert len(row) == COLUMNS
    assert all(row)


@pytest.mark.parametrize("row", ROWS, ids=PATTERNS)
def test_the_version_of_a_line_is_the_one_in_the_name_of_its_file(row: list[str]) -> None:
    named = re.search(r"#([\d.]+)\.(?:toml|json\.xz)", row[0])
    assert named is None or row[2] == named[1]


@pytest.mark.parametrize(
    "guide",
    sorted((PROJECT / "sandbox/definitions/guides").glob("*.toml")),
    ids=lambda file: file.name,
)
def test_the_version_of_a_guide_is_the_one_that_it_declares(guide: Path) -> None:
    declared = tomllib.loads(guide.read_text(encoding="utf-8"))["version"]
    relative = guide.relative_to(PROJECT).as_posix()
    assert [row[2] for row in ROWS if fits(relative, row[0].strip("`"))] == [declared]


@pytest.mark.parametrize(
    "file", sorted((PROJECT / "datasets/terminology").glob("*.json")), ids=lambda file: file.name
)
def test_the_notice_of_each_code_system_stands_in_notice(file: Path) -> None:
    system = json.loads(file.read_text(encoding="utf-8"))
    owners = re.findall(
        r"LOINC|SNOMED International|ICD-1[01]|CC BY-ND 3\.0 IGO|WHO Collaborating Centre",
        system.get("copyright", ""),
    )
    assert all(owner in NOTICE for owner in owners)
    assert owners or system["resourceType"] == "ConceptMap"
