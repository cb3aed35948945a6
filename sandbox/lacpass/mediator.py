"""The event's mediator: turns a bare IPS document into a submission (ITI-65 in one step).

Where the original stores the parts one after the other and mends addresses later, here all is
stored or nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource, SandboxError, SubmissionRefused
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.lacpass.answering import answering
from sandbox.lacpass.faults import hang, postpone_address, with_faults
from sandbox.limits import MEDIATOR_BYTES
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.bundles import process_bundle
from sandbox.server.judging import judge_resource
from sandbox.server.partitions import Tenants
from sandbox.server.writing import check_resource
from sandbox.settings import Settings
from sandbox.submissions.submission import LIST_TYPES, PROFILES, URI
from sandbox.threads import run_in_threadpool
from sandbox.web.replies import fhir_response
from sandbox.web.requests import body_of, fhir_base_of, language_of

FHIR_JSON = "application/fhir+json"
CLAUSE = "MHD 3:4.65.4.1.2; IPS 2.0.0 Bundle-uv-ips"


def mediator_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of the mediator, for the main data and for each team's space."""

    async def publish(request: Request) -> Response:
        team = request.path_params.get("team", "")
        content = await body_of(request, limit=MEDIATOR_BYTES)
        language = language_of(request)
        call = Call(fhir_base_of(request, team=team), language)
        try:
            reply = await run_in_threadpool(
                _publish, content, call, tenants.of(team), settings.faults
            )
        except SandboxError:
            if "hanging_refusal" in settings.faults:
                await hang(request)
            if "vague_refusal" in settings.faults:
                return PlainTextResponse("ERROR", 400)
            raise
        body: Any = reply.body
        response = fhir_response(body)
        if "late_address" in settings.faults:
            response.background = await run_in_threadpool(
                postpone_address, reply, call, tenants.of(team)
            )
        return response

    door = answering(publish)
    return [
        Route("/mediator/fhir/Bundle", door, methods=["POST"]),
        Route("/t/{team}/mediator/fhir/Bundle", door, methods=["POST"]),
    ]


def _publish(content: bytes, call: Call, services: Services, faults: frozenset[str]) -> Reply:
    """Judges the document, and stores document, metadata and patient in one transaction."""
    document = check_resource(parse_json(content), "Bundle")
    if document.get("type") != "document":
        raise InvalidResource(
            "lacpass.no_document", where="Bundle.type", clause=CLAUSE, found=document.get("type")
        )
    findings = [
        finding
        for finding in judge_resource(services.workers, document, profile="ips")
        if finding.severity != "information"
    ]
    if any(finding.severity in ("error", "fatal") for finding in findings):
        raise SubmissionRefused(findings, type="Bundle")
    submission = with_faults(submission_of(document, base=call.base, now=services.clock()), faults)
    return process_bundle(replace(call, body=submission), services)


def submission_of(document: Json, *, base: str, now: datetime) -> Json:
    """Returns the Provide Document Bundle with Minimal metadata that the mediator makes of a valid
    IPS document.

    The order of its entries is the event's: patient, document, DocumentReference, SubmissionSet.  A
    patient whom the server knows by an identifier stays as the server has it, and a document that
    comes again is not stored again.
    """
    composition = document["entry"][0]["resource"]
    patient = _patient_of(document, composition)
    # what comes again, by its own identifier, gets the same names
    number = _uri_of(document.get("identifier"))
    word = number or f"{base}/{document.get('id')}/{document.get('timestamp')}"
    names = {name: _urn(f"{base}/{word}/{name}") for name in ("patient", "document", "about")}
    identifier = {"use": "usual", "system": URI, "value": number or names["document"]}
    reference: Json = {
        "resourceType": "DocumentReference",
        "masterIdentifier": identifier,
        "status": "current",
        "type": composition["type"],
        "subject": {"reference": names["patient"]},
        "date": document.get("timestamp") or fhir_instant(now),
        "content": [{"attachment": {"contentType": FHIR_JSON, "url": names["document"]}}],
    }
    # the set's name holds the moment: each submission is a new one, whatever it submits again
    listing = _urn(f"{base}/{word}/set/{fhir_instant(now)}")
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILES}IHE.MHD.Minimal.ProvideBundle"]},
        "type": "transaction",
        "entry": [
            _post(names["patient"], patient, unless=_first_token(patient)),
            _post(names["document"], document, unless=_token(document.get("identifier"))),
            _post(names["about"], reference, unless=_token(identifier)),
            _post(listing, _listing(names, now)),
        ],
    }


def _uri_of(identifier: object) -> str:
    """Returns a document's identifier as a URI, which a masterIdentifier is (MHD 3:4.65.4.1.2.1);
    empty for none.
    """
    value = str(member(identifier, "value") or "")
    if not value or ":" in value:
        return value
    try:
        return UUID(value).urn  # bare, as under the system urn:ietf:rfc:4122
    except ValueError:
        is_oid = re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", value)
    return f"urn:oid:{value}" if is_oid else _urn(_token(identifier) or value)


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _listing(names: Json, now: datetime) -> Json:
    """Returns the SubmissionSet, whose source the event calls LACPass."""
    return {
        "resourceType": "List",
        "extension": [{"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": {"value": "LACPass"}}],
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "subject": {"reference": names["patient"]},
        "date": fhir_instant(now),
        "entry": [{"item": {"reference": names["about"]}}],
    }


def _patient_of(document: Json, composition: Json) -> Json:
    """Returns the patient that the Composition is about, as it is to be stored: without the
    narrative's references.
    """
    wanted = str(member(composition.get("subject"), "reference"))
    patients = [
        entry
        for entry in document["entry"]
        if member(entry.get("resource"), "resourceType") == "Patient"
    ]
    patient: Json = next(
        (
            entry["resource"]
            for entry in patients
            if wanted and str(entry.get("fullUrl", "")).endswith(wanted)
        ),
        patients[0]["resource"],
    )
    # they refer to entries of the document
    left_out = ("generalPractitioner", "managingOrganization", "link")
    return {name: value for name, value in patient.items() if name not in left_out}


def _post(name: str, resource: Json, *, unless: str = "") -> Json:
    """Returns an entry that stores a resource, unless one with this identifier is there already."""
    request = {"method": "POST", "url": resource["resourceType"]}
    if unless:
        request["ifNoneExist"] = f"identifier={unless}"
    return {"fullUrl": name, "resource": resource, "request": request}


def _first_token(patient: Json) -> str:
    return next(filter(None, map(_token, as_list(patient.get("identifier")))), "")


def _token(identifier: object) -> str:
    """Returns an identifier as a search has it, or an empty text for one that is not whole."""
    system = member(identifier, "system")
    value = member(identifier, "value")
    return f"{quote(str(system))}|{quote(str(value))}" if system and value else ""
