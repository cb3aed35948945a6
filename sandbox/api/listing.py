"""Lists by page: what a request asks for, and how an answer says how long the list is and where it
goes on.

A list stays a JSON array; `Link` leads to the next part (RFC 8288, rel="next"), `X-Total-Count` is
the length of the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, get_args
from urllib.parse import urlencode

from starlette.requests import Request

from sandbox.api.asking import number_of
from sandbox.errors import BadRequest, NotFound
from sandbox.event.matrix import Cell, Key
from sandbox.event.reviews import Standing
from sandbox.event.run import Run, State
from sandbox.event.runs import Runs
from sandbox.fhir.dates import interval_of
from sandbox.limits import LIST_PAGE
from sandbox.store.paging import Page
from sandbox.store.run_rows import RunRow, Wanted
from sandbox.testbench.script import ROLL_UP
from sandbox.testbench.tracks import choose

T = TypeVar("T")
USUAL = 50
"""How much of a list is told where nobody says."""
PAGED = ("limit", "cursor")
NARROWED = ("track", "system", "team", "country", "since")
FILTERS = (*NARROWED, "state", "verdict", "standing")
LISTED = (*FILTERS, *PAGED)
"""What may be asked of a list of runs."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a request asks of a list; without a cursor, from its beginning."""

    wanted: Wanted
    limit: int
    cursor: str


def listing_of(request: Request) -> Listing:
    """Returns what a request asks of a list.

    Raises:
        BadRequest: A word is none of those that there are, or a number or a date is none.
        NotFound: There is no such track.
    """
    query = request.query_params
    tracks = tuple(filter(None, query.getlist("track")))
    for track in tracks:
        choose(track)
    wanted = Wanted(
        tracks=tracks,
        system=query.get("system", ""),
        team=query.get("team", ""),
        country=query.get("country", "").upper(),
        states=_words(request, "state", get_args(State)),
        verdicts=_words(request, "verdict", ROLL_UP),
        standings=_words(request, "standing", get_args(Standing)),
        since=_moment(query.get("since", "")),
    )
    limit = number_of(query.get("limit") or str(USUAL))
    return Listing(wanted, max(1, min(limit, LIST_PAGE)), query.get("cursor", ""))


def next_of(request: Request, cursor: str) -> str:
    """Returns the query of the next part of a list, the filters as they are; empty at the end."""
    if not cursor:
        return ""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    return urlencode([*kept, ("cursor", cursor)])


def told(request: Request, total: int, cursor: str) -> dict[str, str]:
    """Returns the headers of a part of a list."""
    query = next_of(request, cursor)
    # relative to what was asked: behind a proxy this process does not know its own address
    more = {"Link": f'<?{query}>; rel="next"'} if query else {}
    return {"X-Total-Count": str(total), **more}


def runs_of(page: Page[RunRow], runs: Runs) -> list[Run]:
    """Returns the runs of a page, each as its log tells it."""
    read = []
    for row in page.rows:
        with suppress(NotFound):  # forgotten since the page was read
            read.append(runs.read(row.run))
    return read


def cells_of(
    cells: Mapping[Key, Cell], listing: Listing, *, is_cut: bool
) -> tuple[list[tuple[Key, Cell]], int, str]:
    """Returns a part of a matrix by its keys, the number of all cells, and where the next part
    begins.
    """
    wanted = listing.wanted
    known = sorted(
        (key, cell)
        for key, cell in cells.items()
        if _is_among(cell.state, wanted.states)
        and _is_among(cell.verdict, wanted.verdicts)
        and _is_among(cell.review.standing, wanted.standings)
    )
    behind = [item for item in known if not listing.cursor or _place(item[0]) > listing.cursor]
    part = behind[: listing.limit] if is_cut else behind
    return part, len(known), _place(part[-1][0]) if len(part) < len(behind) else ""


def _place(key: Key) -> str:
    # sorts as the keys do: nothing in a name is lower than the letter between
    return "\t".join(key)


def _is_among(word: str, words: Collection[str]) -> bool:
    return not words or word in words


def _words(request: Request, name: str, known: Sequence[str]) -> tuple[str, ...]:
    words = tuple(filter(None, request.query_params.getlist(name)))
    for word in words:
        if word not in known:
            raise BadRequest("testbench.bad_request", where=name, name=word)
    return words


def _moment(text: str) -> int:
    """Returns the first millisecond of a date or moment; 0 for none."""
    interval = interval_of(text) if text else (0, 0)
    if interval is None:
        raise BadRequest("testbench.bad_request", where="since", name=text)
    return interval[0]
