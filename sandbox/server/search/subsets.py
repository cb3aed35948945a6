"""A part of a resource, marked as such: by `_summary` or by `_elements` (FHIR R4
search.html#summary).  Pure.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
# Kept in every subset: they identify the resource that it is a part of.
ALWAYS = ("resourceType", "id", "meta")


def take_subset(
    resource: Json, types: TypeCatalogue, *, summary: str, elements: tuple[str, ...]
) -> Json:
    """Returns the resource with what is asked for and what must be there; as it is when all of it
    is asked for.
    """
    type = str(resource.get("resourceType"))
    if elements:
        plain = {name.removeprefix(f"{type}.").partition(".")[0] for name in elements}
        kept: AbstractSet[str] = plain | types.required(type)
    elif summary == "true":
        kept = types.summary(type) | types.required(type)
    elif summary == "text":
        kept = {"text"} | types.required(type)
    elif summary == "data":
        kept = set(types.members(type)) - {"text"}
    else:
        return resource
    names = {
        entry.key: name
        for name, entries in types.members(type).items()
        for entry in entries
        if name in kept
    }
    part = {
        key: value
        for key, value in resource.items()
        if key in ALWAYS or key.removeprefix("_") in names
    }
    meta = part.get("meta")
    own = meta if isinstance(meta, dict) else {}
    tags = own.get("tag")
    return {**part, "meta": {**own, "tag": [*(tags if isinstance(tags, list) else ()), SUBSETTED]}}
