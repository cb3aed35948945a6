"""Pins canonicals inside a definition to the version that its package means (FHIR R4
references.html#canonical).

A profile of IPS 1.1.0 names its parts without version: they are those of IPS 1.1.0, whatever else
stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.fhir.json import Json

Pin = Callable[[str, str], str]
"""Takes the kind of a definition and its canonical; returns it with a version where another would
be taken.
"""
STRUCTURE = "StructureDefinition"
VALUE_SET = "ValueSet"


def pinned(resource: Json, pin: Pin) -> Json:
    """Returns a compiled structure or value set with its canonicals pinned; the resource itself
    where none changes.
    """
    if resource["resourceType"] == STRUCTURE:
        changes: Json = {"element": [_element(element, pin) for element in resource["element"]]}
        if "baseDefinition" in resource:
            changes["baseDefinition"] = pin(STRUCTURE, resource["baseDefinition"])
    else:
        changes = {
            part: [_include(include, pin) for include in resource[part]]
            for part in ("include", "exclude")
            if part in resource
        }
    return _changed(resource, changes)


def _element(element: Json, pin: Pin) -> Json:
    changes: Json = {}
    if "type" in element:
        changes["type"] = [_type(entry, pin) for entry in element["type"]]
    if "binding" in element:
        changes["binding"] = _binding(element["binding"], pin)
    return _changed(element, changes)


def _type(entry: Json, pin: Pin) -> Json:
    names = [name for name in ("profile", "targetProfile") if name in entry]
    return _changed(entry, {name: [pin(STRUCTURE, url) for url in entry[name]] for name in names})


def _binding(binding: Json, pin: Pin) -> Json:
    changes: Json = {"valueSet": pin(VALUE_SET, binding["valueSet"])}
    if "additional" in binding:
        changes["additional"] = [
            _changed(
                additional,
                {"valueSet": pin(VALUE_SET, additional["valueSet"])}
                if "valueSet" in additional
                else {},
            )
            for additional in binding["additional"]
        ]
    return _changed(binding, changes)


def _include(include: Json, pin: Pin) -> Json:
    if "valueSet" not in include:
        return include
    return _changed(include, {"valueSet": [pin(VALUE_SET, url) for url in include["valueSet"]]})


def _changed(resource: Json, changes: Json) -> Json:
    # most change nothing: they stay the one object that all versions share
    is_same = all(resource[name] == value for name, value in changes.items())
    return resource if is_same else {**resource, **changes}
