"""Resources and their versions in the database.  Bodies are bytes: what was stored is what is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sandbox.store.criteria import Criterion
from sandbox.store.database import Database
from sandbox.store.ordering import Order, order_by


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one resource; `updated` in milliseconds since 1970, `body` None when it was deleted."""

    type: str
    id: str
    version: int
    updated: int
    method: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class SearchValues:
    """The rows by which a resource is found; each row begins with its parameter, such as `Patient.name`."""

    token: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    string: list[tuple[str, str, str]] = field(default_factory=list)
    date: list[tuple[str, int, int]] = field(default_factory=list)
    reference: list[tuple[str, str | None, str | None, str | None]] = field(default_factory=list)
    uri: list[tuple[str, str]] = field(default_factory=list)
    quantity: list[tuple[str, float, float, str | None, str | None, str | None]] = field(default_factory=list)


Place = tuple[str, str]  # type and id


@dataclass(frozen=True, slots=True)
class Page:
    """What a search or a history found: the rows of this page, how many there are, and where the next page begins."""

    rows: Sequence[Version]
    total: int
    next: int | None


@dataclass(frozen=True, slots=True)
class PageWish:
    """Which page of a search: where it begins, how many it holds, in which order, and whether all are counted."""

    after: int = 0
    count: int = 20
    order: Sequence[Order] = ()
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class HistoryWish:
    """Whose versions: of one resource, of a type, or of all; from `since` to `until` (milliseconds), below a place."""

    type: str = ""
    id: str = ""
    since: int = -(2**62)
    until: int = 2**62
    before: int = 2**62
    count: int = 20


TABLES = {"token": 4, "string": 4, "date": 4, "reference": 5, "uri": 3, "quantity": 7}  # kind: columns
_INSERTS = {kind: f"INSERT INTO search_{kind} VALUES ({', '.join('?' * columns)})" for kind, columns in TABLES.items()}
_COLUMNS = "SELECT r.type, r.id, v.version, v.updated, v.method, v.body, r.pk"
_SELECT = f"{_COLUMNS} FROM resource r JOIN version v"


class ResourceStore:
    """All SQL about resources; every write is part of a transaction (`writing`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writing(self) -> AbstractContextManager[object]:
        """Opens one transaction around several writes; an exception leaves nothing of them."""
        return self._database.writing()

    def read(self, resource_type: str, resource_id: str, *, version: int | None = None) -> Version | None:
        """Returns the current version, or the numbered one, or None."""
        wanted = "r.version" if version is None else "?"
        row = self._database.connection().execute(
            f"{_SELECT} ON v.resource = r.pk AND v.version = {wanted} WHERE r.type = ? AND r.id = ?",
            ([] if version is None else [version]) + [resource_type, resource_id],
        )
        found = row.fetchone()
        return Version(*found[:6]) if found else None

    def write(self, version: Version, values: SearchValues) -> None:
        """Stores a version as the current one and replaces the search values; a deleted one has none."""
        with self._database.writing() as connection:
            deleted = int(version.body is None)
            (pk,) = connection.execute(
                "INSERT INTO resource (type, id, version, updated, deleted) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, updated = excluded.updated,"
                " deleted = excluded.deleted RETURNING pk",
                (version.type, version.id, version.version, version.updated, deleted),
            ).fetchone()
            connection.execute(
                "INSERT INTO version (resource, version, updated, method, body) VALUES (?, ?, ?, ?, ?)",
                (pk, version.version, version.updated, version.method, version.body),
            )
            for kind, insert in _INSERTS.items():
                if version.version > 1:
                    connection.execute(f"DELETE FROM search_{kind} WHERE resource = ?", (pk,))
                rows = dict.fromkeys(getattr(values, kind))
                if rows:
                    connection.executemany(insert, [(pk, *row) for row in rows])

    def search(self, resource_type: str, criteria: Iterable[Criterion], wish: PageWish) -> Page:
        """Returns the page of resources that meet all criteria; its `total` is -1 unless it is to be counted.

        Without an order they come as they were first stored, and a page goes on behind the last key of the one before;
        with one it goes on behind as many as came before.
        """
        where, params = ["type = ?", "deleted = 0"], list[object]([resource_type])
        for criterion in criteria:
            text, more = criterion.sql()
            where.append(text)
            params.extend(more)
        condition = " AND ".join(where)
        connection = self._database.connection()
        total = -1
        if wish.is_counted:
            (total,) = connection.execute(f"SELECT count(*) FROM resource WHERE {condition}", params).fetchone()
        limit = wish.count + 1
        if wish.order:
            words, keys = order_by(wish.order)
            place = f"row_number() OVER (ORDER BY {words}, pk)"
            inner, values = f"{condition} ORDER BY place LIMIT ? OFFSET ?", [*keys, *params, limit, wish.after]
        else:
            place, inner, values = "pk", f"{condition} AND pk > ? ORDER BY pk LIMIT ?", [*params, wish.after, limit]
        rows = connection.execute(
            f"{_COLUMNS} FROM (SELECT *, {place} AS place FROM resource WHERE {inner}) r"
            " JOIN version v ON v.resource = r.pk AND v.version = r.version ORDER BY r.place",
            values,
        ).fetchall()
        page, following = rows[: wish.count], None
        if len(rows) > wish.count and page:
            following = wish.after + wish.count if wish.order else page[-1][6]
        return Page([Version(*row[:6]) for row in page], total, following)

    def referred(self, sources: Sequence[Place], parameter: str) -> list[Place]:
        """Returns what some resources refer to by a parameter (`Observation.subject`), for `_include`."""
        if not sources:
            return []
        rows = self._database.connection().execute(
            "SELECT DISTINCT s.target_type, s.target_id FROM search_reference s JOIN resource r ON r.pk = s.resource"
            f" WHERE s.parameter = ? AND s.target_id IS NOT NULL AND (r.type, r.id) IN ({_places(sources)})",
            [parameter, *(word for place in sources for word in place)],
        )
        return [(type, id) for type, id in rows.fetchall() if type]

    def referring(self, targets: Sequence[Place], parameter: str, *, limit: int) -> list[Place]:
        """Returns the resources that refer to some by a parameter, for `_revinclude`."""
        if not targets:
            return []
        rows = self._database.connection().execute(
            "SELECT DISTINCT r.type, r.id FROM search_reference s JOIN resource r ON r.pk = s.resource"
            f" WHERE s.parameter = ? AND r.deleted = 0 AND (s.target_type, s.target_id) IN ({_places(targets)})"
            " ORDER BY r.pk LIMIT ?",
            [parameter, *(word for place in targets for word in place), limit],
        )
        return [(type, id) for type, id in rows.fetchall()]

    def history(self, wish: HistoryWish) -> Page:
        """Returns versions, the last written first."""
        where, params = ["v.updated >= ?", "v.updated <= ?"], list[object]([wish.since, wish.until])
        for column, value in (("r.type", wish.type), ("r.id", wish.id)):
            if value:
                where.append(f"{column} = ?")
                params.append(value)
        condition = " AND ".join(where)
        connection = self._database.connection()
        (total,) = connection.execute(
            f"SELECT count(*) FROM resource r JOIN version v ON v.resource = r.pk WHERE {condition}", params
        ).fetchone()
        rows = connection.execute(
            f"SELECT r.type, r.id, v.version, v.updated, v.method, v.body, v.written FROM resource r"
            f" JOIN version v ON v.resource = r.pk WHERE {condition} AND v.written < ? ORDER BY v.written DESC LIMIT ?",
            [*params, wish.before, wish.count + 1],
        ).fetchall()
        page = rows[: wish.count]
        more = len(rows) > wish.count and bool(page)
        return Page([Version(*row[:6]) for row in page], total, page[-1][6] if more else None)

    def count_by_type(self) -> dict[str, int]:
        """Returns how many resources of each type there are, deleted ones left out."""
        rows = self._database.connection().execute(
            "SELECT type, count(*) FROM resource WHERE deleted = 0 GROUP BY type ORDER BY type"
        )
        return dict(rows.fetchall())


def _places(places: Sequence[Place]) -> str:
    return "VALUES " + ", ".join("(?, ?)" for _ in places)
