"""What a validation carries along: definitions, findings so far, and how references are followed.

A finding is noted once: the same place and key are not said twice, however many layers meet there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from sandbox.definitions.compiled import Manifest
from sandbox.definitions.store import Definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json
from sandbox.fhir.references import Literal, parse_reference
from sandbox.fhirpath import Environment, Node
from sandbox.findings import Finding, Severity
from sandbox.terminology.membership import Terminology
from sandbox.validation.rules import Rule, build_rules, compose


class Knowledge:
    """Definitions with what was built from them; shared by all validations, never changed by one."""

    def __init__(self, definitions: Definitions, *, guides: tuple[Manifest, ...] = ()) -> None:
        """Takes definitions and the guides that the user added: what these ask of every instance of a type counts."""
        self.definitions = definitions
        self.guides = guides
        self.types = TypeCatalogue(definitions)
        self.terminology = Terminology(definitions)
        self._rules: dict[int, Rule] = {}
        self._profiles: dict[str, Rule | None] = {}

    def rules(self, structure: Json) -> Rule:
        """Returns the rules of a structure, built once."""
        key = id(structure)
        if key not in self._rules:
            entries = [entry for group in self.types.members(structure["type"]).values() for entry in group]
            choices = {entry.key: entry.name for entry in entries if entry.key != entry.name}
            self._rules[key] = build_rules(structure, choices)
        return self._rules[key]

    def type_of_profile(self, canonical: str) -> str:
        """Returns the type that a profile constrains, or an empty text for an unknown profile."""
        structure = self.definitions.structure(canonical)
        return str(structure["type"]) if structure else ""

    def profile(self, canonical: str) -> Rule | None:
        """Returns the rules of a profile and of the profiles below it, without those of the type itself.

        None: the profile, or one that it builds on, is not known here.
        """
        if canonical not in self._profiles:
            self._profiles[canonical] = None  # a circle of bases is no profile
            self._profiles[canonical] = self._compose(canonical)
        return self._profiles[canonical]

    def lacking(self, canonical: str) -> tuple[str, str]:
        """Returns what a profile that is not known builds on but is not at hand: its canonical, and its package."""
        url = canonical
        package: Manifest | None = None
        seen: set[str] = set()
        while (structure := self.definitions.structure(url)) is not None and url not in seen:
            seen.add(url)
            package = self.definitions.package_of(url)
            url = str(structure.get("baseDefinition", ""))
        return url, self._package_for(url, package)

    def _package_for(self, url: str, asking: Manifest | None) -> str:
        """Returns the missing package that a canonical belongs to; all that are missing where that is not said."""
        packages = [asking] if asking else self.definitions.packages.values()
        missing = {str(one): one for package in packages for one in self.definitions.missing(package)}
        fitting = [name for name, one in missing.items() if one.canonical and url.startswith(one.canonical + "/")]
        return ", ".join(fitting or (missing if asking else ()))

    def _compose(self, canonical: str) -> Rule | None:
        structure = self.definitions.structure(canonical)
        if structure is None:
            return None
        if structure.get("derivation") != "constraint":
            return Rule(structure["type"], structure["type"], "FHIR R4")
        base = self.profile(str(structure.get("baseDefinition", "")))
        return compose(base, self.rules(structure)) if base else None


@dataclass(frozen=True, slots=True)
class Place:
    """A node of the instance and where it stands; `resource` is the one around it, `full_url` its Bundle entry's."""

    node: Node
    path: str
    resource: Node
    full_url: str = ""

    def at(self, node: Node, step: str) -> Place:
        """Returns the place of a child."""
        return Place(node, f"{self.path}.{step}", self.resource, self.full_url)


@dataclass(slots=True)
class Validation:
    """One instance under judgement."""

    knowledge: Knowledge
    root: Node
    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    conforming: dict[tuple[int, str], bool] = field(default_factory=dict)
    busy: set[tuple[int, str]] = field(default_factory=set)
    bundle: Bundle | None = None
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    extensions: list[Place] = field(default_factory=list)
    """The extensions met on the way, to be judged by their own definitions."""

    def note(self, key: str, place: Place, *, severity: Severity = "error", clause: str = "", **params: Any) -> None:
        """Adds a finding, unless the same was said of the same place."""
        expected, found = str(params.pop("expected", "")), str(params.pop("found", ""))
        finding = Finding(
            id=f"validation.{key}", severity=severity, key=f"validation.{key}", params=params, where=place.path,
            expected=expected, found=found[:120], clause=clause,
        )  # fmt: skip
        self.findings.setdefault((finding.key, place.path, str(params.get("name", ""))), finding)

    @contextmanager
    def trial(self) -> Iterator[dict[tuple[str, str, str], Finding]]:
        """Collects the findings of a block apart: a trial whether something conforms."""
        kept, self.findings = self.findings, {}
        try:
            yield self.findings
        finally:
            self.findings = kept

    def environment(self, place: Place) -> Environment:
        """Returns what the invariants of a place may use."""
        constants = {"resource": place.resource, "context": place.node, "rootResource": place.resource}
        return Environment(
            self.knowledge.types, constants=constants, resolve=lambda reference: self.resolve(reference, place)
        )

    def resolve(self, reference: str, place: Place) -> Node | None:
        """Follows a reference to a contained resource or within the Bundle (FHIR R4 bundle.html#references)."""
        if reference.startswith("#"):
            return _contained(place.resource, reference[1:])
        return self.bundle.find(reference, place.full_url) if self.bundle else None


@dataclass
class Bundle:
    """The entries of the Bundle around a resource, by fullUrl."""

    value: Json

    @cached_property
    def by_url(self) -> dict[str, Node]:
        return dict(self._entries())

    def find(self, reference: str, full_url: str) -> Node | None:
        """Finds a target by absolute URL, or by a relative one beside the fullUrl of the entry that refers."""
        literal = parse_reference(reference)
        url, _, version = reference.partition("#")[0].partition("/_history/")
        found = self._find_unversioned(url, literal, full_url)
        if found is None or not version:
            return found
        meta = found.value.get("meta")
        return found if isinstance(meta, dict) and meta.get("versionId") == version else None

    def _find_unversioned(self, url: str, literal: Literal | None, full_url: str) -> Node | None:
        entries = self.by_url
        if literal and not literal.base:
            around = parse_reference(full_url)
            if around and around.base:
                return entries.get(f"{around.base}/{literal.type}/{literal.id}")
            ends = [url for url in entries if url.endswith(f"/{literal.type}/{literal.id}")]
            return entries[ends[0]] if len(ends) == 1 else None
        return entries.get(url)

    @cached_property
    def _namesakes(self) -> dict[tuple[str, str], str]:
        return {(node.type, str(node.value.get("id"))): url for url, node in self.by_url.items() if "id" in node.value}

    def namesake(self, literal: Literal) -> str:
        """Returns the fullUrl of an entry that has the type and id of a reference, or an empty text."""
        return self._namesakes.get((literal.type, literal.id), "")

    def path_of(self, node: Node) -> str:
        """Returns where a resource stands in the Bundle, or an empty text."""
        for index, entry in enumerate(self.value.get("entry", ())):
            if isinstance(entry, dict) and entry.get("resource") is node.value:
                return f"Bundle.entry[{index}].resource"
        return "?"

    def _entries(self) -> Iterator[tuple[str, Node]]:
        entries = self.value.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and isinstance(entry.get("fullUrl"), str):
                yield entry["fullUrl"], Node(resource, str(resource.get("resourceType")))


def _contained(resource: Node, id: str) -> Node | None:
    held = resource.value.get("contained") if isinstance(resource.value, dict) else None
    for one in held if isinstance(held, list) else ():
        if isinstance(one, dict) and one.get("id") == id:
            return Node(one, str(one.get("resourceType")))
    return resource if not id else None
