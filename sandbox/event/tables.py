"""Frozen dataclasses as tables of TOML or JSON and back, by the types of their fields.  Pure.

What is wrong is collected, each with its place, so that a person corrects a file in one go.  In a
place an item of a list stands by its id or name, which is how the file's author knows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from sandbox.findings import Finding

Table = Mapping[str, Any]
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
KINDS: Mapping[type, str] = {
    str: "text", int: "number", bool: "true | false", date: "2026-07-27",
    datetime: "2026-07-27T09:00",
}  # fmt: skip
"""How a person writes a value of each type."""


class Reader:
    """Reads tables into dataclasses; `faults` holds what is wrong with what was read so far."""

    def __init__(self) -> None:
        self.faults: list[Finding] = []

    def read(self, kind: type, value: object, where: str = "") -> Any:
        """Returns a value as its type says; None, with a fault, where it cannot be one.

        Args:
            kind: A dataclass, `str`, `int`, `bool`, `date`, `datetime`, a Literal, or a tuple,
                a Mapping or an optional of these.
            value: What the file holds.
            where: Its place in the file.
        """
        if get_origin(kind) is UnionType:
            return self.read(
                next(one for one in get_args(kind) if one is not NoneType), value, where
            )
        if is_dataclass(kind):
            return self._read_fields(kind, value, where)
        if get_origin(kind) is tuple:
            return self._read_list(get_args(kind)[0], value, where)
        if get_origin(kind) is Literal:
            return self._read_choice(get_args(kind), value, where)
        if get_origin(kind) is not None:
            return self._read_words(value, where)
        return self._read_scalar(kind, value, where)

    def _read_fields(self, kind: Any, value: object, where: str) -> Any:
        if not isinstance(value, Mapping):
            return self._wrong(where, "table", value)
        types = _types(kind)
        for name in sorted(set(value) - set(types)):
            self._tell("plan.unknown_key", _join(where, name), name=name, known=", ".join(types))
        for field in fields(kind):
            if field.name not in value and not _has_default(field):
                self._tell("plan.missing_key", _join(where, field.name), name=field.name)
        before = len(self.faults)
        read = {
            name: self.read(types[name], value[name], _join(where, name))
            for name in types
            if name in value
        }
        is_whole = len(self.faults) == before
        lacks = [one for one in fields(kind) if one.name not in read and not _has_default(one)]
        return kind(**read) if is_whole and not lacks else None

    def _read_list(self, kind: type, value: object, where: str) -> Any:
        if not isinstance(value, list):
            return self._wrong(where, "list", value)
        return tuple(
            self.read(kind, item, f"{where}[{_name_of(item, index)}]")
            for index, item in enumerate(value)
        )

    def _read_words(self, value: object, where: str) -> Any:
        if not isinstance(value, Mapping):
            return self._wrong(where, "table", value)
        return {name: self.read(str, text, _join(where, name)) for name, text in value.items()}

    def _read_choice(self, choices: Sequence[str], value: object, where: str) -> Any:
        if value not in choices:
            known = " | ".join(choices)
            return self._tell("plan.no_choice", where, found=str(value)[:60], known=known)
        return value

    def _read_scalar(self, kind: type, value: object, where: str) -> Any:
        # JSON has no dates: there they are texts
        if kind in (date, datetime) and isinstance(value, str):
            try:
                value = kind.fromisoformat(value)
            except ValueError:
                return self._wrong(where, KINDS[kind], value)
        # exactly: True is an int to Python, and a moment a date
        if type(value) is not kind:
            return self._wrong(where, KINDS[kind], value)
        return value

    def _wrong(self, where: str, expected: str, value: object) -> None:
        self._tell("plan.wrong_kind", where, found=str(value)[:60], expected=expected)

    def _tell(self, key: str, where: str, **params: object) -> None:
        self.faults.append(fault(key, where, **params))


def fault(key: str, where: str, **params: object) -> Finding:
    """Returns what is wrong at a place of a table; it is named in the sentence as `place`."""
    return Finding(key, "error", key, {"place": where, **params}, where=where)


def as_table(value: object) -> Any:
    """Returns a dataclass as tables, lists and scalars, without what is as it is by default."""
    if is_dataclass(value):
        return {
            field.name: as_table(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, tuple):
        return [as_table(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def leaves_of(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yields each scalar of a table with its place, as text; of a list of tables their order."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves_of(inner, _join(place, name))
    elif isinstance(value, list) and _is_table(value):
        names = [_name_of(item, index) for index, item in enumerate(value)]
        yield place, ", ".join(names)
        for name, item in zip(names, value, strict=True):
            yield from leaves_of(item, f"{place}[{name}]")
    elif isinstance(value, list):
        yield place, ", ".join(map(str, value))
    else:
        yield place, str(value)


def write_toml(table: Table) -> str:
    """Returns a table as TOML 1.0: values first, then the tables in it, each with its heading."""
    return "\n".join(_lines(table, "")).strip("\n") + "\n"


def _lines(table: Table, prefix: str) -> Iterator[str]:
    inner = {name: value for name, value in table.items() if _is_table(value)}
    for name, value in table.items():
        if name not in inner:
            yield f"{_key(name)} = {_scalar(value)}"
    for name, value in inner.items():
        path = f"{prefix}{_key(name)}"
        # an array of tables has a heading for each of them
        opened, closed = ("[[", "]]") if isinstance(value, list) else ("[", "]")
        for item in value if isinstance(value, list) else [value]:
            yield from ("", f"{opened}{path}{closed}")
            yield from _lines(item, f"{path}.")


def _is_table(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and "\n" in value:
        return '"""\n' + "\n".join(_escaped(line) for line in value.split("\n")) + '"""'
    return f'"{_escaped(value)}"' if isinstance(value, str) else json.dumps(value)


def _escaped(text: str) -> str:
    # the escapes of JSON are TOML's too, save that TOML wants DEL escaped as well
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else f'"{_escaped(name)}"'


@cache
def _types(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(cast(Any, kind))}


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _default(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _name_of(item: object, index: int) -> str:
    if isinstance(item, Mapping):
        return str(item.get("id") or item.get("name") or index + 1)
    return str(index + 1)
