"""Code systems: which codes they hold, what a code means, and which code stands above which.

What is not at hand is said so: a system is complete, a fragment (some of its codes are known) or
absent.  Systems whose codes follow a grammar instead of a list (units, languages, media types) are
decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.definitions.store import Definitions
from sandbox.terminology.iso_codes import ISO_3166, ISO_4217, is_country, is_currency
from sandbox.terminology.languages import BCP_47, is_language
from sandbox.terminology.naming import Names
from sandbox.terminology.ucum import UCUM, is_unit

Standing = Literal["complete", "fragment", "absent", "grammar"]
Relation = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]

MEDIA_TYPES = "urn:ietf:bcp:13"
# RFC 6838 4.2
MEDIA_TYPE = re.compile(r"^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(\s*;.*)?$")
GRAMMARS: Mapping[str, Callable[[str], bool | None]] = {
    UCUM: is_unit,
    BCP_47: is_language,
    MEDIA_TYPES: lambda code: MEDIA_TYPE.match(code) is not None,
    ISO_3166: is_country,
    ISO_4217: is_currency,
}
# Systems without CodeSystem whose codes a value set of R4 names.
LISTED: Mapping[str, str] = {ISO_3166: "http://hl7.org/fhir/ValueSet/iso3166-1-2"}


# What a row may leave out at its end: children, displays by language, standing, properties.
EMPTY: list[Any] = [[], {}, "", {}]


@dataclass(frozen=True, slots=True)
class Concept:
    """A code with its display, the codes above it, displays in other languages, and its standing.

    The standing is `inactive`, `abstract` or `deprecated`, or empty for a code that is to be used.
    `properties` are the values of those that its system declares, None where they were not kept.
    """

    code: str
    display: str
    ancestors: tuple[str, ...] = ()
    displays: Mapping[str, str] = field(default_factory=dict)
    standing: str = ""
    properties: Mapping[str, Sequence[str]] | None = None

    def display_in(self, language: str) -> str:
        """Returns the display in a language (`es`, `es-CL`), or the one that the system gives
        first.
        """
        return (
            self.displays.get(language) or self.displays.get(language.split("-")[0]) or self.display
        )


class CodeSystems:
    """Answers from a definition store; the codes of a system are read once, from all its versions
    at hand.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._read: dict[str, tuple[Standing, dict[str, Concept]]] = {}
        self._folded: dict[str, dict[str, Concept]] = {}
        """By folded code, of the systems that say that case does not matter."""
        self._names: Names | None = None

    def standing(self, system: str) -> Standing:
        """Tells how much of a code system is at hand; `system` may carry a version
        (`url|version`).
        """
        return self._system(system)[0]

    def concepts(self, system: str) -> Mapping[str, Concept]:
        """Returns the concepts at hand by code, in the order of the system."""
        return self._system(system)[1]

    def find(self, system: str, code: str) -> Concept | None:
        """Returns a concept, or None for a code that is not there or not at hand."""
        standing, concepts = self._system(system)
        if standing == "grammar" and code not in concepts:
            return Concept(code, code) if GRAMMARS[system](code) else None
        return concepts.get(code) or self._folded.get(system, {}).get(code.casefold())

    def has(self, system: str, code: str) -> bool | None:
        """Tells whether a code is in a system: True, False, or None where the system is not wholly
        at hand.
        """
        if self.find(system, code):
            return True
        standing = self.standing(system)
        if standing == "grammar":
            return GRAMMARS[system](code)
        return False if standing == "complete" else None

    def is_same(self, system: str, left: str, right: str) -> bool:
        """Tells whether two texts are one code of a system: case matters unless it says that it
        does not.
        """
        if left == right or left.casefold() != right.casefold():
            return left == right
        self._system(system)
        return system in self._folded

    def near(self, system: str, code: str) -> str:
        """Returns the code that differs in case alone, or an empty text."""
        wanted = code.casefold()
        return next((known for known in self.concepts(system) if known.casefold() == wanted), "")

    def is_defined(self, system: str) -> bool:
        """Tells whether a system is at hand in any form, be it without codes."""
        return bool(self._definitions.code_systems(system))

    def has_version(self, system: str, version: str) -> bool:
        """Tells whether one version of a system is at hand."""
        return any(
            resource.get("version") == version
            for resource in self._definitions.code_systems(system)
        )

    def is_supplement(self, system: str) -> bool:
        """Tells whether a URL names only a supplement, which holds no codes (FHIR R4
        codesystem.html#supplements).
        """
        contents = {resource.get("content") for resource in self._definitions.code_systems(system)}
        return contents == {"supplement"}

    def right_url(self, system: str) -> str:
        """Returns the URL of the system that another spelling means, or an empty text."""
        if self._names is None:
            self._names = Names(self._definitions.code_system_urls())
        return self._names.right_url(system)

    def subsumes(self, system: str, left: str, right: str) -> Relation | None:
        """Tells how two codes relate (FHIR R4 codesystem-operation-subsumes.html), or None where
        that is not known.
        """
        left_concept = self.find(system, left)
        right_concept = self.find(system, right)
        if left_concept is None or right_concept is None:
            return None
        if left == right:
            return "equivalent"
        if left in right_concept.ancestors:
            return "subsumes"
        if right in left_concept.ancestors:
            return "subsumed-by"
        return "not-subsumed" if self.standing(system) == "complete" else None

    def _system(self, url: str) -> tuple[Standing, dict[str, Concept]]:
        if url not in self._read:
            self._read[url] = self._collect(url)
        return self._read[url]

    def _collect(self, url: str) -> tuple[Standing, dict[str, Concept]]:
        concepts: dict[str, Concept] = {}
        contents = set()
        folds = False
        for version in self._definitions.code_systems(url):
            declared = dict.fromkeys(version.get("property", ()), ())
            for concept in _flatten(version.get("concept", []), (), declared):
                concepts.setdefault(concept.code, concept)
            contents.add(version.get("content") if version.get("concept") else "not-present")
            folds = folds or version.get("caseSensitive") is False
        if folds:
            self._folded[url] = {code.casefold(): concept for code, concept in concepts.items()}
        listed = self._definitions.value_set(LISTED[url]) if url in LISTED else None
        for include in (listed or {}).get("include", ()):
            concepts |= {row[0]: Concept(row[0], row[1]) for row in include.get("concept", ())}
        if url in GRAMMARS:
            return "grammar", concepts
        if "complete" in contents:
            return "complete", concepts
        return ("fragment" if concepts else "absent"), concepts


def _flatten(
    rows: list[list[Any]], above: tuple[str, ...], declared: Mapping[str, Sequence[str]]
) -> Iterable[Concept]:
    for code, display, *rest in rows:
        children, displays, standing, own = rest + EMPTY[len(rest) :]
        properties = {**declared, **own} if declared else None
        yield Concept(code, display, above, displays, standing, properties)
        yield from _flatten(children, (*above, code), declared)
