"""`$summary`: the International Patient Summary of a patient (IPS 2.0.0
OperationDefinition-summary).
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.definitions.rulesets import profile_names, profile_url
from sandbox.definitions.store import core_definitions
from sandbox.errors import BadRequest, InvalidResource, NotFound, ProfileNotMet
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, parse_json
from sandbox.i18n import ENGLISH, Language, known_language
from sandbox.ips import SummaryOptions, assemble
from sandbox.ips.document import BUNDLE, COMPOSITION
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_one
from sandbox.server.interactions.reading import read
from sandbox.server.judging import judge_resource
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.operations.everything import read_record
from sandbox.server.registry import interaction
from sandbox.server.writing import store_version

IPS_1 = f"{BUNDLE}|1.1.0"
CLAUSE = "IPS 2.0.0 OperationDefinition-summary"
TAKES: Types = {
    "profile": "text",
    "identifier": "text",
    "persist": "boolean",
}


@interaction("summary", "GET", "Patient/{id}/$summary", level="operation")
def summary(call: Call, services: Services) -> Reply:
    """Returns the summary as a document."""
    if read_input(call, TAKES).truth("persist"):
        raise BadRequest("server.persist_by_post", where="persist", clause=CLAUSE)
    return Reply(200, _summarize(call, services))


@interaction("summary", "POST", "Patient/{id}/$summary", level="operation", affects_state=True)
def summary_by_post(call: Call, services: Services) -> Reply:
    """Returns the summary; with `persist=true` it is stored as a Bundle too, and Content-Location
    says where.
    """
    document = _summarize(call, services)
    if not read_input(call, TAKES).truth("persist"):
        return Reply(200, document)
    with services.store.writing():
        stored = store_version(
            document, call, services, id=document["id"], version=1, method="POST"
        )
    return Reply(
        200, stored.body, {"Content-Location": stored.headers["Location"]}, stored.findings
    )


@interaction("summary", "GET", "Patient/$summary", level="operation")
def summary_by_identifier(call: Call, services: Services) -> Reply:
    """The same for the patient that `identifier` means."""
    return summary(_with_id(call, services), services)


@interaction("summary", "POST", "Patient/$summary", level="operation", affects_state=True)
def summary_by_identifier_and_post(call: Call, services: Services) -> Reply:
    """The same for the patient that `identifier` means."""
    return summary_by_post(_with_id(call, services), services)


def _with_id(call: Call, services: Services) -> Call:
    """Finds the patient by `identifier` (`system|value`); 404 where there is none, 412 where there
    are several.
    """
    identifier = read_input(call, TAKES).needed("identifier")
    patient = find_one("Patient", (("identifier", str(identifier)),), call, services)
    if patient is None:
        raise NotFound("server.no_match", where="identifier", clause=CLAUSE, type="Patient")
    return replace(call, id=patient.id)


def _summarize(call: Call, services: Services) -> Json:
    """Raises ProfileNotMet, with what is lacking, where the record cannot meet the profile that is
    asked for.
    """
    asked = read_input(call, TAKES).text("profile")
    body = read(replace(call, headers={}), services).body
    patient: Json = parse_json(body) if isinstance(body, bytes) else {}
    record = [parse_json(row.body) for row in read_record(call.id, services) if row.body]
    profiles = _profiles(asked) if asked else ()
    is_ips_1 = any(map(_stands_on_ips_1, profiles))
    options = SummaryOptions(
        call.base, services.clock(), _language(call, patient), profiles, absent_as_entry=is_ips_1
    )
    document = assemble(patient, record, options)
    findings = judge_resource(services.workers, document) if profiles else []
    # it would declare what it does not meet
    if any(finding.severity in ("error", "fatal") for finding in findings):
        raise ProfileNotMet(
            [finding for finding in findings if finding.severity != "information"], type="Bundle"
        )
    return document


def _language(call: Call, patient: Json) -> Language:
    """Returns the language that is asked for, else that of the patient, else English."""
    if "accept-language" in call.headers:
        return call.language
    spoken = patient.get("communication")
    known = (
        [communication for communication in spoken if isinstance(communication, dict)]
        if isinstance(spoken, list)
        else []
    )
    for communication in sorted(
        known, key=lambda communication: communication.get("preferred") is not True
    ):
        for code in codes_of(communication.get("language")):
            language = known_language(code)
            if language:
                return language
    return ENGLISH


def _profiles(name: str) -> tuple[str, ...]:
    """Returns the profile as one of the Bundle; raises InvalidResource for one that no document of
    ours can meet.
    """
    url = profile_url(name)
    if url in (BUNDLE, COMPOSITION):
        return ()
    if url not in profile_names().values():
        raise InvalidResource("server.unknown_profile", where="profile", clause=CLAUSE, name=name)
    return (url,)


def _stands_on_ips_1(profile: str) -> bool:
    """Tells whether a profile of a Bundle builds on that of IPS 1.1.0."""
    canonical = profile
    while canonical and canonical != IPS_1:
        canonical = str((core_definitions().structure(canonical) or {}).get("baseDefinition", ""))
    return canonical == IPS_1
