"""Servers that no one here wrote, as systems under test: a sensible verdict, and a report to act on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems import starting

pytestmark = [pytest.mark.slow]


@pytest.fixture
def fhirsnake() -> Iterator[str]:
    with starting.fhirsnake() as address:
        yield address


@pytest.fixture
def hapi() -> Iterator[str]:
    with starting.java("hapi", "hapi-1.jar") as address:
        yield address


def judged(folder: Path, track: str, address: str, *words: str) -> tuple[int, dict[str, str], str]:
    """Returns exit code, the verdict of each test by its number, and all that was said."""
    command = [
        sys.executable,
        "-m",
        "sandbox.cli",
        "run",
        track,
        "--system",
        address,
        "--lang",
        "en",
        *words,
    ]
    said = subprocess.run(
        [*command, "--data", str(folder / "runs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert said.stderr == ""
    found = re.findall(r"^([A-Z]{3}-\w+) .*: (\w+)$", said.stdout, re.MULTILINE)
    return said.returncode, dict(found), said.stdout


@pytest.mark.needs("systems")
def test_fhirsnake_is_told_what_a_fhir_server_owes_its_clients(
    tmp_path: Path, fhirsnake: str
) -> None:
    code, verdicts, said = judged(tmp_path, "fhir.basics", fhirsnake)

    assert code == 1
    assert {number for number, verdict in verdicts.items() if verdict == "fail"} == {
        "BAS-01", "BAS-02", "BAS-03", "BAS-04", "BAS-07",
    }  # fmt: skip
    assert (
        verdicts["BAS-05"] == verdicts["BAS-06"] == "warning"
    )  # refuses rightly, without an OperationOutcome
    assert (
        "The patient was created, but the answer is 200, Location: – instead of 201 + Location."
        in said
    )
    assert "Asked for application/fhir+xml, it answers with application/json." in said
    assert "→ Answer a create with 201" in said


@pytest.mark.needs("hapi")
def test_hapi_passes_what_it_does_and_is_told_what_it_does_not(tmp_path: Path, hapi: str) -> None:
    code, verdicts, said = judged(tmp_path, "fhir.basics", hapi)

    assert code == 1
    assert {number for number, verdict in verdicts.items() if verdict != "pass"} == {
        "BAS-03",
        "BAS-07",
    }
    assert (
        "The search finds 1 patients, and 0 should be found." in said
    )  # its providers take no identifier
    assert "An update that names an old version is answered with 200." in said


@pytest.mark.needs("hapi")
def test_a_server_without_transactions_passes_no_test_of_what_a_recipient_refuses(
    tmp_path: Path, hapi: str
) -> None:
    """It refuses all submissions, so it has refused none for the right reason."""
    code, verdicts, said = judged(tmp_path, "mhd.recipient", hapi, "--input", "comprehensive=yes")

    assert code == 1
    assert "pass" not in verdicts.values()
    assert (verdicts["RCP-01"], verdicts["RCP-28"]) == ("fail", "warning")
    assert verdicts["RCP-13"] == verdicts["RCP-19a"] == "skipped"
    assert "HAPI-0287" in said  # its own words stand in the report
