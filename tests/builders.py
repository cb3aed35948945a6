"""Builders: the smallest sensible resource of each kind, changed by keyword."""

from __future__ import annotations

import json
from typing import Any

import httpx
from starlette.testclient import TestClient

from sandbox.course.client import Client
from sandbox.i18n import Language

FHIR_JSON = {"Content-Type": "application/fhir+json"}


def a_patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": "Muñoz", "given": ["Rosa"]}], **elements}


def an_observation(**elements: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
    return {"resourceType": "Observation", "status": "final", "code": code, **elements}


def an_entry(
    resource: dict[str, Any], *, full_url: str = "", method: str = "POST", url: str = ""
) -> dict[str, Any]:
    entry = {
        "resource": resource,
        "request": {"method": method, "url": url or resource["resourceType"]},
    }
    return {"fullUrl": full_url, **entry} if full_url else entry


def a_bundle(*entries: dict[str, Any], type: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def post(client: TestClient, path: str, body: Any, **headers: str) -> Any:
    """Sends a resource, or raw bytes, as FHIR JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/fhir{path}", content=content, headers={**FHIR_JSON, **headers})


def put(client: TestClient, path: str, body: Any, **headers: str) -> Any:
    return client.put(
        f"/fhir{path}", content=json.dumps(body).encode(), headers={**FHIR_JSON, **headers}
    )


def stored(client: TestClient, resource: dict[str, Any]) -> dict[str, Any]:
    """Creates a resource and returns it as the server stored it."""
    reply = post(client, f"/{resource['resourceType']}", resource)
    assert reply.status_code == 201, reply.text
    created: dict[str, Any] = reply.json()
    return created


def issue_of(reply: Any) -> dict[str, Any]:
    """Returns the only issue of an OperationOutcome."""
    outcome = reply.json()
    assert outcome["resourceType"] == "OperationOutcome", reply.text
    (issue,) = outcome["issue"]
    return dict(issue)


def ids_of(reply: Any) -> list[str]:
    """Returns the ids that a searchset Bundle found."""
    assert reply.status_code == 200, reply.text
    return [entry["resource"]["id"] for entry in reply.json().get("entry", [])]


def bridge(client: TestClient) -> httpx.MockTransport:
    """Returns a transport through which the learner's client speaks to the sandbox in this process."""

    def forward(request: httpx.Request) -> httpx.Response:
        reply = client.request(
            request.method, str(request.url), content=request.content, headers=dict(request.headers)
        )
        return httpx.Response(reply.status_code, headers=dict(reply.headers), content=reply.content)

    return httpx.MockTransport(forward)


def a_client(client: TestClient, language: Language = "en") -> Client:
    """Returns the learner's client of a sandbox in this process."""
    return Client("http://sandbox.test/fhir", language=language, transport=bridge(client))
