"""What R4 (4.0.1) defines, read once from the compiled table beside this file: types and search
parameters.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

TABLE = Path(__file__).parent / "search_parameters.json"


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one resource type; `paths` are in the notation of
    `definitions.build`.
    """

    code: str
    kind: str
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    parts: tuple[SearchParameter, ...] = ()
    """Of a composite parameter: what belongs together, with paths below each element that `paths`
    find.
    """

    @property
    def target_types(self) -> frozenset[str]:
        """The types that the reference may point to; a path that names its target
        (`subject>Patient`) decides.
        """
        named = {path.partition(">")[2] for path in self.paths if ">" in path}
        if named and len(named) == len(self.paths):
            return frozenset(named)
        return resource_types() if self.targets == ("*",) else frozenset(self.targets)


@cache
def _table() -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(TABLE.read_bytes())
    return content


@cache
def parameters_edition() -> str:
    """Returns a word that changes with the search parameters."""
    return hashlib.sha256(TABLE.read_bytes()).hexdigest()[:12]


@cache
def resource_types() -> frozenset[str]:
    """Returns the 146 concrete resource types."""
    return frozenset(_table()["resource_types"])


@cache
def datatype_suffixes() -> frozenset[str]:
    """Returns the data types as they end the name of a choice element: `Quantity`, `DateTime`, …"""
    return frozenset(_table()["datatypes"])


@cache
def search_parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    """Returns the search parameters of a type by code; the ones that begin with `_` are the
    server's own.
    """
    return {
        code: _parameter(code, row)
        for code, row in _table()["parameters"].get(resource_type, {}).items()
    }


@cache
def compartments() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Returns, for each type that has a compartment, the parameters by which each other type is in
    it.
    """
    return {
        owner: {member: tuple(codes) for member, codes in members.items()}
        for owner, members in _table()["compartments"].items()
    }


def _parameter(code: str, row: Mapping[str, Any]) -> SearchParameter:
    parts = tuple(
        _parameter(f"{code}/{place}", part) for place, part in enumerate(row.get("parts", ()))
    )
    return SearchParameter(
        code, row["kind"], tuple(row["paths"]), tuple(row.get("targets", ())), parts
    )


def nearest(word: str, known: list[str]) -> str:
    """Returns the known word most like `word`, or an empty string; upper and lower case count
    little.
    """
    lowered = {name.lower(): name for name in known}
    match = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[match[0]] if match else ""
