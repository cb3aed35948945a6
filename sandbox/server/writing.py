"""What create and update share: judging the body, giving it id and meta, and storing it with its
search values.
"""

from __future__ import annotations

import orjson

from sandbox.clock import fhir_instant
from sandbox.definitions.r4 import nearest, resource_types
from sandbox.errors import InvalidContent, InvalidResource, NotConformant
from sandbox.fhir.dates import milliseconds_of
from sandbox.fhir.json import Json, write_json
from sandbox.findings import Finding
from sandbox.server.call import Call, Reply, Services
from sandbox.server.judging import judge_resource
from sandbox.server.search.extraction import extract_search_values
from sandbox.server.search.reindexing import MOST_BASES, remember_base
from sandbox.store.resources import Version

CREATE = "FHIR R4 http.html#create"


def check_resource(body: object, expected_type: str) -> Json:
    """Returns a body as a resource of the type that the URL names.

    Raises:
        InvalidResource: It is not a JSON object, or a resource of another or of no type.
    """
    if not isinstance(body, dict):
        json_type = {list: "array", str: "string", type(None): "null", bool: "boolean"}.get(
            type(body), "number"
        )
        raise InvalidResource("server.not_an_object", clause="FHIR R4 json.html", found=json_type)
    name = body.get("resourceType")
    if not isinstance(name, str):
        raise InvalidResource(
            "server.no_resource_type", where="resourceType", clause="FHIR R4 json.html"
        )
    if name not in resource_types():
        near = nearest(name, sorted(resource_types()))
        key = "server.unknown_type_near" if near else "server.unknown_type"
        clause = "FHIR R4 resourcelist.html"
        raise InvalidResource(key, where="resourceType", clause=clause, name=name, near=near)
    if name != expected_type:
        raise InvalidResource(
            "server.other_type",
            where=f"{name}.resourceType",
            clause=CREATE,
            found=name,
            expected=expected_type,
        )
    if "meta" in body and not isinstance(body["meta"], dict):
        raise InvalidResource(
            "server.meta_no_object", where=f"{name}.meta", clause="FHIR R4 resource.html#Meta"
        )
    return body


def store_version(
    resource: Json, call: Call, services: Services, *, id: str, version: int, method: str
) -> Reply:
    """Stores a resource as the given version of `Type/id`, with its search values.

    Args:
        resource: What the client sent; its id and parts of its meta are replaced.
        call: Its base becomes part of Location, and makes absolute references local.
        services: Where to store, and whether to judge first.
        id: The logical id.
        version: The number of the new version, from 1.
        method: POST, PUT or PATCH, as the history will tell.

    Returns:
        201 for a first version and 200 otherwise, with ETag, Last-Modified and Location.

    Raises:
        InvalidContent: A text holds what is not a character.
        NotConformant: The tenant rejects errors, and the judge found some.
    """
    resource_type = resource["resourceType"]
    now = services.clock()
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": fhir_instant(now)}
    stored: Json = {"resourceType": resource_type, "id": id, "meta": meta}
    stored.update((name, value) for name, value in resource.items() if name not in stored)
    if resource_type == "Bundle":
        # A Bundle stored as a plain resource does not pass through a transaction, which checks this
        # too.
        for refuse in services.bundle_refusals:
            refuse(resource)
    findings = _judged(resource, services)
    body = _bytes_of(stored)
    values = extract_search_values(stored, bases=(call.base,))
    _remember_base(call.base, services)
    services.store.write(
        Version(resource_type, id, version, milliseconds_of(now), method, body), values
    )
    headers = version_headers(version, now=fhir_instant(now))
    headers["Location"] = f"{call.base}/{resource_type}/{id}/_history/{version}"
    return Reply(201 if method == "POST" or version == 1 else 200, body, headers, findings)


def _bytes_of(resource: Json) -> bytes:
    try:
        return write_json(resource)
    except orjson.JSONEncodeError:
        raise InvalidContent(
            "server.bad_character", clause="FHIR R4 datatypes.html#string", text=""
        ) from None


def _remember_base(base: str, services: Services) -> None:
    """Keeps an address under which we were written to; those of this process save a look-up."""
    if base not in services.bases and len(services.bases) < MOST_BASES:
        remember_base(services.store, base)
        services.bases.add(base)


def _judged(resource: Json, services: Services) -> tuple[Finding, ...]:
    """Judges what is to be stored as its tenant wishes; raises NotConformant where that is to
    reject errors.
    """
    if services.validation == "off":
        return ()
    judged = judge_resource(services.workers, resource)
    findings = tuple(finding for finding in judged if finding.severity != "information")
    if services.validation == "reject" and any(
        finding.severity in ("error", "fatal") for finding in findings
    ):
        raise NotConformant(findings, type=str(resource["resourceType"]))
    return findings


def version_headers(version: int, *, now: str) -> dict[str, str]:
    """Returns ETag (FHIR R4 http.html#versions) and the instant, which the HTTP edge writes as
    Last-Modified.
    """
    return {"ETag": f'W/"{version}"', "Last-Modified": now}
