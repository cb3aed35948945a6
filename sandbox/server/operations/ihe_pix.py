"""`$ihe-pix`: a patient's other identifiers by one of them (IHE PIXm 2:3.83, ITI-83)."""

from __future__ import annotations

from sandbox.errors import BadRequest, NotFound, SandboxError, UnknownDomain, UnknownTarget
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_matches
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction

CLAUSE = "PIXm 2:3.83.4.1.2"
DOMAINS = {"sourceIdentifier": "PIXm 2:3.83.4.2.2.3", "targetSystem": "PIXm 2:3.83.4.2.2.4"}
TAKES: Types = {
    "sourceIdentifier": "text",
    "targetSystem": "text",
}


@interaction("ihe-pix", "GET", "Patient/$ihe-pix", level="operation")
@interaction("ihe-pix", "POST", "Patient/$ihe-pix", level="operation", affects_state=False)
def ihe_pix(call: Call, services: Services) -> Reply:
    """Returns `targetIdentifier` and `targetId` of each patient that has `sourceIdentifier`, which
    is not repeated.

    404 for an identifier that no patient has; 400 for a domain (`system`) that this server does not
    know, and 403 for one that is asked for (PIXm 2:3.83.4.2.2.2 to 2.2.4).  `targetSystem` narrows
    the identifiers to some domains.
    """
    given = read_input(call, TAKES)
    source = str(given.needed("sourceIdentifier"))
    system, bar, value = source.partition("|")
    if not (system and bar and value):
        raise BadRequest("server.pix_source", where="sourceIdentifier", clause=CLAUSE, value=source)
    wanted = [
        str(item) for text in given.values.get("targetSystem", []) for item in str(text).split(",")
    ]
    _known(UnknownDomain, system, call, services, where="sourceIdentifier")
    for domain in wanted:
        _known(UnknownTarget, domain, call, services, where="targetSystem")
    rows = find_matches("Patient", (("identifier", source),), call, services, count=100)
    if not rows:
        raise NotFound("server.no_match", where="sourceIdentifier", clause=CLAUSE, type="Patient")
    parts: list[Json] = []
    for row in rows:
        patient = parse_json(row.body or b"{}")
        for item in patient.get("identifier", []):
            is_source = (item.get("system"), item.get("value")) == (system, value)
            if not is_source and (not wanted or item.get("system") in wanted):
                parts.append({"name": "targetIdentifier", "valueIdentifier": item})
        parts.append(
            {"name": "targetId", "valueReference": {"reference": f"{call.base}/Patient/{row.id}"}}
        )
    return Reply(200, {"resourceType": "Parameters", "parameter": parts})


def _known(
    error: type[SandboxError], domain: str, call: Call, services: Services, *, where: str
) -> None:
    """Raises an error for a domain of which no patient has an identifier."""
    if not find_matches("Patient", (("identifier", f"{domain}|"),), call, services, count=1):
        raise error("server.pix_domain", where=where, clause=DOMAINS[where], system=domain)
