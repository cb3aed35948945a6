"""Search criteria as data, and the SQL that finds matching resources.  Knows no HTTP and no FHIR
syntax.

The resource in question is always `r`, a row of the table `resource`; an inner question has an `r`
of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.store.alternatives import either, marks
from sandbox.store.sql import ALWAYS, Sql, rows
from sandbox.store.values import (
    Extent,
    Valued,
    compare,
)


@dataclass(frozen=True, slots=True)
class HasId:
    ids: tuple[str, ...]

    def sql(self) -> Sql:
        return f"r.id IN ({marks(self.ids)})", list(self.ids)


@dataclass(frozen=True, slots=True)
class UpdatedAt:
    moments: tuple[Extent, ...]

    def sql(self) -> Sql:
        return either([compare(moment, "r.updated", "r.updated") for moment in self.moments])


@dataclass(frozen=True, slots=True)
class Together:
    """One element has a value for each criterion (a composite parameter)."""

    criteria: tuple[Valued, ...]

    def sql(self) -> Sql:
        text = "TRUE"
        params = list[object]()
        for criterion in reversed(self.criteria):
            table, parameter, (condition, values) = criterion.rows()
            inner = (
                f"SELECT resource, part FROM {table}"
                f" WHERE parameter = ? AND ({condition}) AND {text}"
            )
            text = f"(resource, part) IN ({inner})"
            params = [parameter, *values, *params]
        return text.replace(
            "(resource, part) IN (SELECT resource, part", "r.pk IN (SELECT resource", 1
        ), params


@dataclass(frozen=True, slots=True)
class Not:
    """The criterion is not met, also where the resource has no value (FHIR R4
    search.html#modifiers).
    """

    criterion: Criterion

    def sql(self) -> Sql:
        text, params = self.criterion.sql()
        return f"NOT ({text})", params


@dataclass(frozen=True, slots=True)
class IsReferredToByOneThat:
    """A reverse chain (`_has`): a resource of `source` that meets `criterion` refers to this one by
    `parameter`.
    """

    source: str
    parameter: str
    criterion: Criterion

    def sql(self) -> Sql:
        inner, params = among(self.source, [self.criterion])
        return (
            "(r.type, r.id) IN (SELECT target_type, target_id FROM search_reference"
            f" WHERE parameter = ? AND resource IN (SELECT r.pk FROM resource r WHERE {inner}))",
            [self.parameter, *params],
        )


@dataclass(frozen=True, slots=True)
class IsInList:
    """The List of that id has the resource as an item (`_list`)."""

    ids: tuple[str, ...]

    def sql(self) -> Sql:
        lists = (
            "SELECT r.pk FROM resource r"
            f" WHERE r.type = 'List' AND r.deleted = 0 AND r.id IN ({marks(self.ids)})"
        )
        return (
            "(r.type, r.id) IN (SELECT target_type, target_id FROM search_reference"
            f" WHERE parameter = 'List.item' AND resource IN ({lists}))",
            list(self.ids),
        )


@dataclass(frozen=True, slots=True)
class IsMissing:
    parameter: str
    kind: str
    missing: bool

    def sql(self) -> Sql:
        table = "search_" + self.kind
        inside, params = rows(table, self.parameter, ALWAYS)
        return (f"NOT ({inside})" if self.missing else inside), params


@dataclass(frozen=True, slots=True)
class RefersToOneThat:
    """A chain: the reference of `parameter` leads to a resource of `target` that meets
    `criterion`.
    """

    parameter: str
    target: str
    criterion: Criterion

    def sql(self) -> Sql:
        inner, params = among(self.target, [self.criterion])
        condition = f"target_type = ? AND target_id IN (SELECT r.id FROM resource r WHERE {inner})"
        return rows("search_reference", self.parameter, (condition, [self.target, *params]))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the criteria is met (a chain without a type, over all possible ones)."""

    criteria: tuple[Criterion, ...]

    def sql(self) -> Sql:
        return either([criterion.sql() for criterion in self.criteria])


Criterion = (
    Valued
    | HasId
    | UpdatedAt
    | IsMissing
    | IsInList
    | RefersToOneThat
    | IsReferredToByOneThat
    | Together
    | AnyOf
    | Not
)


def among(resource_type: str, criteria: Iterable[Criterion]) -> Sql:
    """Returns the condition that `r` is a resource of the type, not deleted, and meets all
    criteria.
    """
    known = list(criteria)
    where = list[str]()
    params = list[object]()
    # Search values name the type (`Patient.name`), and a deleted resource has none: where a
    # criterion asks for a value, asking for the type as well would only lead SQLite to look
    # through all of them.
    if not any(_asks_for_value(each) for each in known):
        where.append("r.type = ? AND r.deleted = 0")
        params.append(resource_type)
    for criterion in known:
        text, more = criterion.sql()
        where.append(text)
        params.extend(more)
    return " AND ".join(where), params


def among_types(criteria: Mapping[str, Iterable[Criterion]]) -> Sql:
    """Returns the condition that `r` is of one of the types and meets the criteria of that type."""
    if len(criteria) > 1 and not any(criteria.values()):
        return f"r.type IN ({marks(tuple(criteria))}) AND r.deleted = 0", list(criteria)
    return either([among(type, wanted) for type, wanted in criteria.items()])


def _asks_for_value(criterion: Criterion) -> bool:
    if isinstance(criterion, AnyOf):
        return all(_asks_for_value(part) for part in criterion.criteria)
    if isinstance(criterion, IsMissing):
        return not criterion.missing
    return not isinstance(criterion, HasId | UpdatedAt | Not | IsReferredToByOneThat | IsInList)
