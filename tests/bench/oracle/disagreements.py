"""The written lines about disagreements (`tests/oracle/disagreements.toml`): who is wrong, by which clause, and why.

A line matches by set, by the whole kind (a regular expression), by the side that alone finds an error, and where
`said` is given by what that side says.  Nothing else excuses a disagreement.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bench.oracle.case import Outcome
from tests.places import PROJECT

FILE = PROJECT / "tests" / "oracle" / "disagreements.toml"
SIDES = ("theirs", "ours")
VERDICTS = ("theirs", "policy", "ours")


@dataclass(frozen=True, slots=True)
class Line:
    """`verdict` says who is wrong: their engine, ours, or nobody, since it is our policy; `instance` is minimal."""

    set: str
    kind: str
    side: str
    verdict: Literal["theirs", "policy", "ours"]
    clause: str
    why: str
    instance: str
    said: str = ""

    def matches(self, outcome: Outcome) -> bool:
        """Tells whether the line explains a disagreement."""
        return (
            outcome.side == self.side
            and re.fullmatch(self.set, outcome.case.set) is not None
            and re.fullmatch(self.kind, outcome.case.kind) is not None
            and (not self.said or any(re.search(self.said, said) for said in outcome.told))
        )


def read_lines(file: Path = FILE) -> list[Line]:
    """Returns the lines.

    Raises:
        ValueError: a line names no known side or verdict, or lacks clause, reason or instance.
    """
    rows = tomllib.loads(file.read_text(encoding="utf-8")).get("line", [])
    lines = [Line(**row) for row in rows]
    for line in lines:
        is_known = line.side in SIDES and line.verdict in VERDICTS
        if not is_known or not (line.clause and line.why and line.instance):
            raise ValueError(f"a line without side, verdict, clause, why or instance: {line}")
    return lines


def open_in_sample(file: Path = FILE) -> int:
    """Returns how many disagreements of the seeded sample have no line yet; the number may only go down."""
    return int(tomllib.loads(file.read_text(encoding="utf-8")).get("open_in_sample", 0))


def line_of(outcome: Outcome, lines: Iterable[Line]) -> Line | None:
    """Returns the first line that explains a disagreement."""
    return next((line for line in lines if line.matches(outcome)), None)
