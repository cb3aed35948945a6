"""Pieces of SQL that criteria are put together from: a condition with its parameters."""

from __future__ import annotations

Sql = tuple[str, list[object]]
Rows = tuple[str, str, Sql]  # the table of the values, the parameter, the condition on a row
ALWAYS: Sql = ("TRUE", [])
NEVER: Sql = ("FALSE", [])


def rows(table: str, parameter: str, condition: Sql) -> Sql:
    """Returns the condition that `r` has a search value that meets one."""
    text, params = condition
    inner = f"SELECT resource FROM {table} WHERE parameter = ? AND ({text})"
    return f"r.pk IN ({inner})", [parameter, *params]


def either(parts: list[Sql]) -> Sql:
    """Returns the condition that one of several is met; of none, nothing meets it."""
    if not parts:
        return NEVER
    text = " OR ".join(f"({part})" for part, _ in parts)
    return f"({text})", [param for _, params in parts for param in params]


def marks(values: tuple[str, ...]) -> str:
    """Returns as many placeholders as there are values."""
    return ", ".join("?" for _ in values)
