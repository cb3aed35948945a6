"""Compiles conformance resources by leaving out prose, mappings and narrative; what stays is in
FHIR's own words.

A type definition keeps its snapshot, a profile only its own constraints: a profile is judged as
layers over its base.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.fhir.json import Json

ELEMENT = ("id", "path", "sliceName", "min", "max", "contentReference", "slicing", "maxLength")
NATIVE = frozenset({"ele-1", "ext-1"})  # the judge holds these itself, on every element
# What the purpose of an additional binding asks of every code (extension additional-binding).
# `current`, `minimum`, `preferred`, `starter` and others tell a system what it should know, not
# what is wrong.
PURPOSES = ("required", "maximum", "extensible")


def strip(resource: Json) -> Json | None:
    """Returns what a judge needs of a definition, or None for a resource that defines nothing that
    is judged.
    """
    work = {
        "StructureDefinition": _structure,
        "ValueSet": _value_set,
        "CodeSystem": _code_system,
        "ConceptMap": _concept_map,
    }.get(resource.get("resourceType", ""))
    return work(resource) if work else None


def _structure(resource: Json) -> Json:
    is_profile = resource.get("derivation") == "constraint"
    own = resource.get("differential", {}) if is_profile else resource.get("snapshot")
    stripped = _take(
        resource,
        "resourceType",
        "id",
        "url",
        "version",
        "kind",
        "abstract",
        "type",
        "baseDefinition",
    )
    stripped |= _take(resource, "derivation", "context", "contextInvariant")
    stripped.setdefault("id", resource.get("name", str(resource.get("url")).rpartition("/")[2]))
    stripped["element"] = [
        _element(element) for element in _with_ids((own or {}).get("element", []))
    ]
    if resource.get("type") == "Extension" and is_profile and stripped["element"]:
        stripped["element"][0]["isModifier"] = _is_modifier(resource)
    if not is_profile:
        for element, source in zip(
            stripped["element"], (own or {}).get("element", []), strict=True
        ):
            element |= {"isSummary": True} if source.get("isSummary") else {}
    return stripped


def _is_modifier(extension: Json) -> bool:
    """Tells whether an extension belongs in modifierExtension; written down either way, for old
    files lack it.
    """
    elements = [extension.get(view, {}).get("element", []) for view in ("differential", "snapshot")]
    return any(differing[0].get("isModifier") for differing in elements if differing)


def _with_ids(elements: list[Json]) -> list[Json]:
    """Gives elements without id the one that path and slice name make (FHIR R4
    elementdefinition.html#id).
    """
    ids: dict[str, str] = {}
    named = []
    for element in elements:
        path = element["path"]
        parent, _, name = path.rpartition(".")
        own = f"{ids.get(parent, parent)}.{name}" if parent else name
        if element.get("sliceName"):
            own += f":{element['sliceName']}"
        ids[path] = element.get("id", own)
        named.append(element if "id" in element else {**element, "id": own})
    return named


def _element(element: Json) -> Json:
    stripped = _take(element, *ELEMENT)
    for name, value in element.items():
        if name.startswith(("fixed", "pattern", "minValue", "maxValue")):
            stripped[name] = value
    if "type" in element:
        stripped["type"] = [_type(entry) for entry in element["type"]]
    binding = element.get("binding")
    if binding and "valueSet" in binding:
        stripped["binding"] = _take(binding, "strength", "valueSet")
        additional = list(_additional(binding))
        if additional:
            stripped["binding"]["additional"] = additional
    constraints = [
        _take(constraint, "key", "severity", "expression", "human")
        for constraint in element.get("constraint", [])
        if constraint["key"] not in NATIVE and constraint.get("expression")
    ]
    if constraints:
        stripped["constraint"] = constraints
    return stripped


def _additional(binding: Json) -> Iterator[Json]:
    """Additional bindings, as R5 has them and as extensions bring them to R4, the greatest value
    set among them.

    One that holds only in some use, or for any of several values, is left out: it cannot be judged
    code by code.
    """
    for additional in binding.get("additional", []):
        if additional.get("purpose") in PURPOSES and not (
            "usage" in additional or additional.get("any")
        ):
            yield _take(additional, "purpose", "valueSet")
    for extension in binding.get("extension", []):
        if extension["url"].endswith("elementdefinition-maxValueSet"):
            yield {
                "purpose": "maximum",
                "valueSet": extension.get("valueCanonical", extension.get("valueUri", "")),
            }
        elif extension["url"].endswith(
            ("ElementDefinition.binding.additional", "/additional-binding")
        ):
            parts = {
                part["url"]: next((v for k, v in part.items() if k != "url"), "")
                for part in extension["extension"]
            }
            if parts.get("purpose") in PURPOSES and not ("usage" in parts or parts.get("any")):
                yield _take(parts, "purpose", "valueSet")


def _type(entry: Json) -> Json:
    stripped = _take(entry, "code", "profile", "targetProfile", "aggregation")
    for extension in entry.get("extension", []):
        # `id` and `url` are FHIRPath strings in R4's definitions; this names the type of FHIR
        if extension["url"].endswith("structuredefinition-fhir-type"):
            stripped["code"] = extension.get("valueUrl", extension.get("valueUri"))
    return stripped


def _value_set(resource: Json) -> Json:
    stripped = _take(resource, "resourceType", "id", "url", "version")
    compose = resource.get("compose", {})
    for part in ("include", "exclude"):
        if compose.get(part):
            stripped[part] = [_include(include) for include in compose[part]]
    if compose.get("inactive") is False:
        stripped["inactive"] = False
    # a published expansion is as old as its package: it counts only where no rule is given
    if "include" not in stripped and "expansion" in resource:
        stripped["expansion"] = list(_expanded(resource["expansion"].get("contains", [])))
    return stripped


def _expanded(contains: list[Json]) -> Iterator[Json]:
    """An expansion may nest; what is abstract or has no code only groups."""
    for entry in contains:
        if "code" in entry and not entry.get("abstract"):
            yield _take(entry, "system", "code", "display")
        yield from _expanded(entry.get("contains", []))


def _include(include: Json) -> Json:
    stripped = _take(include, "system", "version", "valueSet", "filter")
    if "concept" in include:
        stripped["concept"] = [_concept(concept) for concept in include["concept"]]
    return stripped


def _code_system(resource: Json) -> Json:
    stripped = _take(
        resource,
        "resourceType",
        "id",
        "url",
        "version",
        "content",
        "caseSensitive",
        "hierarchyMeaning",
    )
    if resource.get("property"):
        # what filters of value sets may ask of a concept
        stripped["property"] = [property.get("code", "") for property in resource["property"]]
    stripped["concept"] = [
        _concept(concept, with_properties=True) for concept in resource.get("concept", [])
    ]
    return stripped


def _concept(concept: Json, *, with_properties: bool = False) -> list[Any]:
    children = [
        _concept(child, with_properties=with_properties) for child in concept.get("concept", [])
    ]
    displays = {
        designation["language"]: designation["value"]
        for designation in concept.get("designation", [])
        if designation.get("language")
    }
    row = concept_row(
        concept["code"], concept.get("display", ""), children, displays, _standing(concept)
    )
    properties = _properties(concept) if with_properties else {}
    return [*row, *([], {}, "")[len(row) - 2 :], properties] if properties else row


def _properties(concept: Json) -> dict[str, list[str]]:
    """Returns the values of a concept's properties as a filter writes them; of a Coding its
    code.
    """
    values: dict[str, list[str]] = {}
    for property in concept.get("property", []):
        for value in _values(property):
            text = value.get("code", "") if isinstance(value, dict) else value
            is_flag = isinstance(text, bool)
            written = str(text).lower() if is_flag else str(text)
            values.setdefault(property.get("code", ""), []).append(written)
    return values


def concept_row(
    code: str, display: str, children: list[list[Any]], displays: dict[str, str], standing: str
) -> list[Any]:
    """Returns a concept as it is kept: code and display, then children, displays by language and
    standing if needed; the values of its properties may follow.
    """
    row = [code, display, children, displays, standing]
    while len(row) > 2 and not row[-1]:
        row.pop()
    return row


def _standing(concept: Json) -> str:
    """Returns `inactive`, `abstract` or `deprecated` where the properties of R4 say so of a
    concept.

    FHIR R4 codesystem.html#defined-props; `status` is what R4 and THO say of the codes of HL7
    version 3 and 2.
    """
    # values are booleans or codes: a boolean of Python turns into "True"
    fields = {
        (property.get("code"), str(value))
        for property in concept.get("property", [])
        for value in _values(property)
    }
    if fields & {
        ("inactive", "True"),
        ("inactive", "true"),
        ("status", "retired"),
        ("status", "inactive"),
    }:
        return "inactive"
    if fields & {("notSelectable", "True"), ("notSelectable", "true"), ("abstract", "True")}:
        return "abstract"
    is_deprecated = ("status", "deprecated") in fields or any(
        name == "deprecated" for name, _ in fields
    )
    return "deprecated" if is_deprecated else ""


def _values(property: Json) -> Iterator[Any]:
    return (value for name, value in property.items() if name.startswith("value"))


def _concept_map(resource: Json) -> Json:
    stripped = _take(resource, "resourceType", "id", "url", "version")
    for name in ("sourceUri", "sourceCanonical", "targetUri", "targetCanonical"):
        if name in resource:
            stripped[name[:6]] = resource[name]
    stripped["group"] = [_group(group) for group in resource.get("group", [])]
    return stripped


def _group(group: Json) -> Json:
    """The rows of a group are [code, display, [[target code, display, equivalence], …]]."""
    stripped = _take(group, "source", "target")
    stripped["element"] = [
        [
            element["code"],
            element.get("display", ""),
            [
                [
                    target.get("code", ""),
                    target.get("display", ""),
                    target.get("equivalence", "equivalent"),
                ]
                for target in element.get("target", [])
            ],
        ]
        for element in group.get("element", [])
        if "code" in element
    ]
    return stripped


def _take(source: Json, *names: str) -> Json:
    return {name: source[name] for name in names if name in source}
