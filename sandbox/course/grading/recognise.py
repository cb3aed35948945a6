"""Recognising: which published cell each cell of a hand-in is, also when another tool lost the ids
of cells, or gave new ones.

By cell id, then by source and order, then by the number of the exercise, then by the place between
cells that are known.  Formats before 4.5 have no ids; Jupyter gives new ones when it upgrades a
file, and Colab, jupytext and others keep only the sources.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

ANSWERS = re.compile(r"""\bL\.(?:check|submit)\(\s*["']([0-9][0-9a-z.]*)["']""")
BLANK = "____"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as far as it is recognised by it.

    Attributes:
        id: Empty where a hand-in has none.
        is_code: Whether it is code.
        is_answer: Whether the lesson says that the learner writes in it.
        source: With one kind of line end.
        exercises: Those that it answers: what its code hands to a check, and what its metadata say.
    """

    id: str
    is_code: bool
    is_answer: bool
    source: str
    exercises: frozenset[str]

    @property
    def gist(self) -> str:
        """The source without what editors add at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.source.strip().split("\n"))


def read_cell(cell: dict[str, Any]) -> Cell:
    """Returns a cell of a notebook; tools write its source as one text or as lines."""
    source = cell.get("source", "")
    text = "".join(str(line) for line in source) if isinstance(source, list) else str(source)
    metadata = cell.get("metadata")
    about = metadata.get("connectathon") if isinstance(metadata, dict) else None
    about = about if isinstance(about, dict) else {}
    is_code = cell.get("cell_type") == "code"
    exercises = set(ANSWERS.findall(text)) if is_code else set()
    if isinstance(about.get("exercise"), str):
        exercises.add(about["exercise"])
    return Cell(
        id=str(cell.get("id", "")),
        is_code=is_code,
        is_answer=bool(about.get("answer")),
        source=text.replace("\r\n", "\n"),
        exercises=frozenset(exercises),
    )


def recognise(handed_in: Sequence[Cell], published: Sequence[Cell]) -> dict[int, str]:
    """Finds the published cells in a hand-in.

    Args:
        handed_in: Its cells in order.
        published: Those of the lesson in order, each with an id.

    Returns:
        The ids of published cells by the place of the cell that is theirs; a place that is absent
        holds a cell that the participant added.
    """
    matches = _by_id(handed_in, published)
    gists = [cell.gist for cell in handed_in]
    _match_in_order(
        handed_in,
        published,
        matches,
        lambda cell, place: (
            cell.is_code == handed_in[place].is_code and _is_filled(cell, gists[place])
        ),
    )
    _match_in_order(
        handed_in,
        published,
        matches,
        lambda cell, place: cell.is_answer and bool(cell.exercises & handed_in[place].exercises),
    )
    if matches:
        _match_by_place(handed_in, published, matches)
    return matches


def _by_id(handed_in: Sequence[Cell], published: Sequence[Cell]) -> dict[int, str]:
    waiting = {cell.id for cell in published}
    matches: dict[int, str] = {}
    for place, cell in enumerate(handed_in):
        if cell.id in waiting:
            # of two cells with one id the second is an added one
            waiting.discard(cell.id)
            matches[place] = cell.id
    return matches


def _match_in_order(
    handed_in: Sequence[Cell],
    published: Sequence[Cell],
    matches: dict[int, str],
    is_same: Callable[[Cell, int], bool],
) -> None:
    """Matches what is the same, the next one behind the cell before; where the participant moved
    cells, any.
    """
    place_of = {id: place for place, id in matches.items()}
    before = -1
    for cell in published:
        if cell.id not in place_of:
            places = [
                place
                for place in range(len(handed_in))
                if place not in matches and is_same(cell, place)
            ]
            if not places:
                continue
            chosen = places[bisect_left(places, before) % len(places)]
            matches[chosen] = cell.id
            place_of[cell.id] = chosen
        before = place_of[cell.id]


def _is_filled(published: Cell, gist: str) -> bool:
    """Tells whether a source is the published one, with something in the place of its blanks.

    Each piece is looked for once, from left to right: a pattern would try all ways to split a text
    that somebody made for it.
    """
    first, *pieces = published.gist.split(BLANK) if published.is_answer else [published.gist]
    if not pieces:
        return gist == first
    if not (gist.startswith(first) and gist.endswith(pieces[-1])):
        return False
    end = len(gist) - len(pieces[-1])
    place = len(first)
    for piece in pieces[:-1]:
        place = gist.find(piece, place + 1, end)
        if place < 0:
            return False
        place += len(piece)
    return place < end


def _match_by_place(
    handed_in: Sequence[Cell], published: Sequence[Cell], matches: dict[int, str]
) -> None:
    """Matches answer cells that were written anew with the code between the cells around them.

    Whichever of several is taken, all of them run in the participant's order: none is lost.
    """
    place_of = {id: place for place, id in matches.items()}
    for number, cell in enumerate(published):
        if cell.id in place_of or not cell.is_answer:
            continue
        start = _nearest(reversed(published[:number]), place_of, -1)
        end = _nearest(published[number + 1 :], place_of, len(handed_in))
        for place in range(start + 1, end):
            if handed_in[place].is_code and place not in matches:
                matches[place] = cell.id
                place_of[cell.id] = place
                break


def _nearest(cells: Iterable[Cell], place_of: dict[str, int], otherwise: int) -> int:
    return next((place_of[cell.id] for cell in cells if cell.id in place_of), otherwise)
