"""Extensions by their own definitions: content, parts, and where they may stand (FHIR R4
defining-extensions.html).

An extension whose definition is not at hand is said as not checked: national extensions are the
rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.definitions.origins import package_for
from sandbox.fhir.json import Json
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.extending import is_part
from sandbox.validation.narratives import judge_pointer
from sandbox.validation.profiles import judge_profile

UNKNOWN = "FHIR R4 extensibility.html#Extension"
MODIFIER = "FHIR R4 extensibility.html#modifierExtension"
CONTEXT = "FHIR R4 defining-extensions.html#context"
# R4's own definitions carry its tooling extensions in places that these do not name: contexts are
# not judged there.
DEFINITIONS = frozenset(
    {
        "CapabilityStatement", "CodeSystem", "CompartmentDefinition", "ConceptMap",
        "ImplementationGuide", "NamingSystem", "OperationDefinition", "SearchParameter",
        "StructureDefinition", "StructureMap", "TerminologyCapabilities", "ValueSet",
    }
)  # fmt: skip
INDEX = re.compile(r"\[\d+\]")


def judge_extension(validation: Validation, place: Place) -> None:
    """Holds an extension against its definition, where that is known."""
    url = place.node.value["url"]
    judge_pointer(validation, place, url)
    structure = validation.knowledge.definitions.structure(url)
    if structure is None:
        domains = validation.extension_domains
        is_allowed = domains is None or url.startswith(domains)
        severity: Severity = "information" if is_allowed else "error"
        _note_unknown(validation, place, url, severity)
        return
    judge_profile(validation, place, url)
    _judge_modifier(validation, place, structure)
    _judge_context(validation, place, structure)
    _judge_parts(validation, place, url)


def _note_unknown(validation: Validation, place: Place, url: str, severity: Severity) -> None:
    """Says that a definition is not at hand, and which package would bring it where the URL
    tells.
    """
    package = package_for(url)
    if package and package not in {
        package.name for package in validation.knowledge.definitions.packages.values()
    }:
        key = "unknown_extension_package"
        params = {"package": package}
    else:
        key = "unknown_extension"
        params = {}
    validation.note(key, place, severity=severity, clause=UNKNOWN, name=url, found=url, **params)


def _judge_modifier(validation: Validation, place: Place, structure: Json) -> None:
    """An extension that changes the meaning stands in modifierExtension, and no other does."""
    is_modifier = structure["element"][0].get("isModifier") if structure.get("element") else None
    step = place.path.rpartition(".")[2].partition("[")[0]
    if is_modifier is None or is_part(place) or is_modifier == (step == "modifierExtension"):
        return  # None: compiled before this was kept
    expected = "modifierExtension" if is_modifier else "extension"
    validation.note(
        "extension_modifier",
        place,
        clause=MODIFIER,
        name=structure["url"],
        expected=expected,
        found=step,
    )


def _judge_context(validation: Validation, place: Place, structure: Json) -> None:
    """The element around it must be one that the definition names; FHIRPath contexts are not
    judged.
    """
    contexts = [context for context in structure.get("context", ()) if isinstance(context, dict)]
    named = [
        str(context.get("expression")) for context in contexts if context.get("type") == "element"
    ]
    if (
        "Element" in named
        or not named
        or len(named) != len(contexts)
        or _path_in_resource(place)[0] in DEFINITIONS
    ):
        return
    around = set(_names_of_parent(validation, place))
    if around and not around & set(named):
        root, steps = _path_in_resource(place)
        validation.note(
            "extension_context",
            place,
            clause=CONTEXT,
            name=structure["url"],
            expected=", ".join(named),
            found=".".join([root, *steps]),
        )


def _names_of_parent(validation: Validation, place: Place) -> Iterator[str]:
    """Yields all names of the element around: its path, its type and that type's ancestors, paths
    within data types.
    """
    types = validation.knowledge.types
    root, steps = _path_in_resource(place)
    if "extension" in steps:
        return  # an extension on an extension: rare, and its path says nothing of its context
    yield ".".join([root, *steps])
    yield ".".join([root, *steps]) + "[x]"
    current = [root]
    for step in steps:
        yield from (f"{type}.{step}" for type in current)
        current = [entry.type for type in current for entry in types.members(type).get(step, ())]
    for type in current:
        yield from types.ancestors(type)


def _path_in_resource(place: Place) -> tuple[str, list[str]]:
    """Returns the type of the resource that the extension is in, contained or not, and the elements
    down to it.
    """
    steps = place.path.split(".")[:-1]
    for index in range(len(steps) - 1, 0, -1):
        name = INDEX.sub("", steps[index])
        if name in ("contained", "resource"):
            return place.resource.type, [INDEX.sub("", step) for step in steps[index + 1 :]]
    return place.resource.type, [INDEX.sub("", step) for step in steps[1:]]


def _judge_parts(validation: Validation, place: Place, url: str) -> None:
    """A complex extension has the parts that its definition slices, and no other."""
    rule = validation.knowledge.profile(url)
    inner = rule.children.get("extension") if rule else None
    known = (
        [
            str(slice.children["url"].fixed)
            for slice in inner.slices.values()
            if "url" in slice.children
        ]
        if inner
        else []
    )
    parts = place.node.value.get("extension")
    for index, part in enumerate(parts if known and isinstance(parts, list) else ()):
        name = part.get("url") if isinstance(part, dict) else None
        if isinstance(name, str) and "/" not in name and name not in known:
            at = place.at(place.node, f"extension[{index}]")
            validation.note(
                "unknown_part", at, clause=url, name=name, expected=", ".join(known), found=name
            )
