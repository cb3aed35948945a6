"""Alternatives as SQL that stays small for ten thousand of them: values that differ in one column
become one `IN`, those that differ in several a table, and what is left is joined as a tree.

SQLite takes 1,000 levels of an expression, and a chain of OR has one for each of its parts; it
plans ten thousand of them in half a minute, which no limit of time ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sandbox.store.keys import key
from sandbox.store.sql import NEVER, Sql

FEW = 20
TABLE = "AS v"


def either(parts: Sequence[Sql]) -> Sql:
    """Returns the condition that one of the parts holds."""
    if not parts:
        return NEVER
    alike: dict[str, list[list[object]]] = {}
    for text, params in parts:
        alike.setdefault(text, []).append(params)
    conditions = [condition for text, rows in alike.items() for condition in _alike(text, rows)]
    texts = _tree([f"({text})" for text, _ in conditions])
    return f"({texts})", [param for _, params in conditions for param in params]


def _alike(text: str, rows: list[list[object]]) -> list[Sql]:
    """Returns alternatives that differ in their values alone: a few as they are, many as one
    question to a table of the values.
    """
    if len(rows) <= FEW or not rows[0] or TABLE in text:
        return [(text, params) for params in rows]
    columns = iter(range(1, len(rows[0]) + 1))
    asked = re.sub(r"\?", lambda _: f"v.column{next(columns)}", text)
    table = ", ".join([f"({marks(rows[0])})"] * len(rows))
    values = [param for params in rows for param in params]
    return [(f"EXISTS (SELECT 1 FROM (VALUES {table}) {TABLE} WHERE {asked})", values)]


def marks(values: Sequence[object]) -> str:
    """Returns a place for each value, as in a list of `IN`."""
    return ", ".join("?" for _ in values)


def tokens(values: Iterable[tuple[str | None, str | None]]) -> Sql:
    """Returns the condition on a row of tokens: `system` None is any system, an empty one none;
    `code` None is any code.
    """
    codes: dict[str | None, dict[str | None, None]] = {}
    for system, code in values:
        codes.setdefault(system, {})[code] = None
    parts = []
    for system, of_system in codes.items():
        words = []
        params: list[object] = []
        if None not in of_system:
            words.append(f"code IN ({marks(list(of_system))})")
            params += [key(code) for code in of_system if code is not None]
        if system:
            words.append("(system = ? OR system = '*')")  # '*': of a code element it is implied
            params.append(key(system))
        elif system is not None:
            words.append("system IS NULL")
        parts.append((" AND ".join(words) or "TRUE", params))
    return either(parts)


def references(values: Iterable[tuple[str | None, str | None, str | None]]) -> Sql:
    """Returns the condition on a row of references: type or None, id or None, URL or None."""
    urls: list[str] = []
    ids: dict[str | None, list[object]] = {}
    for target_type, target_id, url in values:
        if url is not None:
            urls.append(url)
        else:
            ids.setdefault(target_type, []).append(target_id and key(target_id))
    parts = addresses("url", urls)
    for target_type, of_type in ids.items():
        text = f"target_id IN ({marks(of_type)})"
        if target_type is None:
            parts.append((text, of_type))
        else:
            parts.append((f"{text} AND target_type = ?", [*of_type, target_type]))
    return either(parts)


def addresses(column: str, urls: Sequence[str]) -> list[Sql]:
    """Returns the conditions that a column holds one of the URLs; one without a version also means
    each of its versions, `URL|1.0` (FHIR R4 search.html#canonical).
    """
    if not urls:
        return []
    # `}` comes next after `|`
    versions: list[Sql] = [
        (f"{column} >= ? AND {column} < ?", [f"{url}|", f"{url}}}"])
        for url in urls
        if "|" not in url
    ]
    return [(f"{column} IN ({marks(urls)})", [key(url) for url in urls]), *versions]


def _tree(texts: Sequence[str]) -> str:
    """Joins with OR so that the depth grows with the logarithm of their number."""
    if len(texts) <= 8:
        return " OR ".join(texts)
    middle = len(texts) // 2
    return f"({_tree(texts[:middle])}) OR ({_tree(texts[middle:])})"
