"""The order of a search's results as SQL: by id, time of last change, or the least (or greatest) search value."""

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
COLUMNS = {"_id": "id", "_lastUpdated": "updated"}


@dataclass(frozen=True, slots=True)
class Order:
    """One key: a parameter such as `Patient.name` with its kind, or `_id` and `_lastUpdated` without."""

    parameter: str
    kind: str = ""
    descending: bool = False


def order_by(order: Sequence[Order]) -> tuple[str, list[object]]:
    """Returns the ORDER BY list and its parameters; resources without a value come last (FHIR R4 search.html#sort)."""
    words, params = [], list[object]()
    for one in order:
        direction = "DESC" if one.descending else "ASC"
        if not one.kind:
            words.append(f"{COLUMNS[one.parameter]} {direction}")
            continue
        least, greatest = VALUES[one.kind]
        wanted = f"max({greatest})" if one.descending else f"min({least})"
        key = f"(SELECT {wanted} FROM search_{one.kind} WHERE resource = resource.pk AND parameter = ?)"
        words.append(f"{key} {direction} NULLS LAST")
        params.append(one.parameter)
    return ", ".join(words), params
