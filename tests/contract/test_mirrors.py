"""Which test answers for a module: a file of its name, or a line of tests/mirrors.toml."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath

import pytest

from tests.places import PROJECT

LONG = 60  # lines; what is shorter is read with what uses it
ANSWERED = tomllib.loads((PROJECT / "tests" / "mirrors.toml").read_text(encoding="utf-8"))[
    "answered"
]
MODULES = [
    file.relative_to(PROJECT).as_posix()
    for room in ("sandbox", "bot")
    for file in sorted((PROJECT / room).rglob("*.py"))
    if file.name != "__init__.py" and len(file.read_text(encoding="utf-8").splitlines()) > LONG
]


def has_own_test(module: str) -> bool:
    path = PurePosixPath(module)
    return (PROJECT / "tests" / path.parent / f"test_{path.name}").is_file()


def fits(module: str, pattern: str) -> bool:
    """Tells whether a pattern names a module: `*` stands for a name within its folder."""
    path = PurePosixPath(module)
    return path.parent == PurePosixPath(pattern).parent and path.match(PurePosixPath(pattern).name)


WITHOUT = [module for module in MODULES if not has_own_test(module)]


@pytest.mark.parametrize("module", WITHOUT)
def test_a_module_without_test_of_its_name_says_who_answers_for_it(module: str) -> None:
    assert any(fits(module, pattern) for line in ANSWERED for pattern in line["modules"])


@pytest.mark.parametrize("line", ANSWERED, ids=lambda line: line["modules"][0])
def test_each_line_names_tests_that_exist_and_modules_that_need_it(
    line: dict[str, list[str]],
) -> None:
    assert all((PROJECT / test).is_file() for test in line["tests"])
    assert line["why"]
    idle = [
        pattern
        for pattern in line["modules"]
        if not any(fits(module, pattern) for module in WITHOUT)
    ]
    assert not idle
