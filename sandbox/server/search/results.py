"""How results are to be given: page, order, inclusions, summary, elements (FHIR R4
search.html#return).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import orjson

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.errors import InvalidSearch, NotImplementedHere
from sandbox.server.search.paging import read_count
from sandbox.server.search.parameters import parameters_of, table_of
from sandbox.server.search.query import find_parameter
from sandbox.store.ordering import OWN_COLUMNS, Key, Order
from sandbox.store.resources import PageRequest

CLAUSE = "FHIR R4 search.html"
Summary = Literal["false", "true", "text", "data", "count"]
CONTAINED = f"{CLAUSE}#contained"
INCLUSIONS = ("_include", "_revinclude")
INCLUDE = re.compile(r"^(?P<type>\w+):(?P<code>[\w-]+|\*)(?::(?P<target>\w+))?$")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """`_include=Observation:patient:Patient`: source type, parameter (or `*`), target type or
    none.
    """

    source: str
    code: str
    target: str
    is_reverse: bool
    is_iterate: bool


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """What a search is to return besides the matches themselves."""

    page: PageRequest
    inclusions: tuple[Inclusion, ...]
    summary: Summary
    elements: tuple[str, ...]


def read_result_options(resource_type: str, query: tuple[tuple[str, str], ...]) -> ResultOptions:
    """Reads the result parameters of a search (FHIR R4 search.html#return).

    Raises:
        InvalidSearch: A value is not one that the parameter takes.
        NotImplementedHere: `_containedType=contained` is asked for.
    """
    controls = dict(query)
    summary, elements = _subset(controls, get_args(Summary))
    # An estimate may be exact, so `estimate` gets the accurate total.
    total = _choice(controls, "_total", ("accurate", "none", "estimate"), clause=CLAUSE)
    _choice(controls, "_contained", ("false", "true", "both"), clause=CONTAINED)
    if (
        _choice(controls, "_containedType", ("container", "contained"), clause=CONTAINED)
        == "contained"
    ):
        raise NotImplementedHere(
            "server.not_yet", where="_containedType", clause=CONTAINED, name="_containedType"
        )
    order = tuple(_order(resource_type, word) for word in _words(controls.get("_sort", "")))
    page = PageRequest(
        after=_read_place(controls["_after"], order) if "_after" in controls else (),
        count=0 if summary == "count" else read_count(controls),
        order=order,
        is_counted=total != "none" or summary == "count",
    )
    return ResultOptions(
        page=page,
        inclusions=tuple(
            _inclusion(resource_type, name, value)
            for name, value in query
            if name.startswith(INCLUSIONS)
        ),
        summary=summary,
        elements=elements,
    )


def read_subset(query: tuple[tuple[str, str], ...]) -> tuple[Summary, tuple[str, ...]]:
    """Reads `_summary` and `_elements` of a read, where nothing can be counted (FHIR R4
    http.html#read).

    Raises:
        InvalidSearch: `_summary` has a value that a read does not take.
    """
    return _subset(dict(query), [name for name in get_args(Summary) if name != "count"])


def _subset(controls: Mapping[str, str], known: Sequence[str]) -> tuple[Summary, tuple[str, ...]]:
    summary = _choice(controls, "_summary", known, clause=f"{CLAUSE}#summary")
    elements = tuple(_words(controls.get("_elements", "")))
    return summary, elements  # type: ignore[return-value]  # it is one of the known


def _choice(controls: Mapping[str, str], name: str, known: Sequence[str], *, clause: str) -> str:
    """Returns the value of a control, the first of the known ones where it is not given; raises
    InvalidSearch.
    """
    value = controls.get(name, known[0])
    if value not in known:
        raise InvalidSearch(
            "server.bad_choice", where=name, clause=clause, value=value, known=", ".join(known)
        )
    return value


def write_place(keys: Sequence[Key]) -> str:
    """Returns the keys of a page's last row as the `_after` of its next link."""
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def _read_place(text: str, order: Sequence[Order]) -> tuple[Key, ...]:
    """Returns the keys of a next link; raises InvalidSearch for what this server did not write for
    this order.
    """
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        keys = None
    if (
        not isinstance(keys, list)
        or len(keys) != len(order) + 1
        or type(keys[-1]) is not int
        or abs(keys[-1]) >= 2**63  # the database has no larger number
        or not all(column.fits(key) for column, key in zip(order, keys, strict=False))
    ):
        raise InvalidSearch("server.bad_page", where="_after", clause=CLAUSE, value=text)
    return tuple(keys)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _order(resource_type: str, word: str) -> Order:
    code = word.removeprefix("-")
    is_descending = word.startswith("-")
    if code in OWN_COLUMNS:
        return Order(code, descending=is_descending)
    parameter = find_parameter(resource_type, code, where="_sort") if resource_type else None
    if parameter is None or parameter.kind == "composite":
        raise InvalidSearch("server.cannot_sort", where="_sort", clause=f"{CLAUSE}#sort", name=code)
    return Order(f"{resource_type}.{code}", table_of(parameter), is_descending)


def _inclusion(searched: str, name: str, value: str) -> Inclusion:
    """Returns what `_include` or `_revinclude` asks for; `*` alone means every reference of what
    is searched.
    """
    word, _, modifier = name.partition(":")
    if (name, value) == ("_include", "*") and searched:
        value = f"{searched}:*"
    match = INCLUDE.match(value)
    clause = f"{CLAUSE}#revinclude"
    # STU3 called it `:recurse`.
    if match is None or modifier not in ("", "iterate", "recurse"):
        raise InvalidSearch("server.bad_include", where=name, clause=clause, value=value)
    for type in (match["type"], match["target"]):
        if type and type not in resource_types():
            near = nearest(type, sorted(resource_types()))
            raise InvalidSearch("server.bad_include", where=name, clause=clause, value=near or type)
    if match["code"] != "*":
        parameter = find_parameter(match["type"], match["code"], where=name)
        if parameter.kind != "reference":
            raise InvalidSearch("server.bad_include", where=name, clause=clause, value=value)
    return Inclusion(
        match["type"], match["code"], match["target"] or "", word == "_revinclude", modifier != ""
    )


def reference_parameters(inclusion: Inclusion) -> list[str]:
    """Returns the names of the reference parameters that an inclusion follows."""
    codes = [inclusion.code]
    if inclusion.code == "*":
        codes = [
            code
            for code, parameter in parameters_of(inclusion.source).items()
            if parameter.kind == "reference"
        ]
    return [f"{inclusion.source}.{code}" for code in codes]
