"""Is a code in a value set?  True, False, or None where the definitions at hand cannot tell.

Enumerated, whole-system and simple filter includes are decided; a code system that is absent or only a fragment is not
(FHIR R4 valueset.html#compositions).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.definitions.store import Definitions
from sandbox.fhir.json import Json

DEPTH = 10


class Terminology:
    """Answers from a definition store; what was looked up once is kept."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._codes: dict[str, dict[str, tuple[str, tuple[str, ...]]] | None] = {}
        self._seen: dict[tuple[str, str | None, str], bool | None] = {}

    def is_member(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Tells whether a code is in a value set; without a system the code alone counts (type code)."""
        key = (value_set, system, code)
        if key not in self._seen:
            self._seen[key] = self._in_value_set(value_set, system, code, DEPTH)
        return self._seen[key]

    def _in_value_set(self, url: str, system: str | None, code: str, depth: int) -> bool | None:
        definition = self._definitions.value_set(url)
        if definition is None or not depth:
            return None
        if "expansion" in definition:
            return any(e["code"] == code and system in (None, e.get("system")) for e in definition["expansion"])
        verdict = _any(self._included(include, system, code, depth) for include in definition.get("include", ()))
        if verdict is not False and definition.get("exclude"):
            excluded = _any(self._included(exclude, system, code, depth) for exclude in definition["exclude"])
            verdict = _all((verdict, None if excluded is None else not excluded))
        return verdict

    def _included(self, include: Json, system: str | None, code: str, depth: int) -> bool | None:
        verdicts: list[bool | None] = []
        if "system" in include:
            verdicts.append(self._in_system(include, system, code))
        verdicts += [self._in_value_set(url, system, code, depth - 1) for url in include.get("valueSet", ())]
        return _all(verdicts)

    def _in_system(self, include: Json, system: str | None, code: str) -> bool | None:
        if system is not None and system != include["system"]:
            return False
        if "concept" in include:
            return code in include["concept"]
        codes = self._system(include["system"])
        if codes is None:
            return None
        if code not in codes:
            return False
        return _all([_meets(codes, code, one) for one in include.get("filter", ())]) if "filter" in include else True

    def _system(self, url: str) -> dict[str, tuple[str, tuple[str, ...]]] | None:
        """Returns code → (display, ancestors) of a complete code system, else None."""
        if url not in self._codes:
            definition = self._definitions.code_system(url)
            complete = definition is not None and definition.get("content") == "complete" and definition.get("concept")
            self._codes[url] = dict(_flatten(definition["concept"], ())) if definition and complete else None
        return self._codes[url]


def _flatten(concepts: list[Any], above: tuple[str, ...]) -> Iterable[tuple[str, tuple[str, tuple[str, ...]]]]:
    for concept in concepts:
        yield concept[0], (concept[1], above)
        if len(concept) > 2:
            yield from _flatten(concept[2], (*above, concept[0]))


def _meets(codes: dict[str, tuple[str, tuple[str, ...]]], code: str, wanted: Json) -> bool | None:
    """Judges a filter on the hierarchy; other properties are not compiled, so they stay undecided."""
    operator, value, ancestors = wanted.get("op"), wanted.get("value"), codes[code][1]
    if wanted.get("property") != "concept":
        return None
    if operator == "is-a":
        return code == value or value in ancestors
    if operator == "descendent-of":
        return value in ancestors
    if operator == "is-not-a":
        return code != value and value not in ancestors
    return None


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return True if True in found else None if None in found else False


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return False if False in found else None if None in found else True
