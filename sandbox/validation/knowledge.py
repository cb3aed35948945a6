"""What is judged by: the definitions at hand, and the rules that were built from them, once for all
validations.
"""

from __future__ import annotations

from sandbox.definitions.compiled import Manifest
from sandbox.definitions.store import Definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json
from sandbox.terminology.membership import Terminology
from sandbox.validation.rules import Rule, build_rules, compose


class Knowledge:
    """Definitions with what was built from them; no validation changes what another sees."""

    def __init__(self, definitions: Definitions, *, guides: tuple[Manifest, ...] = ()) -> None:
        """Takes definitions and the guides that the user added: what these ask of every instance of
        a type counts.
        """
        self.definitions = definitions
        self.guides = guides
        self.types = TypeCatalogue(definitions)
        self.terminology = Terminology(definitions)
        self._rules: dict[int, Rule] = {}
        self._of_types: dict[str, Rule] = {}
        self._profiles: dict[str, Rule | None] = {}
        self._constrained: dict[str, str] = {}
        self._constrained_together: dict[tuple[str, ...], frozenset[str]] = {}

    def rules(self, structure: Json) -> Rule:
        """Returns the rules of a structure, built once."""
        key = id(structure)
        if key not in self._rules:
            self._rules[key] = build_rules(structure, self.types)
        return self._rules[key]

    def type_rules(self, type: str) -> Rule | None:
        """Returns the rules of a type of R4, or None for a name that is none."""
        if type not in self._of_types:
            definition = self.definitions.type_definition(type)
            if definition is None:
                return None
            self._of_types[type] = self.rules(definition)
        return self._of_types[type]

    def type_of_profile(self, canonical: str) -> str:
        """Returns the type that a profile constrains, or an empty text for an unknown profile."""
        if canonical not in self._constrained:
            structure = self.definitions.structure(canonical)
            self._constrained[canonical] = str(structure["type"]) if structure else ""
        return self._constrained[canonical]

    def types_of_profiles(self, canonicals: tuple[str, ...]) -> frozenset[str]:
        """Returns the types that profiles constrain, an empty text for an unknown one."""
        known = self._constrained_together.get(canonicals)
        if known is None:
            known = frozenset(map(self.type_of_profile, canonicals))
            self._constrained_together[canonicals] = known
        return known

    def profile(self, canonical: str, *, derived: frozenset[str] = frozenset()) -> Rule | None:
        """Returns the rules of a profile and of the profiles below it, without those of the type
        itself.

        Args:
            canonical: URL of the profile, with or without version.
            derived: The profiles that are being composed on top of it.

        Returns: None where the profile, or one that it builds on, is not known here, or where it
            builds on itself.
        """
        if canonical not in self._profiles:
            # Kept when it is whole: what another thread sees in between would be wrong for good.
            self._profiles[canonical] = self._compose(canonical, derived | {canonical})
        return self._profiles[canonical]

    def lacking(self, canonical: str) -> tuple[str, str]:
        """Returns what a profile that is not known builds on but is not at hand: its canonical, and
        its package.
        """
        url = canonical
        package: Manifest | None = None
        seen: set[str] = set()
        while (structure := self.definitions.structure(url)) is not None and url not in seen:
            seen.add(url)
            package = self.definitions.package_of(url)
            url = str(structure.get("baseDefinition", ""))
        return url, self._package_for(url, package)

    def _package_for(self, url: str, asking: Manifest | None) -> str:
        """Returns the missing package that a canonical belongs to; all that are missing where that
        is not said.
        """
        packages = [asking] if asking else self.definitions.packages.values()
        missing = {
            str(dependency): dependency
            for package in packages
            for dependency in self.definitions.missing(package)
        }
        fitting = [
            name
            for name, dependency in missing.items()
            if dependency.canonical and url.startswith(dependency.canonical + "/")
        ]
        return ", ".join(fitting or (missing if asking else ()))

    def _compose(self, canonical: str, derived: frozenset[str]) -> Rule | None:
        structure = self.definitions.structure(canonical)
        if structure is None:
            return None
        if structure.get("derivation") != "constraint":
            return Rule(structure["type"], structure["type"], "FHIR R4")
        named = str(structure.get("baseDefinition", ""))
        base = self.profile(named, derived=derived) if named not in derived else None
        return compose(base, self.rules(structure)) if base else None
