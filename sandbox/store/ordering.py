"""The order of a search's results as SQL: by id, time of last change, or the least (or greatest)
search value.

A page begins behind the last row of the one before, known by its keys, so that nothing is given
twice or left out when resources come and go between two pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

VALUES = {
    "token": ("code", "code"),
    "string": ("folded", "folded"),
    "date": ("low", "high"),
    "reference": ("target_id", "target_id"),
    "uri": ("uri", "uri"),
    "quantity": ("low", "high"),
}
OWN_COLUMNS = {"_id": "r.id", "_lastUpdated": "r.updated"}
Key = str | int | float | None


@dataclass(frozen=True, slots=True)
class Order:
    """One key: a parameter such as `Patient.name` with its kind, or `_id` and `_lastUpdated`
    without.
    """

    parameter: str
    kind: str = ""
    descending: bool = False

    def fits(self, key: object) -> bool:
        """Tells whether a value can be one of this key."""
        is_number = self.kind in ("date", "quantity") or self.parameter == "_lastUpdated"
        if key is None or isinstance(key, bool):
            return key is None and self.kind != ""
        return (
            isinstance(key, int | float) and abs(key) < 2**63
            if is_number
            else isinstance(key, str) and "\0" not in key
        )

    def sql(self) -> tuple[str, list[object]]:
        """Returns the key of `r`, a row of `resource`, as an expression with its parameters."""
        if not self.kind:
            return OWN_COLUMNS[self.parameter], []
        least, greatest = VALUES[self.kind]
        wanted = f"max({greatest})" if self.descending else f"min({least})"
        # Beside min() SQLite would take the index of the parameter and walk it for every row; an
        # expression in its place leaves it the index of the resource.
        rows = f"search_{self.kind} WHERE resource = r.pk AND parameter || '' = ?"
        return f"(SELECT {wanted} FROM {rows})", [self.parameter]


def key_columns(order: Sequence[Order]) -> tuple[str, list[object]]:
    """Returns `, … AS k0, … AS k1` for a list of columns, with its parameters."""
    columns = [key.sql() for key in order]
    words = "".join(f", {text} AS k{place}" for place, (text, _) in enumerate(columns))
    return words, [param for _, params in columns for param in params]


def order_by(order: Sequence[Order]) -> str:
    """Returns the ORDER BY list; resources without a value come last (FHIR R4 search.html#sort)."""
    words = [
        f"k{place} {'DESC' if key.descending else 'ASC'} NULLS LAST"
        for place, key in enumerate(order)
    ]
    # the number last: rows with equal keys must keep one order, or pages would lose some
    return ", ".join([*words, "pk"])


def behind(order: Sequence[Order], after: Sequence[Key]) -> tuple[str, list[object]]:
    """Returns the condition that a row stands behind the one with the keys `after`, whose last is
    its `pk`.
    """
    if not after:
        return "TRUE", []
    alternatives = []
    params = list[object]()
    equal = list[str]()
    equal_params = list[object]()
    for place, key in enumerate(order):
        value = after[place]
        if value is not None:
            sign = "<" if key.descending else ">"
            # rows without a value come last, so they are always behind one that has a value
            alternatives.append(" AND ".join([*equal, f"(k{place} {sign} ? OR k{place} IS NULL)"]))
            params += [*equal_params, value]
            equal.append(f"k{place} = ?")
            equal_params.append(value)
        else:
            equal.append(f"k{place} IS NULL")
    alternatives.append(" AND ".join([*equal, "pk > ?"]))
    return "(" + " OR ".join(alternatives) + ")", [*params, *equal_params, after[-1]]
