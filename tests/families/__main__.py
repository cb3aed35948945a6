"""`python -m tests.families NAME`: plays all tests of a family; where a committed table tells of it, writes that."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from xml.etree import ElementTree

from tests.again import GROUP
from tests.places import PROJECT
from tests.tables import FAMILIES

HEAD = """`make test` plays a part of these every day, and `make whole` all. Every test passed.

| tests of | which | number |
|---|---|---:|
"""


def main(name: str, workers: str) -> int:
    """Returns what pytest returns; a table is written where all passed and none was skipped."""
    report = PROJECT / "out" / "families" / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "loadgroup"]
    command += [f"--family={name}", f"--junitxml={report}", *files_of(name)]
    code = subprocess.run(command, cwd=PROJECT, check=False).returncode
    table = next((table for table in FAMILIES if table.target == name), None)
    if code or table is None:
        return code
    cases = list(ElementTree.parse(report).iter("testcase"))
    if any(case.find("skipped") is not None for case in cases):
        print("A test was skipped: no table is written of a part.")
        return 1
    table.write(f"The family of {name}, whole", HEAD + _rows(cases))
    return 0


def files_of(name: str) -> list[str]:
    """Returns the files that name a family, so that no others are read."""
    files = sorted((PROJECT / "tests").rglob("test_*.py"))
    return [str(file) for file in files if f'daily("{name}"' in file.read_text(encoding="utf-8")]


def _rows(cases: list[ElementTree.Element]) -> str:
    numbers = Counter(
        (case.get("classname", "").rpartition(".")[2], _function(case.get("name", "")))
        for case in cases
    )
    rows = [
        f"| {module} | {test} | {number} |" for (module, test), number in sorted(numbers.items())
    ]
    return "\n".join([*rows, f"| **all** | | {len(cases)} |"])


def _function(name: str) -> str:
    return GROUP.sub("", name).partition("[")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], (sys.argv[2:] or ["2"])[0]))
