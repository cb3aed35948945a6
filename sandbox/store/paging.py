"""Lists by page: in an order that no two rows share, each part begins behind the last row of the
one before, so that what comes or goes meanwhile moves no other row into or out of a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sandbox.errors import BadRequest
from sandbox.limits import LIST_PAGE
from sandbox.store.database import Connection

T = TypeVar("T")
# eighteen digits fit the integers of both databases
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `total` counts all of it, `cursor` is where the next part begins, empty at
    the end.
    """

    rows: tuple[T, ...]
    total: int
    cursor: str


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: SQL expressions, all rising or all falling, of which the last tells rows
    apart.

    All are whole numbers, save the last where `ends_in_text`.  `values` are bound in them.
    """

    by: tuple[str, ...]
    is_falling: bool = False
    ends_in_text: bool = False
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What is listed: columns of the rows of a table that a condition holds for."""

    table: str
    columns: str
    condition: str
    values: Sequence[object]


def read_page(
    connection: Connection, listed: Listed, order: Order, *, limit: int, cursor: str
) -> Page[Sequence[Any]]:
    """Returns a page of rows as the database gives them.

    Args:
        connection: The database, in a transaction.
        listed: What is listed.
        order: In which order.
        limit: How many rows, at most LIST_PAGE.
        cursor: Where the page begins, as the one before told it; empty for the first.

    Raises:
        BadRequest: The cursor is none.
    """
    keys = ", ".join(order.by)
    falling = " DESC" if order.is_falling else ""
    # by their places among the columns, so that what is bound in them is bound once
    places = ", ".join(f"{place}{falling}" for place, _ in enumerate(order.by, 1))
    behind, more = _behind(cursor, order)
    count = max(1, min(limit, LIST_PAGE))
    total = connection.execute(
        f"SELECT count(*) FROM {listed.table} WHERE {listed.condition}", list(listed.values)
    ).fetchone()
    rows = connection.execute(
        f"SELECT {keys}, {listed.columns} FROM {listed.table} WHERE {listed.condition}{behind}"
        f" ORDER BY {places} LIMIT ?",
        [*order.values, *listed.values, *more, count + 1],
    ).fetchall()
    width = len(order.by)
    last = rows[count - 1][:width] if len(rows) > count else ()
    shown = tuple(row[width:] for row in rows[:count])
    return Page(shown, int(total[0]), ":".join(map(str, last)))


def number_in(cursor: str) -> int:
    """Returns the number that a cursor of a list by numbers is; raises BadRequest."""
    if not _is_whole(cursor):
        raise BadRequest("store.bad_cursor", where="cursor", found=cursor)
    return int(cursor)


def _is_whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= LONGEST_NUMBER


def _behind(cursor: str, order: Order) -> tuple[str, list[object]]:
    """Returns the SQL that begins a page behind a cursor, and its values."""
    if not cursor:
        return "", []
    words = cursor.split(":", len(order.by) - 1)
    numbers = words[:-1] if order.ends_in_text else words
    are_whole = all(_is_whole(word) for word in numbers)
    if len(words) != len(order.by) or not are_whole or not words[-1]:
        raise BadRequest("store.bad_cursor", where="cursor", found=cursor)
    sign = "<" if order.is_falling else ">"
    marks = ", ".join("?" for _ in words)
    values = [*map(int, numbers), *words[len(numbers) :]]
    return f" AND ({', '.join(order.by)}) {sign} ({marks})", [*order.values, *values]
