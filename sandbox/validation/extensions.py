"""Extensions by their own definitions: content, parts, and where they may stand (FHIR R4
defining-extensions.html).

An extension whose definition is not at hand is said as not checked: national extensions are the
rule.
"""

from __future__ import annotations

from sandbox.definitions.origins import package_for
from sandbox.fhir.json import Json
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.extending import is_part
from sandbox.validation.narratives import judge_pointer
from sandbox.validation.profiles import judge_profile
from sandbox.validation.surroundings import judge_surroundings

UNKNOWN = "FHIR R4 extensibility.html#Extension"
MODIFIER = "FHIR R4 extensibility.html#modifierExtension"


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
    judge_surroundings(validation, place, structure)
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
