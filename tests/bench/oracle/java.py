"""HL7's Java engine, through HAPI's validation modules and offline: one process for each group of definitions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
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


def ask(cases: list[Case], group: str, folder: Path) -> list[Answer]:
    """Returns the engine's answer to each case of a group, in order.

    Args:
        folder: where definitions are written; a package stands there once for all groups.
    """
    definitions = [str(place) for place in write_folders(group, folder / "definitions")]
    command = ["java", *MEMORY, "-cp", "target/classes:target/lib/*", "Oracle", *definitions]
    asked, complaints = folder / f"asked of {group}", folder / f"complaints of {group}"
    asked.write_text("".join(f"{case.file}\t{case.profile}\n" for case in cases), encoding="utf-8")
    answers: list[Answer] = []
    with (
        asked.open() as lines,
        complaints.open("w") as errors,
        subprocess.Popen(
            command, cwd=HERE, stdin=lines, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as engine,
    ):
        assert engine.stdout is not None
        for line in engine.stdout:
            said = json.loads(line)
            if "ready" not in said:
                answers.append(_answer(said))
                if len(answers) % PROGRESS == 0:
                    print(
                        f"HL7's engine, {group}: {len(answers)} of {len(cases)}",
                        file=sys.stderr,
                        flush=True,
                    )
    if engine.returncode or len(answers) != len(cases):
        complained = complaints.read_text(encoding="utf-8")[-2000:]
        raise RuntimeError(f"the engine stopped after {len(answers)} of {len(cases)}: {complained}")
    return answers


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(said.get("messages", []), said.get("ms", 0.0), said.get("crash", ""))
