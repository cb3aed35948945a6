"""What the laptop pays: start and memory of `connectathon serve` now, beside those of an earlier commit, in one run:
`python -m tests.bench.cost COMMIT`.

Both take turns, so that whatever else the machine does meets both; the least of several starts counts, in seconds of
the processor, which others do not lengthen by much. Memory is what each process has for itself (PSS), judges included,
and what the server holds with all that it shares (RSS). Seconds by the clock are told and not held against anything.
"""

from __future__ import annotations

import argparse
import compileall
import io
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import httpx

from tests.places import PROJECT

TURNS = 10
SETTLED = 3.0
"""Seconds behind the first answer, after which what is loaded beside it is there."""
MOST = 1.05


def sources(commit: str, folder: Path) -> Path:
    """Lays out the program of a commit."""
    words = ["git", "archive", commit, "sandbox", "bot", "datasets", "docs", "pyproject.toml"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    compileall.compile_dir(folder / "sandbox", quiet=2)
    return folder


FIGURES = (
    "seconds to the first answer",
    "of the processor until then",
    "of the processor, with judges",
    "MB of all (PSS)",
    "MB of the server (RSS)",
)


def once(program: Path) -> tuple[float, ...]:
    """Starts it on an empty folder; returns what FIGURES names."""
    with tempfile.TemporaryDirectory() as data:
        begin = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--data", data],
            cwd=program,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(program)},
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = "http://" + line.partition("http://")[2].split()[0].rstrip("/,;.")
            httpx.get(f"{address}/health", timeout=60, trust_env=False).raise_for_status()
            seconds = time.monotonic() - begin
            spent = _spent(process.pid)
            time.sleep(SETTLED)
            family = _family(process.pid)
            memory = sum(_memory(each, "Pss") for each in family)
            whole = sum(map(_spent, family))
            return seconds, spent, whole, memory, _memory(process.pid, "Rss")
        finally:
            process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, kind: str) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (kilobytes,) = re.findall(rf"^{kind}: +(\d+)", text, re.MULTILINE)
    return int(kilobytes) / 1024


def _family(pid: int) -> list[int]:
    # of every thread: a judge is started by one that waits for it
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    own = [child for task in tasks for child in task.read_text().split()]
    return [pid, *(each for child in own for each in _family(int(child)))]


def main() -> int:
    """Prints both; returns how many figures grew by more than one in twenty."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("commit")
    before = options.parse_args().commit
    with tempfile.TemporaryDirectory() as folder:
        compileall.compile_dir(PROJECT / "sandbox", quiet=2)
        programs = {before: sources(before, Path(folder)), "now": PROJECT}
        told: dict[str, list[tuple[float, ...]]] = {name: [] for name in programs}
        for _ in range(TURNS):
            for name, program in programs.items():
                told[name].append(once(program))
    grown = 0
    for index, what in enumerate(FIGURES):
        best = {name: min(turn[index] for turn in turns) for name, turns in told.items()}
        usual = {
            name: statistics.median(turn[index] for turn in turns) for name, turns in told.items()
        }
        ratio = best["now"] / best[before]
        grown += index > 0 and ratio > MOST
        print(
            f"{what:<30} {before} {best[before]:.2f} (median {usual[before]:.2f}),"
            f" now {best['now']:.2f} (median {usual['now']:.2f}): ×{ratio:.3f}"
        )
    return grown


if __name__ == "__main__":
    sys.exit(main())
