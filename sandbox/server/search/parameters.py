"""The search parameters of a type: those of R4 and those that every resource has (FHIR R4
search.html#all).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sandbox.definitions.r4 import SearchParameter, search_parameters

KINDS = ("token", "string", "date", "reference", "uri", "number", "quantity", "composite")
COMMON = (
    SearchParameter("_tag", "token", ("meta.tag",)),
    SearchParameter("_security", "token", ("meta.security",)),
    SearchParameter("_profile", "uri", ("meta.profile",)),
    SearchParameter("_source", "uri", ("meta.source",)),
)
# Kept in columns of their own: by them one searches too, but nothing is extracted.
OWN = {"_id": "token", "_lastUpdated": "date", "_list": "string"}
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition"
# IHE MHD 3:4.66.4.1.2 and 3:4.67.4.1.2 add these to R4's.
IHE = {
    "List": (
        SearchParameter(
            "designationType",
            "token",
            (f"extension[url={MHD}/ihe-designationType].value:CodeableConcept",),
        ),
        SearchParameter(
            "sourceId", "token", (f"extension[url={MHD}/ihe-sourceId].value:Identifier",)
        ),
    ),
    "DocumentReference": (SearchParameter("creation", "date", ("content.attachment.creation",)),),
}


@cache
def parameters_of(resource_type: str) -> Mapping[str, SearchParameter]:
    """Returns all parameters of a type whose values are extracted, by code."""
    own = search_parameters(resource_type)
    added = [
        parameter
        for parameter in (*COMMON, *IHE.get(resource_type, ()))
        if parameter.code not in own
    ]
    return {**own, **{parameter.code: parameter for parameter in added}}


def table_of(parameter: SearchParameter) -> str:
    """Returns the kind of the rows that hold its values: a number is a quantity without a unit."""
    if parameter.kind == "composite":
        return table_of(parameter.parts[0])
    return "quantity" if parameter.kind == "number" else parameter.kind
