"""capabilities: the CapabilityStatement, written from what is registered, so that it cannot promise more."""

from __future__ import annotations

from functools import cache

from sandbox import __version__
from sandbox.clock import fhir_instant
from sandbox.definitions.r4 import resource_types, search_parameters
from sandbox.fhir.json import Json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.extraction import KINDS
from sandbox.server.formats import FHIR_JSON, FHIR_XML, JSON_PATCH
from sandbox.server.registry import INTERACTIONS, interaction

DEFINITIONS = "http://hl7.org/fhir/OperationDefinition/"
COMMON = (("_id", "token"), ("_lastUpdated", "date"))


@interaction("capabilities", "GET", "metadata", level="server")
def capabilities(call: Call, services: Services) -> Reply:
    """Returns the CapabilityStatement (FHIR R4 capabilitystatement.html)."""
    statement: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": fhir_instant(services.clock()),
        "kind": "instance",
        "software": {"name": "connectathon-sandbox", "version": __version__},
        "implementation": {"description": "Connectathon sandbox: synthetic data only", "url": call.base},
        "fhirVersion": "4.0.1",
        "format": ["json", "xml", FHIR_JSON, FHIR_XML],
        "patchFormat": [JSON_PATCH, FHIR_JSON, FHIR_XML],
        "rest": [_rest()],
    }
    return Reply(200, statement)


@cache
def _rest() -> Json:
    codes = list(dict.fromkeys(known.code for known in INTERACTIONS if known.level == "type"))
    names = dict.fromkeys(known.code for known in INTERACTIONS if known.level == "operation")
    operations = [{"name": name, "definition": f"{DEFINITIONS}Resource-{name}"} for name in names]
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
                "searchParam": [{"name": code, "type": kind} for code, kind in COMMON]
                + [{"name": p.code, "type": p.kind} for p in search_parameters(name).values() if p.kind in KINDS],
                "operation": operations,
            }
            for name in sorted(resource_types())
        ],
        "interaction": [{"code": code} for code in (*system, "batch")],
    }
