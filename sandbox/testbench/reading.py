"""What a body holds, as scripts read it: a resource in JSON or XML, the resources of a searchset,
the parameters of a search.  Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.findings import Finding
from sandbox.testbench.script import answer_text
from sandbox.validation import knowledge_at_hand, validate

GRAVEST = ("error", "fatal")
SHOWN_BYTES = 80
MOST = 5  # faults of one resource that are told


def resource_in(body: bytes) -> Any:
    """Returns the resource that a body holds in JSON or XML; None for what is neither."""
    try:
        resource = (
            read_xml(body, knowledge_at_hand().types)
            # by its first character, since Content-Type may be wrong, which has a test of its own
            # (SRC-01)
            if body.lstrip()[:1] == b"<"
            else parse_json(body)
        )
    except SandboxError:
        return None
    return resource if isinstance(resource, dict) else None


def unread(body: bytes) -> Finding | None:
    """Returns why no resource can be read in a body, with the place where reading it ended; None
    where it is JSON or XML.
    """
    try:
        if body.lstrip()[:1] == b"<":
            read_xml(body, knowledge_at_hand().types)
        else:
            parse_json(body)
    except SandboxError as error:
        return error.as_finding()
    return None


def shown(body: bytes) -> str:
    """Returns the beginning of a body as a finding shows it, on one line."""
    return " ".join(body[:SHOWN_BYTES].decode("utf-8", "replace").split()) or "–"


def media_type(header: str) -> str:
    """Returns the type that a Content-Type names, without its parameters and in small letters: it
    is read in any case (RFC 9110 8.3.1).
    """
    return header.partition(";")[0].strip().lower()


def serving_in(capabilities: Any) -> Any:
    """Returns what a CapabilityStatement says of the server; None where it says nothing of one.

    A system that is a client too may say so first (FHIR R4 CapabilityStatement.rest.mode).
    """
    sides = as_list(member(capabilities, "rest"))
    return next((side for side in sides if member(side, "mode") != "client"), None)


def resources_of(answer: Exchange, type: str) -> list[Json]:
    """Returns the resources of a type in a searchset."""
    resources = [member(entry, "resource") for entry in as_list(member(answer.json, "entry"))]
    return [
        resource
        for resource in resources
        if isinstance(resource, dict) and resource.get("resourceType") == type
    ]


def faults_of(resource: Any) -> list[Finding]:
    """Returns what makes of a resource no valid FHIR, such as an empty array: the first errors of
    many.
    """
    if not isinstance(resource, dict):
        return []
    return [finding for finding in validate(resource) if finding.severity in GRAVEST][:MOST]


def no_capabilities(answer: Exchange) -> str:
    """Returns what came in place of a CapabilityStatement of R4, which whoever serves HTTP
    publishes (ITI TF-2 Appendix Z.3); empty where one came.

    Args:
        answer: To `GET metadata`.
    """
    type = str(member(resource_in(answer.body), "resourceType") or "–")
    version = str(member(resource_in(answer.body), "fhirVersion") or "4")
    if answer.status == 200 and type == "CapabilityStatement":
        # the profiles of IHE that are tested stand on R4, and R4B is read as that
        return "" if version.startswith("4") else f"FHIR {version}"
    return answer_text(answer) if answer.status != 200 else type


def document_of(answer: Exchange) -> Json | None:
    """Returns the FHIR document of an answer, as it came or out of a Binary; None for anything
    else.
    """
    resource = resource_in(answer.body)
    # GET Binary/{id} with a FHIR type gives the wrapper, with any other the bytes
    # (binary.html#rest); which of them ITI-68 means is open (MHD issue 233)
    if member(resource, "resourceType") == "Binary":
        resource = resource_in(read_base64(member(resource, "data")) or b"")
    is_one = member(resource, "resourceType") == "Bundle" and member(resource, "type") == "document"
    return resource if is_one and isinstance(resource, dict) else None


def in_json(answer: Exchange) -> Exchange:
    """Returns an answer with its resource in JSON, whichever form was asked for.

    Args:
        answer: With a resource in JSON or XML; of anything else the resource is empty.
    """
    return replace(answer, body=write_json(resource_in(answer.body) or {}))


def parameters_of(sent: Exchange) -> list[tuple[str, str]]:
    """Returns the parameters of a search, of its address and of its form.

    Args:
        sent: As the client sent it.
    """
    form = sent.request_body.decode("utf-8", "replace") if sent.method == "POST" else ""
    return [*parse_qsl(urlsplit(sent.url).query), *parse_qsl(form)]


def place_of(sent: Exchange) -> str:
    """Returns what stands behind the base of an inbox, or of a recording proxy, with its query.

    Args:
        sent: As the client sent it.
    """
    address = urlsplit(sent.url)
    place = address.path.rpartition("/fhir/")[2]
    return f"{place}?{address.query}" if address.query else place


def is_named(place: str, body: bytes) -> bool:
    """Tells whether an answer holds an address below the base, and not only one that begins like
    it.

    Args:
        place: The address below the base, with its query.
        body: Of the answer, in JSON or XML.
    """
    # both ways of writing an address in which a sign means something else
    text = body.decode("utf-8", "replace").replace("\\/", "/").replace("&amp;", "&")
    return bool(re.search(re.escape(place) + r"(?![A-Za-z0-9.-])", text))
