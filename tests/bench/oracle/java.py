"""HL7's Java engine, through HAPI's validation modules and offline: one process for each group of definitions."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.oracle.case import Case
from tests.bench.oracle.definitions import write_folders

HERE = Path(__file__).parent
PROGRAMS = ("mvn", "java")


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


def ask(cases: list[Case], group: str, folder: Path) -> list[Answer]:
    """Returns the engine's answer to each case of a group, in order.

    Args:
        folder: where definitions are written; a package stands there once for all groups.
    """
    definitions = [str(place) for place in write_folders(group, folder / "definitions")]
    command = ["java", "-Xss64m", "-Xmx4g", "-cp", "target/classes:target/lib/*", "Oracle", *definitions]
    asked = "".join(f"{case.file}\t{case.profile}\n" for case in cases)
    said = subprocess.run(command, cwd=HERE, input=asked, capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()[1:]
    if said.returncode or len(lines) != len(cases):
        raise RuntimeError(f"the engine stopped after {len(lines)} of {len(cases)}: {said.stderr[-2000:]}")
    return [_answer(json.loads(line)) for line in lines]


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(said.get("messages", []), said.get("ms", 0.0), said.get("crash", ""))
