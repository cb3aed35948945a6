"""Expanding a value set: the codes that are in it, whole or not at all (FHIR R4
valueset.html#expansion).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.errors import NotFound, NotImplementedHere
from sandbox.fhir.json import Json
from sandbox.terminology.filters import meets
from sandbox.terminology.membership import DEPTH, Terminology
from sandbox.terminology.systems import Concept

CLAUSE = "FHIR R4 valueset-operation-expand.html"
Coding = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Expansion:
    """One page of an expansion: rows of system, code and display, and how many there are in all."""

    total: int
    offset: int
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ExpansionOptions:
    """What is asked of an expansion: words that display or code must contain, a page, a
    language.
    """

    words: str = ""
    offset: int = 0
    count: int | None = None
    language: str = ""


def expand(terminology: Terminology, url: str, options: ExpansionOptions) -> Expansion:
    """Returns the expansion of a value set.

    Raises NotFound for an unknown one, NotImplementedHere for one that reaches into a code system
    that is not at hand: a part of an expansion would look like the whole.
    """
    rows = _Expander(terminology).rows_of(url, DEPTH)
    concepts = [(*coding, concept.display_in(options.language)) for coding, concept in rows.items()]
    words = options.words.lower().split()
    concepts = [
        row for row in concepts if all(word in f"{row[1]} {row[2]}".lower() for word in words)
    ]
    end = None if options.count is None else options.offset + options.count
    return Expansion(len(concepts), options.offset, tuple(concepts[options.offset : end]))


@dataclass(frozen=True, slots=True)
class _Expander:
    terminology: Terminology

    def rows_of(self, url: str, depth: int) -> dict[Coding, Concept]:
        definition = self.terminology.definitions.value_set(url)
        if definition is None:
            raise NotFound("terminology.no_value_set", where=url, clause=CLAUSE, name=url)
        if not depth:
            raise NotImplementedHere(
                "terminology.not_expandable", where=url, clause=CLAUSE, name=url, system=url
            )
        if "expansion" in definition:
            return {
                (row.get("system", ""), row["code"]): Concept(row["code"], row.get("display", ""))
                for row in definition["expansion"]
            }
        codings = self._union(definition.get("include", ()), url, depth)
        for coding in self._union(definition.get("exclude", ()), url, depth):
            codings.pop(coding, None)
        if definition.get("inactive") is False:
            return {
                coding: concept
                for coding, concept in codings.items()
                if concept.standing != "inactive"
            }
        return codings

    def _union(self, includes: Iterable[Json], url: str, depth: int) -> dict[Coding, Concept]:
        codings: dict[Coding, Concept] = {}
        for include in includes:
            for coding, concept in self._included(include, url, depth).items():
                codings.setdefault(coding, concept)
        return codings

    def _included(self, include: Json, url: str, depth: int) -> dict[Coding, Concept]:
        """System and value sets of one include must all hold (FHIR R4
        valueset.html#compositions).
        """
        parts = [self.rows_of(other, depth - 1) for other in include.get("valueSet", ())]
        if "system" in include:
            parts.insert(0, dict(self._of_system(include, url)))
        if not parts:
            return {}
        return {
            coding: concept
            for coding, concept in parts[0].items()
            if all(coding in other for other in parts[1:])
        }

    def _of_system(self, include: Json, url: str) -> Iterator[tuple[Coding, Concept]]:
        system = str(include["system"])
        systems = self.terminology.systems
        if "concept" in include:
            for code, display, *rest in include["concept"]:
                known = systems.find(system, code)
                own = Concept(code, display, (), rest[1] if len(rest) > 1 else {})
                yield (system, code), known if known and not display else own
            return
        if systems.standing(system) != "complete":
            raise NotImplementedHere(
                "terminology.not_expandable", where=url, clause=CLAUSE, name=url, system=system
            )
        for code, concept in systems.concepts(system).items():
            verdicts = [
                meets(systems, system, concept, condition)
                for condition in include.get("filter", ())
            ]
            if None in verdicts:
                raise NotImplementedHere(
                    "terminology.filter_unknown", where=url, clause=CLAUSE, name=url, system=system
                )
            if all(verdicts):
                yield (system, code), concept
