"""Payload dialects: one data file for each, with its claim number, its telltale marks and its
fields.

A dialect is known by its marks alone, so that a certificate at the wrong place is still read, and
said to be there.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sandbox.certificates.cose import MAPS
from sandbox.certificates.fields import Field, Fits, fits_of, is_date_with_time, kind_of, size_of
from sandbox.findings import Finding, Severity

FOLDER = Path(__file__).parent / "dialects"
MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """Where content says what can be judged beyond its form; paths are those of fields.

    `is_binding` tells whether the times are those of the certificate itself, not of what it
    certifies; `doses` are pairs of the number of a dose and of its series, `follows` pairs of an
    event and of what cannot lie before it.  Two are never equal,
    so that what is derived of one is found again at once.
    """

    birth: str = ""
    events: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    is_binding: bool = False
    doses: tuple[tuple[str, str], ...] = ()
    countries: tuple[str, ...] = ()
    follows: tuple[tuple[str, str], ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Returns all paths but that of the birth."""
        return (
            *self.events,
            *self.begins,
            *self.ends,
            *(path for pair in (*self.doses, *self.follows) for path in pair),
            *self.countries,
        )


@dataclass(slots=True)
class Node:
    """A place in content: the field that it is, and the places below it, those of each item where
    it is a list.
    """

    field: Field | None = None
    is_list: bool = False
    fits: Fits | None = None
    """The test of its field."""
    may_lack: bool = True
    """Whether nothing is to be said where it is absent."""
    children: dict[str, Node] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A form of what a certificate holds: `claim` is its number below -260 (None: it is the payload
    itself).
    """

    name: str
    family: str
    claim: int | None
    marks: tuple[str, ...]
    clause: str
    fields: tuple[Field, ...]
    tree: Mapping[str, Node]
    one_of: tuple[tuple[str, ...], ...]
    any_of: tuple[tuple[str, ...], ...]
    values: Mapping[str, frozenset[str]]
    without: tuple[str, ...] = ()
    """Keys of other dialects: where one is there, this is none of ours."""
    meaning: Meaning = Meaning()
    refuses_null: bool = False
    """Whether a field that is there with no value is wrong, as by a JSON Schema."""

    def is_that(self, content: Any) -> bool:
        """Tells whether content has the marks of this dialect."""
        # a loop: it is asked for every certificate, and a generator takes twice as long
        for mark in self.marks:
            if not _has(content, mark):
                return False
        return not (self.without and any(_has(content, path) for path in self.without))


@cache
def all_dialects() -> tuple[Dialect, ...]:
    """Returns the dialects, those with more marks first."""
    dialects = [_read(file) for file in sorted(FOLDER.glob("*.toml"))]
    # the marks of one dialect may be part of another's, which must be tried before it
    return tuple(sorted(dialects, key=lambda dialect: (-len(dialect.marks), dialect.name)))


def dialect_of(content: Mapping[int | None, Any]) -> tuple[Dialect | None, int | None, Any]:
    """Returns the dialect that is met, its place and what stands there; None where none has these
    marks.

    What is no map is named `value`.
    """
    for is_at_its_place in (True, False):
        for number, value in content.items():
            # a bare value, such as the text of a link, says what it is by its place alone
            if not is_at_its_place and not isinstance(value, MAPS):
                continue
            named = value if isinstance(value, MAPS) else {"value": value}
            for dialect in _dialects_at(number) if is_at_its_place else all_dialects():
                if dialect.is_that(named):
                    return dialect, number, named
    return None, None, None


@lru_cache(maxsize=256)
def _dialects_at(number: int | None) -> tuple[Dialect, ...]:
    """Returns the dialects whose place is below a number."""
    return tuple(dialect for dialect in all_dialects() if dialect.claim == number)


def check(dialect: Dialect, content: Any) -> list[Finding]:
    """Returns where content is not as its dialect asks; at most fifty findings."""
    findings: list[Finding] = []
    for group in dialect.one_of:
        present = [name for name in group if _has(content, name)]
        if len(present) != 1:
            names = ", ".join(group)
            findings.append(
                _finding(dialect, "field_one_of", expected=names, found=", ".join(present) or "–")
            )
    for group in dialect.any_of:
        if not any(_has(content, name) for name in group):
            findings.append(_finding(dialect, "field_any_of", expected=", ".join(group)))
    _walk(dialect, dialect.tree, content, "", findings)
    return findings[:MOST_FINDINGS]


def _walk(
    dialect: Dialect,
    nodes: Mapping[str, Node],
    content: Mapping[Any, Any],
    where: str,
    findings: list[Finding],
) -> None:
    """Adds the faults of the fields in a map and in what it holds."""
    for name, node in nodes.items():
        value = content.get(name)
        if value is None:
            if not node.may_lack or (dialect.refuses_null and name in content):
                findings += _lacking(dialect, node, content, name, where)
            continue
        is_right = node.fits is None or node.fits(value)
        # a place is written only for what is wrong or has fields inside: most are neither
        if is_right and not node.children:
            continue
        place = f"{where}.{name}" if where else name
        if node.field is not None and not is_right:
            _judge(dialect, node.field, place, value, findings)
        if not node.children or len(findings) > MOST_FINDINGS:
            continue
        if node.is_list and isinstance(value, list):
            for number, item in enumerate(value[:MOST_FINDINGS]):
                at = f"{place}[{number}]"
                if isinstance(item, MAPS):
                    _walk(dialect, node.children, item, at, findings)
                else:
                    met = str(item)[:60]
                    findings.append(_finding(dialect, "field_kind", at, expected="map", found=met))
        elif not node.is_list and isinstance(value, MAPS):
            _walk(dialect, node.children, value, place, findings)


def _lacking(
    dialect: Dialect, node: Node, content: Mapping[Any, Any], name: str, where: str
) -> list[Finding]:
    """Returns what is to be said of a place where no value stands."""
    place = f"{where}.{name}" if where else name
    if node.field is None:
        return []
    if node.field.needed:
        return [_finding(dialect, "field_missing", place)]
    if name in content and dialect.refuses_null:
        return [_finding(dialect, "field_kind", place, expected=node.field.kind, found="null")]
    return []


def _judge(dialect: Dialect, field: Field, where: str, value: Any, findings: list[Finding]) -> None:
    """Adds the faults of one field."""
    if field.kind == "date" and is_date_with_time(value):
        day = value[:10]
        name = "date_with_time"
        findings.append(
            _finding(dialect, name, where, severity="warning", expected=day, found=value[:40])
        )
        return
    # Size, pattern and values are asked only of what has the right kind: a second finding about
    # a number that stands for a text would hide the first.
    if not kind_of(field.kind)(value):
        findings.append(
            _finding(dialect, "field_kind", where, expected=field.kind, found=str(value)[:60])
        )
        return
    size = size_of(field, value)
    least = field.least if field.least is not None else 0
    is_small = field.least is not None and size < field.least
    if is_small or (field.most and size > field.most):
        limits = f"{least}…{field.most or ''}"
        findings.append(_finding(dialect, "field_size", where, expected=limits, found=str(size)))
    if field.pattern and not re.fullmatch(field.pattern, value):
        findings.append(
            _finding(dialect, "field_pattern", where, expected=field.like, found=value[:60])
        )
    if field.values and value not in dialect.values[field.values]:
        severity: Severity = "error" if field.is_closed else "warning"
        name = "field_value"
        findings.append(
            _finding(
                dialect, name, where, severity=severity, expected=field.values, found=value[:60]
            )
        )


def _has(content: Any, path: str) -> bool:
    """Tells whether a path leads somewhere; `name[]` leads into the first of a list."""
    # most marks are a key at the top; they are asked for of every dialect, for every certificate
    if path.isalnum():
        return path in content
    steps = steps_of(path)
    for name, is_list in steps:
        if not isinstance(content, MAPS) or name not in content:
            return False
        content = content[name]
        if is_list:
            if not isinstance(content, list) or not content:
                return False
            content = content[0]
    return True


@cache
def steps_of(path: str) -> tuple[tuple[str, bool], ...]:
    """Returns the names on a path, and whether each leads into a list; paths are those of our own
    data.
    """
    return tuple((step.removesuffix("[]"), step.endswith("[]")) for step in path.split("."))


def _read(file: Path) -> Dialect:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    values = {name: frozenset(codes) for name, codes in table.get("values", {}).items()}
    fields = tuple(Field(path, **rest) for path, rest in table["fields"].items())
    one_of, any_of = (tuple(map(tuple, table.get(name, []))) for name in ("one_of", "any_of"))
    marks = tuple(table["marks"])
    without = tuple(table.get("without", []))
    claim = table.get("claim")
    refuses_null = table.get("refuses_null", False)
    return Dialect(
        file.stem,
        table["family"],
        claim,
        marks,
        table["clause"],
        fields,
        _tree(fields, values),
        one_of,
        any_of,
        values,
        without,
        Meaning(**{name: _frozen(value) for name, value in table.get("meaning", {}).items()}),
        refuses_null,
    )


def _frozen(value: Any) -> Any:
    """Returns lists as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _tree(fields: Sequence[Field], values: Mapping[str, frozenset[str]]) -> dict[str, Node]:
    """Returns the fields by the steps of their paths."""
    root = Node()
    for field in fields:
        node = root
        for step in field.path.split("."):
            name = step.removesuffix("[]")
            node = node.children.setdefault(name, Node())
            node.is_list = node.is_list or step.endswith("[]")
        node.field = field
        node.may_lack = not field.needed
        node.fits = fits_of(field, values.get(field.values, frozenset()))
    return root.children


def _finding(
    dialect: Dialect,
    name: str,
    where: str = "",
    *,
    severity: Severity = "error",
    expected: str = "",
    found: str = "",
) -> Finding:
    key = f"certificates.{name}"
    params = {"place": where}
    return Finding(
        key,
        severity,
        key,
        params,
        where=where,
        expected=expected,
        found=found,
        clause=dialect.clause,
    )
