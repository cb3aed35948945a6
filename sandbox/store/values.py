"""Criteria on one search value of a resource: token, string, date, reference, URI, quantity.

Each has `rows`, the condition on a row of its table, so that a composite parameter can ask two
tables about one element, and `sql`, the condition on the resource `r`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.store.alternatives import addresses, either, references, tokens
from sandbox.store.keys import START
from sandbox.store.sql import Rows, Sql, rows


@dataclass(frozen=True, slots=True)
class Extent:
    """A date or number of a search: prefix and the interval [low, high] that it covers (dates in
    milliseconds).
    """

    prefix: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TokenIs:
    """`system` None: any system; empty: no system.  `code` None: any code."""

    parameter: str
    values: tuple[tuple[str | None, str | None], ...]

    def rows(self) -> Rows:
        return "search_token", self.parameter, tokens(self.values)

    def sql(self) -> Sql:
        return rows(*self.rows())


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
                # the index holds beginnings of limited length; the rest is compared row by row
                start = folded[:START]
                text = "start >= ? AND start < ?"
                # a range, not LIKE, which uses the index only under some collations
                params: list[object] = [start, start + "\U0010ffff"]
                if len(folded) > START:
                    text = f"{text} AND substr(folded, 1, ?) = ?"
                    params = [*params, len(folded), folded]
                parts.append((text, params))
        return "search_string", self.parameter, either(parts)

    def sql(self) -> Sql:
        return rows(*self.rows())


@dataclass(frozen=True, slots=True)
class DateIs:
    parameter: str
    moments: tuple[Extent, ...]

    def rows(self) -> Rows:
        parts = [compare(moment, "low", "high") for moment in self.moments]
        return "search_date", self.parameter, either(parts)

    def sql(self) -> Sql:
        return rows(*self.rows())


@dataclass(frozen=True, slots=True)
class RefersTo:
    """`values` are (type or None, id or None, url or None)."""

    parameter: str
    values: tuple[tuple[str | None, str | None, str | None], ...]

    def rows(self) -> Rows:
        return "search_reference", self.parameter, references(self.values)

    def sql(self) -> Sql:
        return rows(*self.rows())


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
        # UNION, not UNION ALL: a hierarchy that runs in a circle would never end
        begin = "SELECT p.id FROM resource p WHERE p.type = ? AND p.id = ?"
        branch = f"WITH RECURSIVE branch (id) AS ({begin} UNION {step}) SELECT id FROM branch"
        condition = f"target_type = ? AND (target_id = ? OR target_id IN ({branch}))"
        params: list[object] = [self.type, self.id, self.type, self.id, self.type, self.part_of]
        return "search_reference", self.parameter, (condition, params)

    def sql(self) -> Sql:
        return rows(*self.rows())


@dataclass(frozen=True, slots=True)
class UriIs:
    parameter: str
    values: tuple[str, ...]

    def rows(self) -> Rows:
        return "search_uri", self.parameter, either(addresses("uri", self.values))

    def sql(self) -> Sql:
        return rows(*self.rows())


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
        return rows(*self.rows())


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
            text, params = compare(extent, "low", "high")
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
        return rows(*self.rows())


Valued = TokenIs | StringIs | DateIs | RefersTo | RefersToBranch | UriIs | UriIsBelow | QuantityIs


# FHIR R4 search.html#prefix: the value of the resource is the interval [low, high] of the columns,
# that of the search the parameters (see `compare`).
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


def compare(moment: Extent, low: str, high: str) -> Sql:
    """Returns how a prefix compares the interval of a search with two columns."""
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


def _literal(text: str) -> str:
    """Returns a text as LIKE takes it word for word."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
