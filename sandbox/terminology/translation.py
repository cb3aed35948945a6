"""Translating codes by concept maps, along them and against them (FHIR R4
conceptmap-operation-translate.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.definitions.store import Definitions
from sandbox.fhir.json import Json

# What an equivalence says when it is read from the target's side (FHIR R4
# valueset-concept-map-equivalence.html)
REVERSED = {
    "wider": "narrower",
    "narrower": "wider",
    "subsumes": "specializes",
    "specializes": "subsumes",
}
NO_MATCH = frozenset({"unmatched", "disjoint"})


@dataclass(frozen=True, slots=True)
class Match:
    """A code that another was mapped to, how near it is, and the map that says so."""

    system: str
    code: str
    display: str
    equivalence: str
    source: str

    @property
    def is_match(self) -> bool:
        """`unmatched` and `disjoint` say that there is none."""
        return self.equivalence not in NO_MATCH


@dataclass(frozen=True, slots=True)
class Question:
    """A code to translate; `target` (a code system) and `concept_map` (a URL) narrow the answer."""

    system: str
    code: str
    target: str = ""
    concept_map: str = ""
    reverse: bool = False


def translate(definitions: Definitions, question: Question) -> list[Match]:
    """Returns the matches of all maps at hand, in their order; no map and no row both give an empty
    list.
    """
    matches: dict[tuple[str, str, str], Match] = {}
    for definition in definitions.concept_maps():
        if question.concept_map in ("", definition["url"]):
            for match in _in_map(definition, question):
                matches.setdefault((match.system, match.code, match.source), match)
    return list(matches.values())


def _in_map(concept_map: Json, question: Question) -> Iterator[Match]:
    for group in concept_map["group"]:
        here = group.get("source", "")
        there = group.get("target", "")
        if question.reverse:
            here, there = there, here
        if here.partition("|")[0] != question.system or question.target not in (
            "",
            there.partition("|")[0],
        ):
            continue
        for code, display, targets in group["element"]:
            for target, target_display, equivalence in targets:
                if question.reverse and target == question.code:
                    yield Match(
                        there,
                        code,
                        display,
                        REVERSED.get(equivalence, equivalence),
                        concept_map["url"],
                    )
                elif not question.reverse and code == question.code:
                    yield Match(there, target, target_display, equivalence, concept_map["url"])
