"""An AuditEvent for each IHE transaction that the server answers, by the audit profiles of MHD and
BALP 1.1.

Which interaction is which transaction stands in TRANSACTIONS.  The events are resources like
others: found by all parameters of AuditEvent (that is ITI-81), kept in the space that was asked.
"""

from __future__ import annotations

import base64
import ipaddress
import logging
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sandbox.clock import fhir_instant
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.mhd.transactions import is_simplified
from sandbox.server.call import Audit, AuditRecord, Services
from sandbox.server.conditions import find_matches
from sandbox.server.writing import store_version
from sandbox.submissions.submission import PROFILES, read_submission

log = logging.getLogger("sandbox.mhd")

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMS = "http://terminology.hl7.org/CodeSystem/"
EVENTS = "urn:ihe:event-type-code"
RESTFUL = "http://hl7.org/fhir/restful-interaction"
SOURCE = ("110153", "Source Role ID")
DESTINATION = ("110152", "Destination Role ID")
# Interaction and type → transaction, its name, and its audit profile in MHD, where it has one.
TRANSACTIONS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("transaction", ""): (
        "ITI-65",
        "Provide Document Bundle",
        f"{PROFILES}IHE.MHD.ProvideBundle.Audit.Recipient",
    ),
    ("search-type", "List"): (
        "ITI-66",
        "Find Document Lists",
        f"{PROFILES}IHE.MHD.FindDocumentLists.Audit.Responder",
    ),
    ("search-type", "DocumentReference"): (
        "ITI-67",
        "Find Document References",
        f"{PROFILES}IHE.MHD.FindDocumentReferences.Audit.Responder",
    ),
    ("read", "Binary"): (
        "ITI-68",
        "Retrieve Document",
        f"{PROFILES}IHE.MHD.RetrieveDocument.Audit.Responder",
    ),
    ("read", "Bundle"): (
        "ITI-68",
        "Retrieve Document",
        f"{PROFILES}IHE.MHD.RetrieveDocument.Audit.Responder",
    ),
    ("create", "DocumentReference"): (
        "ITI-105",
        "Simplified Publish",
        f"{PROFILES}IHE.MHD.SimplifiedPublish.Audit.Recipient",
    ),
    ("generate-metadata", "DocumentReference"): (
        "ITI-106",
        "Generate Metadata",
        f"{PROFILES}IHE.MHD.GenerateMetadata.Audit.Recipient",
    ),
    ("search-type", "Patient"): ("ITI-78", "Patient Demographics Query", ""),
    ("ihe-pix", "Patient"): ("ITI-83", "Mobile Patient Identifier Cross-reference Query", ""),
    ("match", "Patient"): ("ITI-119", "Patient Demographics Match", ""),
    ("search-type", "ValueSet"): ("ITI-95", "Query Value Set", ""),
    ("search-type", "CodeSystem"): ("ITI-96", "Query Code System", ""),
    ("expand", "ValueSet"): ("ITI-97", "Expand Value Set", ""),
    ("lookup", "CodeSystem"): ("ITI-98", "Lookup Code", ""),
    ("validate-code", "ValueSet"): ("ITI-99", "Validate Code", ""),
    ("validate-code", "CodeSystem"): ("ITI-99", "Validate Code", ""),
    ("search-type", "ConceptMap"): ("ITI-100", "Query Concept Map", ""),
    ("translate", "ConceptMap"): ("ITI-101", "Translate Code", ""),
}
# Transaction → FHIR's word for it (none for an import), action, and the profile of BALP; others are
# queries, or operations, for which BALP has no profile.
VERBS: dict[str, tuple[str, str, str]] = {
    "ITI-65": ("", "C", "Create"),
    "ITI-68": ("read", "R", "Read"),
    "ITI-105": ("create", "C", "Create"),
    "ITI-106": ("create", "C", "Create"),
}
OPERATION = ("operation", "E", "")
OBJECTS = {"1": "Person", "2": "System Object"}
ROLES = {"1": "Patient", "3": "Report", "4": "Domain Resource", "20": "Job", "24": "Query"}


IMPORT = (DCM, "110107", "Import")
REST = (f"{TERMS}audit-event-type", "rest", "Restful Operation")
APPLICATION_SERVER = (f"{TERMS}security-source-type", "4", "Application Server")


def record_interaction(record: AuditRecord, services: Services) -> None:
    """Stores an AuditEvent for an IHE transaction; errors are logged and never change the
    response.
    """
    try:
        entities = list(_entities(TRANSACTIONS[record.code, record.call.type][0], record, services))
        if entities:
            event = audit_event(record, entities, now=fhir_instant(services.clock()))
            # A server set to refuse what its judge finds must not refuse its own audit: it would be
            # lost.
            unjudged = replace(services, validation="off")
            store_version(
                event, record.call, unjudged, id=services.new_id(), version=1, method="POST"
            )
    except Exception:  # the client has its response already, and it was right
        log.exception("not audited")


def audit_event(record: AuditRecord, entities: list[Json], *, now: str) -> Json:
    """Returns the AuditEvent of a transaction about these entities (BALP 3:5.7; MHD 3:4.65.5.1 to
    4.68.5.1).
    """
    number, name, profile = TRANSACTIONS[record.code, record.call.type]
    verb, action, general = VERBS.get(
        number, ("search", "E", "Query") if "search" in record.code else OPERATION
    )
    has_patient = any(entity["role"]["code"] == "1" for entity in entities)
    # MHD's audit profiles ask for a patient; without one BALP's general profile holds
    if not profile or not has_patient:
        profile = f"{BALP}{'Patient' if has_patient else ''}{general}" if general else ""
    # who sends the document is the source: the server in a read, the client in all else
    client, server = (DESTINATION, SOURCE) if action == "R" else (SOURCE, DESTINATION)
    base = record.call.base
    event: Json = {
        "resourceType": "AuditEvent",
        "meta": {"profile": [profile]} if profile else {},
        "type": _coding(*(REST if verb else IMPORT)),
        "subtype": [_coding(EVENTS, number, name), *_restful(verb)],
        "action": action,
        "recorded": now,
        # FHIR's codes: minor for a fault of the client, serious for one of the server
        # (audit-event-outcome)
        "outcome": "0" if record.status < 400 else "4" if record.status < 500 else "8",
        "outcomeDesc": f"{record.status} {HTTPStatus(record.status).phrase}",
        "agent": [
            _agent(*client, record.agent or record.client, _network(record.client)),
            _agent(*server, base, {"address": base, "type": "5"}),
        ],
        "source": {
            "site": base,
            "observer": {"display": base},
            "type": [_coding(*APPLICATION_SERVER)],
        },
        "entity": entities,
    }
    return {name: value for name, value in event.items() if value}


AUDIT = Audit(frozenset(TRANSACTIONS), record_interaction)


def _entities(number: str, record: AuditRecord, services: Services) -> Iterator[Json]:
    """Yields what a transaction is about; nothing for what turns out to be none."""
    if number == "ITI-65":
        yield from _of_submission(record)
    elif number == "ITI-68":
        yield from _of_retrieval(record, services)
    elif number == "ITI-105":
        if is_simplified(record.call.body):
            yield from _of_creation(record, services)
    elif number == "ITI-106":
        yield from _of_creation(record, services)
    else:
        # the query as it was sent, in Base64, for whoever must ask it again (BALP 3:5.7)
        words = f"{record.method} {record.url}"
        body = record.call.body if isinstance(record.call.body, str) else ""
        query = base64.b64encode(f"{words}\n{body}".rstrip().encode()).decode()
        yield {**_entity("2", "24"), "description": words[:1000], "query": query}
        yield from _patient_asked(record)


def _of_submission(record: AuditRecord) -> Iterator[Json]:
    submission = read_submission(record.call.body)
    if submission is None:
        return
    places = {
        entry["response"].get("location", "") for entry in as_list(member(record.body, "entry"))
    }
    stored = next(
        (place.partition("/_history")[0] for place in places if place.startswith("List/")), ""
    )
    sets = submission.submission_sets()
    subject = next(
        (
            entry.resource["subject"]
            for entry in (*sets, *submission.document_references())
            if isinstance(entry.resource.get("subject"), dict)
        ),
        None,
    )
    if subject:
        yield {**_entity("1", "1"), "what": subject}
    sent = sets[0].full_url if sets else ""
    yield {
        **_entity("2", "20"),
        "what": {"reference": stored} if stored else {"display": sent or "SubmissionSet"},
    }


def _of_retrieval(record: AuditRecord, services: Services) -> Iterator[Json]:
    """A read is a retrieval where a DocumentReference leads there."""
    place = f"{record.call.type}/{record.call.id}"
    matches: list[Any] = []
    # clients write the address in full or relative: a search by URL takes it literally
    for address in (f"{record.call.base}/{place}", place):
        matches += find_matches(
            "DocumentReference", (("location", address),), record.call, services, count=1
        )
    if matches:
        yield {**_entity("2", "3"), "what": {"reference": place}}
        reference = parse_json(matches[0].body or b"{}")
        if isinstance(reference.get("subject"), dict):
            yield {**_entity("1", "1"), "what": reference["subject"]}


def _of_creation(record: AuditRecord, services: Services) -> Iterator[Json]:
    """What came of a publication: the DocumentReference, and whom it is about."""
    parts = as_list(member(record.body, "parameter"))
    address = (
        member(member(next(iter(parts), None), "valueReference"), "reference") or record.location
    )
    place = str(address).partition("/_history")[0].removeprefix(f"{record.call.base}/")
    stored = services.store.read("DocumentReference", place.rpartition("/")[2]) if place else None
    reference = parse_json(stored.body) if stored and stored.body else record.call.body
    yield {
        **_entity("2", "4"),
        "what": {"reference": place} if place else {"display": "DocumentReference"},
    }
    subject = member(reference, "subject")
    if isinstance(subject, dict):
        yield {**_entity("1", "1"), "what": subject}


def _patient_asked(record: AuditRecord) -> Iterator[Json]:
    asked = dict(record.call.query)
    if isinstance(record.call.body, str):
        asked |= dict(parse_qsl(record.call.body))
    for name, value in asked.items():
        if name in ("patient", "subject", "patient:Patient") and value:
            yield {
                **_entity("1", "1"),
                "what": {"reference": value if "/" in value else f"Patient/{value}"},
            }
            return
        if name in ("patient.identifier", "subject.identifier", "sourceIdentifier"):
            system, _, number = value.rpartition("|")
            identifier = {"system": system, "value": number} if system else {"value": number}
            yield {**_entity("1", "1"), "what": {"type": "Patient", "identifier": identifier}}
            return


def _entity(type: str, role: str) -> Json:
    return {
        "type": _coding(TERMS + "audit-entity-type", type, OBJECTS[type]),
        "role": _coding(TERMS + "object-role", role, ROLES[role]),
    }


def _agent(code: str, display: str, who: str, network: Json) -> Json:
    return {
        "type": {"coding": [_coding(DCM, code, display)]},
        "who": {"display": who},
        "requestor": False,
        "network": network,
    }


def _network(client: str) -> Json:
    try:
        ipaddress.ip_address(client)
    except ValueError:
        return {"address": client, "type": "1"}
    return {"address": client, "type": "2"}


def _restful(verb: str) -> list[Json]:
    return [_coding(RESTFUL, verb, verb)] if verb else []


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}
