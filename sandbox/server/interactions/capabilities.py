"""capabilities: the CapabilityStatement, written from what is registered, so that it cannot promise
more.
"""

from __future__ import annotations

from functools import cache

from sandbox import __version__
from sandbox.clock import fhir_instant
from sandbox.definitions.r4 import compartments, resource_types
from sandbox.fhir.json import Json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.formats import FHIR_JSON, FHIR_XML, JSON_PATCH, MERGE_PATCH
from sandbox.server.registry import INTERACTIONS, interaction
from sandbox.server.search.parameters import OWN, parameters_of

COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/"
DEFINITIONS = "http://hl7.org/fhir/OperationDefinition/"
# An operation that FHIR itself does not define has its definition in a guide.
OF_GUIDES = {
    "docref": "http://hl7.org/fhir/uv/ipa/OperationDefinition/docref",
    "generate-metadata": "https://profiles.ihe.net/ITI/MHD/OperationDefinition/generate-metadata",
    "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
    "summary": "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
}


@interaction("capabilities", "GET", "metadata", level="server")
def capabilities(call: Call, services: Services) -> Reply:
    """Returns the CapabilityStatement (FHIR R4 capabilitystatement.html)."""
    statement: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": fhir_instant(services.clock()),
        "kind": "instance",
        "software": {"name": "connectathon-sandbox", "version": __version__},
        "implementation": {
            "description": "Connectathon sandbox: synthetic data only",
            "url": call.base,
        },
        "fhirVersion": "4.0.1",
        "format": ["json", "xml", FHIR_JSON, FHIR_XML],
        "patchFormat": [JSON_PATCH, FHIR_JSON, FHIR_XML, MERGE_PATCH],
        "rest": [_rest()],
    }
    return Reply(200, statement)


# Cached: only the address and the date differ from call to call.
@cache
def _rest() -> Json:
    codes = list(dict.fromkeys(known.code for known in INTERACTIONS if known.level == "type"))
    system = list(dict.fromkeys(known.code for known in INTERACTIONS if known.level == "system"))
    return {
        "mode": "server",
        "resource": [
            {
                "type": name,
                "interaction": [{"code": code} for code in codes],
                "versioning": "versioned",
                "readHistory": True,
                "updateCreate": True,
                "conditionalCreate": True,
                "conditionalRead": "full-support",
                "conditionalUpdate": True,
                "conditionalDelete": "multiple",
                "searchParam": [{"name": code, "type": kind} for code, kind in OWN.items()]
                + [
                    {"name": parameter.code, "type": parameter.kind}
                    for parameter in parameters_of(name).values()
                ],
                "searchInclude": [f"{name}:*", *(f"{name}:{code}" for code in _references(name))],
                "operation": _operations(name),
            }
            for name in sorted(resource_types())
        ],
        # One handler serves both; it is registered as `transaction`.
        "interaction": [{"code": code} for code in (*system, "batch")],
        "compartment": [f"{COMPARTMENT}{owner[0].lower()}{owner[1:]}" for owner in compartments()],
    }


def _references(type: str) -> list[str]:
    return [
        code for code, parameter in parameters_of(type).items() if parameter.kind == "reference"
    ]


def _operations(type: str) -> list[Json]:
    """Returns the operations of a type: its own, and those of every resource."""
    operations: dict[str, Json] = {}
    for known in INTERACTIONS:
        if known.level == "operation" and known.pattern[0] in ("{type}", type):
            owner = "Resource" if known.pattern[0] == "{type}" else type
            definition = OF_GUIDES.get(known.code, f"{DEFINITIONS}{owner}-{known.code}")
            operations.setdefault(known.code, {"name": known.code, "definition": definition})
    return list(operations.values())
