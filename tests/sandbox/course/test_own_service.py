"""A team's functions in one file: it runs without the sandbox, and the bench asks it from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.course import ____
from sandbox.course.bench import run_against
from sandbox.course.national_record import MARIA, write_records
from sandbox.course.own_service import OwnService, own_service, write_service
from sandbox.errors import BadRequest
from tests.sandbox.course.workshop import code_of, functions

FILE = "team_system.py"
NAMES = ("rows_of", "document_of", "publish", "find", "retrieve", "view")
GIVEN = {"patient": MARIA, "identifier": f"urn:oid:2.16.600|{MARIA}"}


def named(module: ModuleType) -> dict[str, object]:
    return {"rows_of": module.rows_of_csv, **{name: getattr(module, name) for name in NAMES[1:]}}


def started(folder: Path, *, solved: bool) -> OwnService:
    service = own_service(write_records(folder), named(functions(folder, solved=solved)))
    assert isinstance(service, OwnService)
    return service


def verdicts(service: OwnService) -> dict[str, str]:
    return run_against(service.base, "ips.server", given=GIVEN, language="es").verdicts


@pytest.fixture
def solved(tmp_path: Path) -> Iterator[OwnService]:
    service = started(tmp_path, solved=True)
    yield service
    service.stop()


def test_the_solved_service_passes_from_outside_and_prints_what_it_reads(
    solved: OwnService,
) -> None:
    # it takes no writes, so that the bench has no patient of its own there
    # nor does it show a record with which its summary could be compared
    skipped = ["IPS-05", "IPS-07", *(f"IPS-{number:02}" for number in range(8, 14))]
    others = {number: verdict for number, verdict in verdicts(solved).items() if verdict != "pass"}
    assert others == dict.fromkeys(skipped, "skip")


def test_a_service_of_empty_functions_passes_nothing(tmp_path: Path) -> None:
    service = started(tmp_path, solved=False)
    told = verdicts(service)
    service.stop()
    assert "fail" in told.values()
    assert "pass" not in told.values()


def test_the_file_holds_nothing_of_the_sandbox(tmp_path: Path) -> None:
    file = write_service(tmp_path, named(functions(tmp_path, solved=True)))
    assert imported(file.read_text(encoding="utf-8")).isdisjoint({"sandbox", "tests", "bot"})
    assert imported(code_of(solved=True)).isdisjoint({"sandbox", "tests", "bot"})
    # what a function uses comes along: other functions, constants, what is imported
    text = file.read_text(encoding="utf-8")
    assert all(
        word in text for word in ("SEXES = ", "def date_of", "import csv", "rows_of = rows_of_csv")
    )


def test_a_service_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("raise SystemExit('no record here')\n", encoding="utf-8")
    with pytest.raises(BadRequest) as caught:
        OwnService.started(tmp_path / FILE)
    assert "no record here" in str(caught.value.params["said"])


def test_a_blank_function_starts_nothing(tmp_path: Path) -> None:
    assert own_service(tmp_path, {"rows_of": ____}) is ____
    assert list(tmp_path.iterdir()) == []


def imported(code: str) -> set[str]:
    """The packages that a code imports."""
    nodes = list(ast.walk(ast.parse(code)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}
