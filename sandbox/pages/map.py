"""The map of an event: its systems by its planned tests, a sign a cell, for a page that shows all
of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.event.instance import STATES
from sandbox.event.plan import PlannedTest, words_in
from sandbox.event.results import PLACES, Cell
from sandbox.event.systems import System
from sandbox.event.telling import Told
from sandbox.i18n import Language, say

TO_DO = "to_do"
OLDER = "older"


@dataclass(frozen=True, slots=True)
class MapCell:
    """What a system has reached in a planned test: over all its roles the least, since the test is
    done when each of them is; `label` says it in words, `count` how many instances there are.
    """

    test: str
    title: str
    state: str
    label: str
    count: int
    peers: tuple[str, ...] = ()
    """With whom it was verified."""
    is_older: bool = False
    """Whether another version of the system reached it than is registered now."""


@dataclass(frozen=True, slots=True)
class MapRow:
    """A system, with a cell for each column; None where the plan has nothing for it to do."""

    system: System
    cells: tuple[MapCell | None, ...]

    @property
    def planned(self) -> tuple[MapCell, ...]:
        """The cells in which there is something to do."""
        return tuple(cell for cell in self.cells if cell)

    @property
    def verified(self) -> int:
        """How many of them are verified."""
        return sum(cell.state == "verified" for cell in self.planned)


@dataclass(frozen=True, slots=True)
class Map:
    """Columns and rows, and the states that stand in it with their words."""

    columns: tuple[PlannedTest, ...]
    rows: tuple[MapRow, ...]
    legend: Mapping[str, str]


def map_of(told: Told, language: Language, *, track: str = "") -> Map:
    """Returns the map of an event.

    Args:
        told: The event as it stands.
        language: Of its words.
        track: Of which track; empty for all.
    """
    words: dict[str, str] = {state: say(f"instances.state.{state}", language) for state in STATES}
    words[TO_DO] = say("pages.matrix.to_do", language)
    words[OLDER] = say("instances.results.is_older", language)
    reached: dict[tuple[str, str], list[Cell]] = {}
    for cell in told.achieved.cells:
        reached.setdefault((cell.system, cell.test), []).append(cell)
    roles = {
        system.name: [test.id for test, _ in told.plan.to_do(system.actors) if not test.waits]
        for system in told.systems
    }
    places = {test for tests in roles.values() for test in tests} | {test for _, test in reached}
    columns = tuple(
        test for test in told.plan.tests if test.id in places and track in ("", test.track)
    )
    titles = {test.id: words_in(test.title, language) for test in columns}
    rows = []
    for system in told.systems:
        cells = []
        for test in columns:
            begun = reached.get((system.name, test.id), [])
            # as often as it has a role
            planned = roles[system.name].count(test.id)
            cells.append(_cell(begun, planned, words, (test.id, titles[test.id])))
        if any(cells):
            rows.append(MapRow(system, tuple(cells)))
    every = [cell for row in rows for cell in row.planned]
    seen = {cell.state for cell in every} | {OLDER for cell in every if cell.is_older}
    return Map(columns, tuple(rows), {state: words[state] for state in words if state in seen})


def _cell(
    begun: Sequence[Cell], planned: int, words: Mapping[str, str], test: tuple[str, str]
) -> MapCell | None:
    if not begun and not planned:
        return None
    by_rank = sorted(begun, key=lambda cell: PLACES[cell.state])
    states: list[str] = [cell.state for cell in by_rank]
    if len(begun) < planned:
        states.append(TO_DO)
    label = ", ".join(dict.fromkeys(words[state] for state in reversed(states)))
    is_older = any(cell.is_older for cell in begun)
    return MapCell(
        *test,
        states[-1],
        f"{label} · {words[OLDER]}" if is_older else label,
        sum(cell.count for cell in begun),
        tuple(sorted({peer for cell in begun for peer in cell.peers})),
        is_older,
    )
