"""Is a code in a value set?  True, False, or None where the definitions at hand cannot tell.

Enumerated, whole-system and filter includes are decided; a code system that is absent or only a
fragment is not (FHIR R4 valueset.html#compositions).
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.definitions.store import Definitions
from sandbox.fhir.json import Json
from sandbox.terminology.filters import meets
from sandbox.terminology.systems import CodeSystems
from sandbox.terminology.verdicts import Verdict, judge_code

DEPTH = 10
MOST_KEPT = 100_000
MOST_CHOICES = 12  # codes that a sentence lists


class Terminology:
    """Answers from a definition store; what was looked up once is kept."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.systems = CodeSystems(definitions)
        self._seen: dict[tuple[str, str | None, str], bool | None] = {}
        self._judged: dict[tuple[str, str, str], Verdict] = {}

    def is_member(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Tells whether a code is in a value set; without a system the code alone counts (type
        code).
        """
        key = (value_set, system, code)
        if key not in self._seen:
            if len(self._seen) >= MOST_KEPT:
                self._seen.clear()
            self._seen[key] = self._in_value_set(value_set, system, code, DEPTH)
        return self._seen[key]

    def choices(self, value_set: str) -> list[str]:
        """Returns the codes of a value set that is listed and has few; nothing for any other."""
        definition = self.definitions.value_set(value_set) or {}
        includes = definition.get("include", ())
        if "expansion" in definition:
            codes = [row["code"] for row in definition["expansion"]]
        elif definition.get("exclude") or any(
            include.keys() - {"system", "concept"} for include in includes
        ):
            return []
        elif all("concept" in include or self._is_whole(include["system"]) for include in includes):
            codes = [code for include in includes for code in self._codes(include)]
        else:
            return []
        return codes if len(codes) <= MOST_CHOICES else []

    def _is_whole(self, system: str) -> bool:
        return self.systems.standing(system) == "complete"

    def _codes(self, include: Json) -> list[str]:
        rows = include.get("concept")
        return [row[0] for row in rows] if rows else list(self.systems.concepts(include["system"]))

    def judge_code(self, system: str, code: str, version: str = "") -> Verdict:
        """Returns the verdict on a code by itself."""
        key = (system, code, version)
        verdict = self._judged.get(key)
        if verdict is None:
            if len(self._judged) >= MOST_KEPT:
                self._judged.clear()
            verdict = self._judged[key] = judge_code(
                self.definitions, self.systems, system, code, version
            )
        return verdict

    def _in_value_set(self, url: str, system: str | None, code: str, depth: int) -> bool | None:
        definition = self.definitions.value_set(url)
        if definition is None or not depth:
            return None
        if "expansion" in definition:
            return any(
                e["code"] == code and system in (None, e.get("system"))
                for e in definition["expansion"]
            )
        verdict = _any(
            self._included(include, system, code, depth)
            for include in definition.get("include", ())
        )
        if definition.get("inactive") is False and self._is_inactive(definition, system, code):
            return False
        if verdict is not False and definition.get("exclude"):
            excluded = _any(
                self._included(exclude, system, code, depth) for exclude in definition["exclude"]
            )
            verdict = _all((verdict, None if excluded is None else not excluded))
        return verdict

    def _is_inactive(self, definition: Json, system: str | None, code: str) -> bool:
        """Tells whether a code that a value set draws from a system is out of use there."""
        systems = {str(include.get("system", "")) for include in definition.get("include", ())}
        concepts = [
            self.systems.find(each, code) for each in systems if each and system in (None, each)
        ]
        return any(concept is not None and concept.standing == "inactive" for concept in concepts)

    def _included(self, include: Json, system: str | None, code: str, depth: int) -> bool | None:
        verdicts: list[bool | None] = []
        if "system" in include:
            verdicts.append(self._in_system(include, system, code))
        verdicts += [
            self._in_value_set(url, system, code, depth - 1) for url in include.get("valueSet", ())
        ]
        return _all(verdicts)

    def _in_system(self, include: Json, system: str | None, code: str) -> bool | None:
        own = include["system"]
        if system is not None and system != own:
            return False
        if "concept" in include:
            is_same = self.systems.is_same
            return any(is_same(own, row[0], code) for row in include["concept"])
        is_there = self.systems.has(own, code)
        if not is_there:
            return is_there
        concept = self.systems.find(own, code)
        return _all(
            [
                meets(self.systems, own, concept, condition)
                for condition in include.get("filter", ())
            ]
            if concept
            else [None]
        )


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    judged = list(verdicts)
    return True if True in judged else None if None in judged else False


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    judged = list(verdicts)
    return False if False in judged else None if None in judged else True
