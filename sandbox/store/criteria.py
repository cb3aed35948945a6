"""Search criteria as data, and the SQL that finds the resources which meet them.  Knows no HTTP and
no FHIR syntax.

The resource in question is always `r`, a row of the table `resource`; an inner question has an `r`
of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.store.alternatives import Sql, either, marks, references, tokens
from sandbox.store.keys import START, key

ALWAYS: Sql = ("TRUE", [])
Rows = tuple[str, str, Sql]  # the table of the values, the parameter, the condition on a row


@dataclass(frozen=True, slots=True)
class HasId:
    ids: tuple[str, ...]

    def sql(self) -> Sql:
        return f"r.id IN ({marks(self.ids)})", list(self.ids)


@dataclass(frozen=True, slots=True)
class Extent:
    """A date or number of a search: prefix and the interval [low, high] that it covers (dates in
    milliseconds).
    """

    prefix: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class UpdatedAt:
    moments: tuple[Extent, ...]

    def sql(self) -> Sql:
        return either([_compare(moment, "r.updated", "r.updated") for moment in self.moments])


@dataclass(frozen=True, slots=True)
class TokenIs:
    """`system` None: any system; empty: no system.  `code` None: any code."""

    parameter: str
    values: tuple[tuple[str | None, str | None], ...]

    def rows(self) -> Rows:
        return "search_token", self.parameter, tokens(self.values)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class StringIs:
    """`values` are (folded, exact); the mode says which is compared and how."""

    parameter: str
    mode: Literal["starts", "exact", "contains"]
    values: tuple[tuple[str, str], ...]

    def rows(self) -> Rows:
        parts: list[Sql] = []
        for folded, exact in self.values:
            if self.mode == "exact":
                parts.append(("exact = ?", [exact]))
            elif self.mode == "contains":
                parts.append(("folded LIKE ? ESCAPE '!'", [f"%{_literal(folded)}%"]))
            else:
                start = folded[:START]
                parts.append(("start >= ? AND start < ?", [start, start + "\U0010ffff"]))
                if len(folded) > START:
                    parts[-1] = (
                        f"{parts[-1][0]} AND substr(folded, 1, ?) = ?",
                        [*parts[-1][1], len(folded), folded],
                    )
        return "search_string", self.parameter, either(parts)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class DateIs:
    parameter: str
    moments: tuple[Extent, ...]

    def rows(self) -> Rows:
        return (
            "search_date",
            self.parameter,
            either([_compare(m, "low", "high") for m in self.moments]),
        )

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class RefersTo:
    """`values` are (type or None, id or None, url or None)."""

    parameter: str
    values: tuple[tuple[str | None, str | None, str | None], ...]

    def rows(self) -> Rows:
        return "search_reference", self.parameter, references(self.values)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class RefersToBranch:
    """The target is `id`, or below it (or above) by the part-of parameter of its own type
    (`Location.partof`).
    """

    parameter: str
    type: str
    id: str
    part_of: str
    direction: Literal["below", "above"]

    def rows(self) -> Rows:
        if self.direction == "below":
            step = (
                "SELECT p.id FROM branch b JOIN search_reference s ON s.target_id = b.id"
                " AND s.target_type = ? AND s.parameter = ? JOIN resource p ON p.pk = s.resource"
            )
        else:
            step = (
                "SELECT s.target_id FROM branch b JOIN resource p ON p.id = b.id AND p.type = ?"
                " JOIN search_reference s ON s.resource = p.pk AND s.parameter = ?"
            )
        begin = "SELECT p.id FROM resource p WHERE p.type = ? AND p.id = ?"
        branch = f"WITH RECURSIVE branch (id) AS ({begin} UNION {step}) SELECT id FROM branch"
        condition = f"target_type = ? AND (target_id = ? OR target_id IN ({branch}))"
        params: list[object] = [self.type, self.id, self.type, self.id, self.type, self.part_of]
        return "search_reference", self.parameter, (condition, params)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class UriIs:
    parameter: str
    values: tuple[str, ...]

    def rows(self) -> Rows:
        condition = f"uri IN ({marks(self.values)})"
        return "search_uri", self.parameter, (condition, [key(value) for value in self.values])

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class UriIsBelow:
    """The URI of a resource begins with one of the values."""

    parameter: str
    values: tuple[str, ...]

    def rows(self) -> Rows:
        parts: list[Sql] = [
            ("uri >= ? AND uri < ?", [value, value + "\U0010ffff"]) for value in self.values
        ]
        return "search_uri", self.parameter, either(parts)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class QuantityIs:
    """Numbers with a unit: `units` are (system or None, code or None) beside each extent; None
    means any.
    """

    parameter: str
    values: tuple[tuple[Extent, str | None, str | None], ...]

    def rows(self) -> Rows:
        parts: list[Sql] = []
        for extent, system, code in self.values:
            text, params = _compare(extent, "low", "high")
            if system:
                text = f"{text} AND system = ?"
                params = [*params, system]
            if code and system:
                text = f"{text} AND code = ?"
                params = [*params, code]
            elif code:
                text = f"{text} AND (code = ? OR unit = ?)"
                params = [*params, code, code]
            parts.append((text, params))
        return "search_quantity", self.parameter, either(parts)

    def sql(self) -> Sql:
        return _rows(*self.rows())


@dataclass(frozen=True, slots=True)
class Together:
    """One element has a value for each criterion (a composite parameter)."""

    criteria: tuple[Valued, ...]

    def sql(self) -> Sql:
        text = "TRUE"
        params = list[object]()
        for criterion in reversed(self.criteria):
            table, parameter, (condition, values) = criterion.rows()
            inner = f"SELECT resource, part FROM {table} WHERE parameter = ? AND ({condition}) AND {text}"
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
            "(r.type, r.id) IN (SELECT target_type, target_id FROM search_reference WHERE parameter = ? AND resource IN"
            f" (SELECT r.pk FROM resource r WHERE {inner}))",
            [self.parameter, *params],
        )


@dataclass(frozen=True, slots=True)
class IsInList:
    """The List of that id has the resource as an item (`_list`)."""

    ids: tuple[str, ...]

    def sql(self) -> Sql:
        lists = f"SELECT r.pk FROM resource r WHERE r.type = 'List' AND r.deleted = 0 AND r.id IN ({marks(self.ids)})"
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
        inside, params = _rows(table, self.parameter, ALWAYS)
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
        found = f"target_type = ? AND target_id IN (SELECT r.id FROM resource r WHERE {inner})"
        return _rows("search_reference", self.parameter, (found, [self.target, *params]))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the criteria is met (a chain without a type, over all possible ones)."""

    criteria: tuple[Criterion, ...]

    def sql(self) -> Sql:
        return either([criterion.sql() for criterion in self.criteria])


Valued = TokenIs | StringIs | DateIs | RefersTo | RefersToBranch | UriIs | UriIsBelow | QuantityIs
Criterion = (
    HasId | UpdatedAt | TokenIs | StringIs | DateIs | RefersTo | UriIs | UriIsBelow | QuantityIs | IsMissing | Not
    | RefersToOneThat | IsReferredToByOneThat | IsInList | AnyOf | Together | RefersToBranch
)  # fmt: skip


def among(resource_type: str, criteria: Iterable[Criterion]) -> Sql:
    """Returns the condition that `r` is a resource of the type, not deleted, and meets all
    criteria.
    """
    known = list(criteria)
    where = list[str]()
    params = list[object]()
    # Search values name the type (`Patient.name`), and a deleted resource has none: where a
    # criterion asks for a value,
    # asking for the type as well would only lead SQLite to look through all of them.
    if not any(_asks_for_value(one) for one in known):
        where.append("r.type = ? AND r.deleted = 0")
        params.append(resource_type)
    for one in known:
        text, more = one.sql()
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
        return all(_asks_for_value(one) for one in criterion.criteria)
    if isinstance(criterion, IsMissing):
        return not criterion.missing
    return not isinstance(criterion, HasId | UpdatedAt | Not | IsReferredToByOneThat | IsInList)


# FHIR R4 search.html#prefix; the target value is the interval [low, high], the search value [:low,
# :high]
_PREFIXES = {
    "eq": "({low} >= ? AND {high} <= ?)",
    "ne": "NOT ({low} >= ? AND {high} <= ?)",
    "gt": "({high} > ?)",
    "lt": "({low} < ?)",
    "ge": "({high} > ? OR ({low} >= ? AND {high} <= ?))",
    "le": "({low} < ? OR ({low} >= ? AND {high} <= ?))",
    "sa": "({low} > ?)",
    "eb": "({high} < ?)",
    "ap": "({high} >= ? AND {low} <= ?)",
}
PREFIXES = tuple(_PREFIXES)


def _compare(moment: Extent, low: str, high: str) -> Sql:
    params: dict[str, list[object]] = {
        "eq": [moment.low, moment.high],
        "ne": [moment.low, moment.high],
        "gt": [moment.high],
        "lt": [moment.low],
        "ge": [moment.high, moment.low, moment.high],
        "le": [moment.low, moment.low, moment.high],
        "sa": [moment.high],
        "eb": [moment.low],
        "ap": [moment.low, moment.high],
    }
    return _PREFIXES[moment.prefix].format(low=low, high=high), params[moment.prefix]


def _rows(table: str, parameter: str, condition: Sql) -> Sql:
    text, params = condition
    return f"r.pk IN (SELECT resource FROM {table} WHERE parameter = ? AND ({text}))", [
        parameter,
        *params,
    ]


def _literal(text: str) -> str:
    """Returns a text as LIKE takes it word for word."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
