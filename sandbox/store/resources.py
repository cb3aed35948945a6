"""Resources and their versions in the database.  Bodies are bytes: what was stored is what is
read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sandbox.store.criteria import Criterion, among_types
from sandbox.store.database import Connection, Database
from sandbox.store.keys import START, key
from sandbox.store.ordering import Key, Order, behind, key_columns, order_by


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one resource; `updated` in milliseconds since 1970, `body` None when it was
    deleted.
    """

    type: str
    id: str
    version: int
    updated: int
    method: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class SearchValues:
    """The rows by which a resource is found; each row begins with its parameter, such as
    `Patient.name`.

    `parts` are rows of composite parameters: kind, number of the element that they come from, row.
    """

    token: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    string: list[tuple[str, str, str]] = field(default_factory=list)
    date: list[tuple[str, int, int]] = field(default_factory=list)
    reference: list[tuple[str, str | None, str | None, str | None]] = field(default_factory=list)
    uri: list[tuple[str, str]] = field(default_factory=list)
    quantity: list[tuple[str, float, float, str | None, str | None, str | None]] = field(
        default_factory=list
    )
    parts: list[tuple[str, int, tuple[Any, ...]]] = field(default_factory=list)


Place = tuple[str, str]  # type and id


@dataclass(frozen=True, slots=True)
class Page:
    """What a search or a history found: the rows of this page, how many there are, and where the
    next page begins.
    """

    rows: Sequence[Version]
    total: int
    next: tuple[Key, ...] | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a search: behind which keys, how many it holds, in which order, and whether all
    are counted.
    """

    after: tuple[Key, ...] = ()
    count: int = 20
    order: Sequence[Order] = ()
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Whose versions: of one resource, of a type, or of all; from `since` to `until`
    (milliseconds), below a place.
    """

    type: str = ""
    id: str = ""
    since: int = -(2**62)
    until: int = 2**62
    before: int = 2**62
    count: int = 20


COLUMNS = {
    "token": ("system", "code"),
    "string": ("folded", "exact", "start"),
    "date": ("low", "high"),
    "reference": ("target_type", "target_id", "url"),
    "uri": ("uri",),
    "quantity": ("low", "high", "system", "code", "unit"),
}
_INSERTS = {
    kind: f"INSERT INTO search_{kind} (resource, parameter, {', '.join(columns)}, part)"
    f" VALUES (?, ?, {', '.join('?' for _ in columns)}, ?)"
    for kind, columns in COLUMNS.items()
}
_VERSION = "SELECT r.type, r.id, v.version, v.updated, v.method, v.body"
_CURRENT = "JOIN version v ON v.resource = r.pk AND v.version = r.version"


class ResourceStore:
    """All SQL about resources; every write is part of a transaction (`writing`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writing(self) -> AbstractContextManager[object]:
        """Opens one transaction around several writes; an exception leaves nothing of them."""
        return self._database.writing()

    def read(
        self, resource_type: str, resource_id: str, *, version: int | None = None
    ) -> Version | None:
        """Returns the current version, or the numbered one, or None."""
        wanted = "r.version" if version is None else "?"
        with self._database.reading() as connection:
            row = connection.execute(
                f"{_VERSION} FROM resource r"
                f" JOIN version v ON v.resource = r.pk AND v.version = {wanted}"
                " WHERE r.type = ? AND r.id = ?",
                [*([] if version is None else [version]), resource_type, resource_id],
            ).fetchone()
        return Version(*row) if row else None

    def write(self, version: Version, values: SearchValues) -> None:
        """Stores a version as the current one and replaces the search values; a deleted one has
        none.
        """
        with self._database.writing() as connection:
            deleted = int(version.body is None)
            (pk,) = connection.execute(
                "INSERT INTO resource (type, id, version, updated, deleted) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (type, id) DO UPDATE SET version = excluded.version,"
                " updated = excluded.updated, deleted = excluded.deleted RETURNING pk",
                (version.type, version.id, version.version, version.updated, deleted),
            ).fetchone()
            connection.execute(
                "INSERT INTO version (resource, version, updated, method, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (pk, version.version, version.updated, version.method, version.body),
            )
            # a first version has no rows to delete: creating is the commonest write
            if version.version > 1:
                for kind in COLUMNS:
                    connection.execute(f"DELETE FROM search_{kind} WHERE resource = ?", (pk,))
            _insert_values(connection, pk, values)

    def replace_values(self, pk: int, values: SearchValues) -> None:
        """Replaces the search values of one resource, known by the number that `current` gave."""
        with self._database.writing() as connection:
            for kind in COLUMNS:
                connection.execute(f"DELETE FROM search_{kind} WHERE resource = ?", (pk,))
            _insert_values(connection, pk, values)

    def current(self, *, after: int, count: int) -> list[tuple[int, Version]]:
        """Returns resources that are not deleted, of all types, with their numbers, in the order of
        these.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_VERSION}, r.pk FROM resource r {_CURRENT}"
                " WHERE r.pk > ? AND r.deleted = 0 ORDER BY r.pk LIMIT ?",
                (after, count),
            ).fetchall()
        return [(row[6], Version(*row[:6])) for row in rows]

    def fact(self, name: str) -> str | None:
        """Returns what was noted about this database under a name."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def set_fact(self, name: str, value: str) -> None:
        """Notes something about this database."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO fact (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def is_quick(self) -> bool:
        """Tells whether a plain question or change takes microseconds now."""
        return self._database.is_quick()

    def briefly(self, seconds: float) -> AbstractContextManager[None]:
        """Lowers the limit of time for what this thread does inside."""
        return self._database.briefly(seconds)

    def search(
        self, resource_type: str, criteria: Iterable[Criterion], request: PageRequest
    ) -> Page:
        """Searches one type."""
        return self.search_types({resource_type: list(criteria)}, request)

    def search_types(
        self, criteria: Mapping[str, Sequence[Criterion]], request: PageRequest
    ) -> Page:
        """Returns the page of resources that meet all criteria of their type; `total` is -1 unless
        it is to be counted.

        They come in the wished order, then as they were first stored; a page goes on behind the
        last of the one before.
        """
        condition, params = among_types(criteria)
        with self._database.reading() as connection:
            statement, values = (
                _page_in_order(condition, params, request)
                if request.order
                else _page(condition, params, request)
            )
            # one row more than asked for tells whether there is a next page
            rows = connection.execute(statement, values).fetchall()
            page = rows[: request.count]
            following = tuple(page[-1][6:]) if len(rows) > request.count and page else None
            # counting costs as much as the search: a first page that holds all needs none
            total = -1
            if request.is_counted and following is None and not request.after and request.count:
                total = len(rows)
            elif request.is_counted:
                (total,) = connection.execute(
                    f"SELECT count(*) FROM resource r WHERE {condition}", params
                ).fetchone()
        return Page([Version(*row[:6]) for row in page], total, following)

    def unit_codes(self, parameter: str) -> list[str]:
        """Returns the codes of units that the values of a quantity parameter have, each found in
        the index once.
        """
        # From code to code through the index (a loose scan): DISTINCT would read each row.
        following = "SELECT min(code) FROM search_quantity WHERE parameter = ?"
        with self._database.reading() as connection:
            rows = connection.execute(
                f"WITH RECURSIVE known (code) AS ({following} UNION ALL"
                f" SELECT ({following} AND code > known.code) FROM known"
                " WHERE known.code IS NOT NULL)"
                " SELECT code FROM known WHERE code IS NOT NULL",
                [parameter, parameter],
            ).fetchall()
        return [code for (code,) in rows]

    def referred(self, sources: Sequence[Place], parameter: str) -> list[Place]:
        """Returns what some resources refer to by a parameter (`Observation.subject`), for
        `_include`.
        """
        if not sources:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT s.target_type, s.target_id FROM search_reference s"
                " JOIN resource r ON r.pk = s.resource"
                " WHERE s.parameter = ? AND s.target_id IS NOT NULL"
                f" AND (r.type, r.id) IN ({_places(sources)})",
                [parameter, *(word for place in sources for word in place)],
            ).fetchall()
        return [(type, id) for type, id in rows if type]

    def referring(self, targets: Sequence[Place], parameter: str, *, limit: int) -> list[Place]:
        """Returns the resources that refer to some by a parameter, for `_revinclude`."""
        if not targets:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT r.type, r.id, r.pk FROM search_reference s"
                " JOIN resource r ON r.pk = s.resource"
                " WHERE s.parameter = ? AND r.deleted = 0"
                f" AND (s.target_type, s.target_id) IN ({_places(targets)})"
                " ORDER BY r.pk LIMIT ?",
                [parameter, *(word for place in targets for word in place), limit],
            ).fetchall()
        return [(type, id) for type, id, _ in rows]

    def history(self, request: HistoryRequest) -> Page:
        """Returns versions, the last written first."""
        where = ["v.updated >= ?", "v.updated <= ?"]
        params = list[object]([request.since, request.until])
        for column, value in (("r.type", request.type), ("r.id", request.id)):
            if value:
                where.append(f"{column} = ?")
                params.append(value)
        condition = " AND ".join(where)
        with self._database.reading() as connection:
            (total,) = connection.execute(
                "SELECT count(*) FROM resource r JOIN version v ON v.resource = r.pk"
                f" WHERE {condition}",
                params,
            ).fetchone()
            rows = connection.execute(
                f"{_VERSION}, v.written FROM resource r JOIN version v ON v.resource = r.pk"
                f" WHERE {condition} AND v.written < ? ORDER BY v.written DESC LIMIT ?",
                [*params, request.before, request.count + 1],
            ).fetchall()
        page = rows[: request.count]
        more = len(rows) > request.count and bool(page)
        return Page([Version(*row[:6]) for row in page], total, (page[-1][6],) if more else None)

    def count_by_type(self) -> dict[str, int]:
        """Returns how many resources of each type there are, deleted ones left out."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT type, count(*) FROM resource WHERE deleted = 0 GROUP BY type ORDER BY type"
            ).fetchall()
        return dict(rows)


def _key(value: str | None) -> str | None:
    return value and key(value)


_SHAPES: Mapping[str, Callable[..., tuple[object, ...]]] = {
    "token": lambda name, system, code, part: (name, _key(system), _key(code), part),
    "string": lambda name, folded, exact, part: (name, folded, exact, folded[:START], part),
    "date": lambda *row: row,
    "reference": lambda name, type, id, url, part: (name, type, _key(id), _key(url), part),
    "uri": lambda name, uri, part: (name, key(uri), part),
    "quantity": lambda *row: row,
}


def _page(
    condition: str, params: Sequence[object], request: PageRequest
) -> tuple[str, list[object]]:
    # CROSS JOIN: SQLite is to begin with the resources, and finds them in the order of their
    # numbers as it is.
    return (
        f"{_VERSION}, r.pk FROM resource r CROSS JOIN version v"
        " WHERE v.resource = r.pk AND v.version = r.version"
        f" AND {condition} AND r.pk > ? ORDER BY r.pk LIMIT ?",
        [*params, request.after[-1] if request.after else 0, request.count + 1],
    )


def _page_in_order(
    condition: str, params: Sequence[object], request: PageRequest
) -> tuple[str, list[object]]:
    columns, keys = key_columns(request.order)
    further, after = behind(request.order, request.after)
    ordered = order_by(request.order)
    names = "".join(f", r.k{place}" for place in range(len(request.order)))
    return (
        f"{_VERSION}{names}, r.pk FROM (SELECT * FROM"
        f" (SELECT r.*{columns} FROM resource r WHERE {condition}) s"
        f" WHERE {further} ORDER BY {ordered} LIMIT ?) r {_CURRENT} ORDER BY {ordered}",
        [*keys, *params, *after, request.count + 1],
    )


def _insert_values(connection: Connection, pk: int, values: SearchValues) -> None:
    for kind, insert in _INSERTS.items():
        # a dict as an ordered set: a value that a resource says twice is one row
        rows = dict.fromkeys((*row, None) for row in getattr(values, kind))
        rows |= dict.fromkeys(
            (*row, part) for of_kind, part, row in values.parts if of_kind == kind
        )
        if rows:
            shape = _SHAPES[kind]
            connection.executemany(insert, [(pk, *shape(*row)) for row in rows])


def _places(places: Sequence[Place]) -> str:
    return "VALUES " + ", ".join("(?, ?)" for _ in places)
