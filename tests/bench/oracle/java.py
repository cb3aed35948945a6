"""HL7's Java engine, through HAPI's validation modules and offline: one process for each group of definitions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.oracle.case import Case
from tests.bench.oracle.definitions import write_folders

HERE = Path(__file__).parent
PROGRAMS = ("mvn", "java")
# Room for the definitions and a collector that keeps to one core's worth of work, which suits the engine best here.
MEMORY = ("-Xss64m", "-Xms2g", "-Xmx4g", "-XX:+UseParallelGC")
PROGRESS = 200  # cases between two lines about it


class NoEngine(Exception):
    """A program that the engine needs is absent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said of one document: its messages, or why it failed, and the time that it took in ms."""

    messages: list[dict[str, Any]]
    milliseconds: float
    crash: str


def build() -> None:
    """Compiles the engine's wrapper; Maven fetches what it needs by name.

    Raises:
        NoEngine: Java or Maven is absent.
    """
    for program in PROGRAMS:
        if shutil.which(program) is None:
            raise NoEngine(f"{program} is absent: apt install openjdk-17-jdk-headless maven")
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=HERE, check=True)


@contextmanager
def engine(group: str, folder: Path) -> Iterator[Callable[[Case], Answer]]:
    """Starts the engine with the definitions of a group.

    Args:
        folder: Where definitions are written; a package stands there once for all groups.

    Yields:
        What judges one case, and waits for its answer.

    Raises:
        RuntimeError: The engine has stopped, with the end of what it complained of.
    """
    definitions = [str(place) for place in write_folders(group, folder / "definitions")]
    command = ["java", *MEMORY, "-cp", "target/classes:target/lib/*", "Oracle", *definitions]
    complaints = folder / f"complaints of {group}"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        complaints.open("w") as errors,
        subprocess.Popen(command, cwd=HERE, **pipes, stderr=errors, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def ask_one(case: Case) -> Answer:
            asked.write(f"{case.file}\t{case.profile}\n")
            asked.flush()
            line = answers.readline()
            if not line:
                complained = complaints.read_text(encoding="utf-8")[-2000:]
                raise RuntimeError(f"the engine stopped at {case.file}: {complained}")
            return _answer(json.loads(line))

        answers.readline()  # "ready"
        yield ask_one
        asked.close()  # which ends it


def ask(cases: list[Case], group: str, folder: Path) -> list[Answer]:
    """Returns the engine's answer to each case of a group, in order.

    Args:
        folder: As `engine` takes it.
    """
    answers: list[Answer] = []
    with engine(group, folder) as ask_one:
        for case in cases:
            answers.append(ask_one(case))
            if len(answers) % PROGRESS == 0:
                progress = f"{len(answers)} of {len(cases)}"
                print(f"HL7's engine, {group}: {progress}", file=sys.stderr, flush=True)
    return answers


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(said.get("messages", []), said.get("ms", 0.0), said.get("crash", ""))
