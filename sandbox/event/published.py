"""Results of an event as a facilitator confirms them, what has changed since, and what of them
everybody may read.  Pure.

Published is what was achieved and with whom; who did not pass is told so and nobody else, as at
other connectathons.  No names of people stand in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.event.matrix import harmless
from sandbox.event.results import Cell, Result, RoleResult

ACHIEVED: tuple[Result, ...] = ("passed", "partly")
REACHED = ("verified", "partially")


@dataclass(frozen=True, slots=True)
class Published:
    """Results at one moment: what each system has achieved in each role, and its planned tests."""

    results: tuple[RoleResult, ...]
    cells: tuple[Cell, ...]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Published:
        """Returns results as they were kept as JSON."""
        cells = [Cell(**{**cell, "peers": tuple(cell["peers"])}) for cell in body["cells"]]
        return cls(tuple(RoleResult(**row) for row in body["results"]), tuple(cells))

    @property
    def for_everybody(self) -> Published:
        """What of it everybody may read."""
        return Published(
            tuple(row for row in self.results if row.result in ACHIEVED),
            # how often something was tried before is nobody else's business
            tuple(
                replace(cell, count=cell.verified, accompanied=0)
                for cell in self.cells
                if cell.state in REACHED
            ),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A role whose result is another than the confirmed one; empty where there was or is none."""

    system: str
    track: str
    actor: str
    was: str
    now: str


def differences(confirmed: Published, now: Published) -> Iterator[Difference]:
    """Yields the roles whose result has changed since it was confirmed."""
    before = _by_role(confirmed.results)
    after = _by_role(now.results)
    for role in sorted(before.keys() | after.keys()):
        if before.get(role) != after.get(role):
            yield Difference(*role, before.get(role, ""), after.get(role, ""))


def _by_role(results: Sequence[RoleResult]) -> dict[tuple[str, str, str], str]:
    return {(row.system, row.track, row.actor): row.result for row in results}


def published_csv(published: Published) -> str:
    """Returns published results as CSV: a line for each system and planned test that it passed."""
    teams = {row.system: row for row in published.results}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["system", "team", "country", "test", "role", "state", "peers"])
    for cell in published.cells:
        row = teams.get(cell.system)
        words = [cell.system, row.team if row else "", row.country if row else ""]
        words += [cell.test, cell.role, cell.state, " ".join(cell.peers)]
        writer.writerow([harmless(word) for word in words])
    return text.getvalue()
