"""ITI-105 Simplified Publish and ITI-106 Generate Metadata as the server answers them; importing
registers both.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.definitions.xml import read_xml
from sandbox.errors import InvalidResource, SandboxError, SubmissionRefused
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.findings import Finding
from sandbox.mhd.publishing import Publishing, is_document, metadata_of, patient_of, submission_of
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_matches
from sandbox.server.interactions.bundles import process_bundle
from sandbox.server.interactions.changing import create
from sandbox.server.interactions.reading import read
from sandbox.server.judging import judge_resource
from sandbox.server.operation_input import read_input
from sandbox.server.registry import interaction
from sandbox.server.search.escaping import escape
from sandbox.server.writing import check_resource
from sandbox.submissions.submission import PROFILES
from sandbox.validation import knowledge_at_hand

SIMPLIFIED = f"{PROFILES}IHE.MHD.SimplifiedPublish.DocumentReference"
ITI_105 = "MHD 3:4.105.4.1.2"
ITI_106 = "MHD 3:4.106.4.1.2"


def is_simplified(resource: object) -> bool:
    """Tells whether a DocumentReference declares Simplified Publish, in whatever version
    (datatypes.html#canonical).
    """
    declared = as_list(member(member(resource, "meta"), "profile"))
    return any(str(url).partition("|")[0] == SIMPLIFIED for url in declared)


@interaction("create", "POST", "DocumentReference")
def simplified_publish(call: Call, services: Services) -> Reply:
    """Creates a DocumentReference; one of Simplified Publish gets a Binary and a SubmissionSet
    (ITI-105).
    """
    resource = check_resource(call.body, "DocumentReference")
    if call.id or not is_simplified(resource):
        return create(call, services)
    findings = [
        finding
        for finding in judge_resource(services.workers, resource, profile=SIMPLIFIED)
        if finding.severity != "information"
    ]
    if any(finding.severity == "error" for finding in findings):
        raise SubmissionRefused(findings, type="DocumentReference")
    attachment = resource["content"][0]["attachment"]
    binary = {
        "resourceType": "Binary",
        "contentType": attachment["contentType"],
        "data": attachment["data"],
    }
    declared = resource["meta"]["profile"]
    kept = [url for url in declared if url.partition("|")[0] != SIMPLIFIED]
    meta = {name: value for name, value in {**resource["meta"], "profile": kept}.items() if value}
    plain = {name: value for name, value in resource.items() if name not in ("meta", "id")} | (
        {"meta": meta} if meta else {}
    )
    return _published(plain, binary, call, services)


@interaction(
    "generate-metadata",
    "POST",
    "DocumentReference/$generate-metadata",
    level="operation",
    affects_state=True,
)
def generate_metadata(call: Call, services: Services) -> Reply:
    """Stores a FHIR document, in a Binary or as it is, with the metadata that it says of itself
    (ITI-106).
    """
    given = read_input(call).first("document")
    if not isinstance(given, dict) or given.get("resourceType") not in ("Binary", "Bundle"):
        raise InvalidResource(
            "server.operation_needs", where="document", clause=ITI_106, name="document"
        )
    document = _document_of(given)
    if not is_document(document):
        wrong = Finding(
            "mhd.no_fhir_document",
            "error",
            "mhd.no_fhir_document",
            {"ihe_code": "FHIRDocumentNotSupported"},
            where="document",
            clause=ITI_106,
        )
        raise SubmissionRefused([wrong], type="document")
    kind = str(given.get("contentType", "application/fhir+json")).partition(";")[0]
    reference = metadata_of(
        document, content_type=kind, subject=_known_patient(document, call, services)
    )
    stored = _published(reference, given, call, services)
    address = stored.headers["Location"].partition("/_history/")[0]
    part = {"name": "DocumentReference", "valueReference": {"reference": address}}
    return Reply(200, {"resourceType": "Parameters", "parameter": [part]})


def _published(reference: Json, document: Json, call: Call, services: Services) -> Reply:
    """Carries out the submission and returns the created DocumentReference as a create does."""
    submission = submission_of(reference, document, Publishing(call.base, services.clock()))
    whole = replace(call, type="", id="", query=(), headers={}, body=submission)
    done = process_bundle(whole, services).body
    place = done["entry"][1]["response"]["location"] if isinstance(done, dict) else ""
    id = place.split("/")[1]
    created = read(replace(call, type="DocumentReference", id=id, headers={}), services)
    return Reply(201, created.body, {**created.headers, "Location": f"{call.base}/{place}"})


def _document_of(given: Json) -> Json:
    """Returns the document itself; of a Binary its content, JSON or XML."""
    if given["resourceType"] == "Bundle":
        return given
    body = read_base64(given.get("data")) or b""
    is_xml = "xml" in str(given.get("contentType"))
    try:
        document: Json = read_xml(body, knowledge_at_hand().types) if is_xml else parse_json(body)
    except SandboxError:
        return {}
    return document


def _known_patient(document: Json, call: Call, services: Services) -> Json | None:
    """Returns a reference to the patient of this server that has an identifier of the document's
    patient.
    """
    patient = patient_of(document) or {}
    identifiers = patient.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else ():
        if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
            token = f"{escape(str(identifier['system']))}|{escape(str(identifier['value']))}"
            matches = find_matches("Patient", (("identifier", token),), call, services)
            if len(matches) == 1:
                return {"reference": f"Patient/{matches[0].id}"}
    return None
