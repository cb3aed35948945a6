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
