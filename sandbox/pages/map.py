"""The map of an event: its systems by its planned tests, a sign a cell, for a page that shows all
of them at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sandbox.event.event_state import EventState
from sandbox.event.instance import STATES
from sandbox.event.plan import PlannedTest, words_in
from sandbox.event.results import PLACES, RANK, TO_DO, Cell, Progress, progress_of, together
from sandbox.event.systems import System
from sandbox.i18n import Language, say
from sandbox.pages.home import render

OLDER = "older"
ROWS_KEPT = 512
"""Rows in memory, of all systems, languages and parts: something happens each second at an event,
and changes one of them.
"""


@dataclass(frozen=True, slots=True)
class MapCell:
    """What a system has reached in a planned test, over all its roles together; `label` says it in
    words, `count` how many instances there are.
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
    progress: Progress

    @property
    def planned(self) -> tuple[MapCell, ...]:
        """The cells in which there is something to do."""
        return tuple(cell for cell in self.cells if cell)

    @property
    def counted(self) -> Mapping[str, int]:
        """How many cells stand in which state, the best first."""
        counts = Counter(cell.state for cell in self.planned)
        return {state: counts[state] for state in (*RANK, TO_DO) if counts[state]}


@dataclass(frozen=True, slots=True)
class Map:
    """Columns and rows, and the states that stand in it with their words."""

    columns: tuple[PlannedTest, ...]
    rows: tuple[MapRow, ...]
    legend: Mapping[str, str]

    @property
    def has_counts(self) -> bool:
        """Whether a cell has more than one instance, and says how many."""
        return any(cell.count > 1 for row in self.rows for cell in row.planned)


def map_of(current: EventState, language: Language, *, track: str = "") -> Map:
    """Returns the map of an event.

    Args:
        current: The event as it stands.
        language: Of its words.
        track: Of which track; empty for all.
    """
    words = _words(language)
    reached: dict[str, list[Cell]] = {}
    for cell in current.achieved.cells:
        reached.setdefault(cell.system, []).append(cell)
    roles = {
        system.name: [test.id for test, _ in current.plan.to_do(system.actors) if not test.waits]
        for system in current.systems
    }
    places = {test for tests in roles.values() for test in tests}
    places |= {cell.test for cell in current.achieved.cells}
    columns = tuple(
        test for test in current.plan.tests if test.id in places and track in ("", test.track)
    )
    titles = tuple((test.id, words_in(test.title, language)) for test in columns)
    rows = []
    for system in sorted(current.systems, key=lambda system: _counted(system.name)):
        begun = tuple(reached.get(system.name, ()))
        cells = _row(begun, tuple(roles[system.name]), titles, language)
        if any(cells):
            progress = progress_of(current.plan, system, begun, track=track)
            rows.append(MapRow(system, cells, progress))
    every = [cell for row in rows for cell in row.planned]
    seen = {cell.state for cell in every} | {OLDER for cell in every if cell.is_older}
    return Map(columns, tuple(rows), {state: words[state] for state in words if state in seen})


def _counted(name: str) -> list[tuple[str, int]]:
    """Returns what sorts names as people count: `nodo-2` before `nodo-10`."""
    parts = re.findall(r"(\D*)(\d*)", name)
    return [(word, int(number or 0)) for word, number in parts]


@lru_cache(maxsize=ROWS_KEPT)
def _row(
    begun: tuple[Cell, ...],
    planned: tuple[str, ...],
    titles: tuple[tuple[str, str], ...],
    language: Language,
) -> tuple[MapCell | None, ...]:
    """Returns the cells of one system.

    Args:
        begun: What its instances came to.
        planned: The tests that it has to do, as often as it has a role in them.
        titles: The columns: test, and title of it.
        language: Of the words.
    """
    of_test: dict[str, list[Cell]] = {}
    for cell in begun:
        of_test.setdefault(cell.test, []).append(cell)
    words = _words(language)
    return tuple(
        _cell(of_test.get(test, []), planned.count(test), words, (test, title))
        for test, title in titles
    )


@lru_cache
def _words(language: Language) -> Mapping[str, str]:
    """Returns what stands in cells in words."""
    words: dict[str, str] = {state: say(f"instances.state.{state}", language) for state in STATES}
    words[TO_DO] = say("pages.matrix.to_do", language)
    words[OLDER] = say("instances.results.is_older", language)
    return words


def row_html(row: MapRow, root: str, event: str, part: str, language: Language) -> str:
    """Returns a row as it stands on a page.

    Args:
        row: The system with its cells.
        root: How links of the page begin.
        event: The id of the event.
        part: The track of which the map is; empty for all.
        language: Of the page.
    """
    system = row.system
    return _row_html(system.name, system.team, row.cells, (root, event, part), language)


@lru_cache(maxsize=ROWS_KEPT)
def _row_html(
    system: str,
    team: str,
    cells: tuple[MapCell | None, ...],
    place: tuple[str, str, str],
    language: Language,
) -> str:
    root, event, part = place
    values = {"root": root, "event": event, "part": part}
    return render("map_row.html", language, system=system, team=team, cells=cells, **values)


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
        together(states),
        f"{label} · {words[OLDER]}" if is_older else label,
        sum(cell.count for cell in begun),
        tuple(sorted({peer for cell in begun for peer in cell.peers})),
        is_older,
    )
