"""`$validate`: the judge as an operation, on a type and on an instance (FHIR R4
resource-operation-validate.html).
"""

from __future__ import annotations

from sandbox.definitions.rulesets import profile_url, ruleset, years
from sandbox.errors import InvalidResource, NotImplementedHere
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.judging import judge_resource
from sandbox.server.registry import interaction
from sandbox.validation import knowledge_at_hand

CLAUSE = "FHIR R4 resource-operation-validate.html"
MODES = ("", "create", "update", "profile")
ALL_RIGHT = Finding("valid", "information", "server.valid", issue="informational")


@interaction("validate", "POST", "{type}/$validate", level="operation", affects_state=False)
def validate_given(call: Call, services: Services) -> Reply:
    """Judges the resource in the body, bare or as `resource` in Parameters; the reply is 200
    whatever is found.
    """
    body, asked = _read_parameters(call)
    if not isinstance(body, dict):
        raise InvalidResource(
            "server.nothing_to_validate", where="Parameters.parameter", clause=CLAUSE
        )
    if body.get("resourceType") != call.type:
        type = str(body.get("resourceType"))
        where = f"{type}.resourceType"
        raise InvalidResource(
            "server.other_type", where=where, clause=CLAUSE, found=type, expected=call.type
        )
    return _judged(body, asked, call, services)


@interaction("validate", "GET", "{type}/{id}/$validate", level="operation")
def validate_stored(call: Call, services: Services) -> Reply:
    """Judges the current version of a stored resource."""
    stored = read(call, services).body
    return _judged(
        parse_json(stored) if isinstance(stored, bytes) else stored or {},
        dict(call.query),
        call,
        services,
    )


def _judged(resource: Json, asked: dict[str, str], call: Call, services: Services) -> Reply:
    if asked.get("mode", "") not in MODES:
        raise NotImplementedHere(
            "server.not_yet", where="mode", clause=CLAUSE, name=f"mode={asked['mode']}"
        )
    profile = asked.get("profile", "")
    year = asked.get("ruleset", "")
    if profile and knowledge_at_hand().profile(profile_url(profile)) is None:
        raise InvalidResource(
            "server.unknown_profile", where="profile", clause=CLAUSE, name=profile
        )
    if year and not year.isdecimal():
        raise InvalidResource(
            "definitions.no_ruleset", where="ruleset", name=year, known=", ".join(map(str, years()))
        )
    if year:
        ruleset(int(year))  # raises for one that there is not
    findings = judge_resource(
        services.workers,
        resource,
        profile=profile,
        year=int(year) if year else None,
        compares_versions=True,
    )
    return Reply(200, operation_outcome(findings or [ALL_RIGHT], call.language))


def _read_parameters(call: Call) -> tuple[object, dict[str, str]]:
    """Returns the resource, and profile and mode from the query or from Parameters."""
    asked = dict(call.query)
    body = call.body
    if (
        not isinstance(body, dict)
        or body.get("resourceType") != "Parameters"
        or call.type == "Parameters"
    ):
        return body, asked
    resource: Json | None = None
    given = body.get("parameter")
    for parameter in given if isinstance(given, list) else ():
        if isinstance(parameter, dict) and parameter.get("name") == "resource":
            resource = parameter.get("resource")
        elif isinstance(parameter, dict):
            values = [
                value
                for key, value in parameter.items()
                if key.startswith("value") and isinstance(value, str)
            ]
            asked |= {str(parameter.get("name")): value for value in values}
    return resource, asked
