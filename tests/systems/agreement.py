"""`make systems`: how far the verdicts on servers by others agree with what was argued before.

Each server is played with all tracks that its table names, by the command line, as a team would.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import HAPI_JPA, SYSTEMS

HERE = Path(__file__).parent
INPUTS: Mapping[str, tuple[str, ...]] = {
    "mhd.recipient": ("comprehensive=yes", "uncontained=yes", "simplified=yes"),
    "pdqm.supplier": ("match=yes",),
    "svcm.repository": ("translate=yes", "ips=yes"),
}
WORDS = {"warning": "warn", "skipped": "skip", "our error": "error"}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A test whose verdict is not the one that was argued."""

    number: str
    argued: str
    found: str
    why: str


def argued() -> dict[str, dict[str, tuple[str, str]]]:
    """Returns the table: verdict and argument of each test, by track and number."""
    table = tomllib.loads((HERE / "hapi-jpa" / "expected.toml").read_text(encoding="utf-8"))
    tracks: dict[str, dict[str, tuple[str, str]]] = {}
    for row in table["row"]:
        for number in row["tests"]:
            tracks.setdefault(row["track"], {})[number] = (row["verdict"], row["why"])
    return tracks


@contextmanager
def hapi_jpa(version: str) -> Iterator[str]:
    """Runs HAPI's JPA server of a version, and gives its base; it takes a minute to start."""
    folder = SYSTEMS / f"hapi-jpa-{version}"
    command = ["java", "-Xmx2g", "-cp", f"{folder}/hapi-jpa-1.jar:{folder}/lib/*", "Main"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.strip().replace("localhost", "127.0.0.1")
        finally:
            process.terminate()
            process.communicate(timeout=60)


def verdicts(track: str, address: str, folder: Path) -> dict[str, str]:
    """Returns the verdict of each test of a track by its number, as the command line tells it."""
    inputs = [word for pair in INPUTS.get(track, ()) for word in ("--input", pair)]
    command = [sys.executable, "-m", "sandbox.cli", "run", track, "--system", address]
    said = subprocess.run(
        [*command, "--lang", "en", "--data", str(folder), *inputs],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ,
    )
    found = re.findall(
        r"^([A-Z]{3}-\w+) .*: (pass|warning|fail|skipped|inconclusive|our error)$",
        said.stdout,
        re.MULTILINE,
    )
    return {number: WORDS.get(verdict, verdict) for number, verdict in found}


def disagreements(track: str, address: str, folder: Path) -> list[Disagreement]:
    """Returns where the verdicts of a track on a server are not those that were argued."""
    found = verdicts(track, address, folder)
    rows = argued()[track]
    missed = []
    for number in sorted(found.keys() | rows.keys()):
        verdict, why = rows.get(number, ("–", "no row"))
        if found.get(number) != verdict:
            missed.append(Disagreement(number, verdict, found.get(number, "–"), why))
    return missed


def main() -> int:
    """Returns 1 when a verdict is not the one that was argued, or a server is not there."""
    wrong = 0
    for version in HAPI_JPA:
        if not (SYSTEMS / f"hapi-jpa-{version}" / "lib").is_dir():
            print(f"hapi-jpa {version}: not there")
            wrong += 1
            continue
        with hapi_jpa(version) as address, tempfile.TemporaryDirectory() as folder:
            for track, rows in argued().items():
                missed = disagreements(track, address, Path(folder))
                wrong += len(missed)
                agreed = len(rows) - len(missed)
                print(f"hapi-jpa {version}  {track:<16} {agreed} of {len(rows)} as argued")
                for each in missed:
                    print(f"    {each.number}: {each.found}, argued {each.argued}: {each.why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
