"""Broken twins of the course's client: the Document Source and Consumer of the lessons, with one fault each on the way out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
from starlette.testclient import TestClient

from sandbox.course.client import Client
from sandbox.course.document_consumer import DocumentConsumer, newest
from sandbox.course.document_source import DocumentSource
from sandbox.testbench.submissions import changed

Change = Callable[[httpx.Request], httpx.Request]
PATIENT = "luzia-nogueira"
LUZIA = "urn:oid:2.16.76|99902431585"
LIST, REFERENCE, BINARY = (f"entry.{place}" for place in range(3))
ATTACHMENT = f"{REFERENCE}.resource.content.0.attachment"
NOBODY = {"resourceType": "Patient", "gender": "female"}
QUOTED = {"name": "onlyCertainMatches", "valueString": "true"}
MATCHED: Any = {"resourceType": "Parameters", "parameter": [
    {"name": "resource", "resource": {"resourceType": "Patient", "birthDate": "1972-08-15"}},
    {"name": "onlyCertainMatches", "valueBoolean": True},
]}  # fmt: skip
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "more"}}


class BrokenClient(httpx.BaseTransport):
    """Carries what the client sends to the application, each request through a change."""

    def __init__(self, app: TestClient, change: Change) -> None:
        self._app = app
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = self._change(request)
        reply = self._app.request(
            sent.method, str(sent.url), content=sent.read(), headers=list(sent.headers.items())
        )
        kept = {name: value for name, value in reply.headers.items() if name != "content-encoding"}
        return httpx.Response(
            reply.status_code, headers=kept, content=reply.content, request=request
        )


def _anew(
    request: httpx.Request, *, method: str = "", url: str = "", body: Any = None, **headers: str
) -> httpx.Request:
    """Returns a request with parts of it changed; a header that is empty is left out."""
    kept = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {
        name: value
        for name, value in kept.items()
        if value and name not in ("content-length", "host")
    }
    content = request.read() if body is None else json.dumps(body).encode()
    return httpx.Request(
        method or request.method, url or str(request.url), headers=kept, content=content
    )


def _body(change: Callable[[Any], Any]) -> Change:
    """Changes what is submitted."""
    return lambda request: (
        _anew(request, body=change(json.loads(request.read()))) if request.read() else request
    )


def _set(path: str, *value: Any) -> Change:
    return _body(lambda bundle: changed(bundle, path, *value))


def _and_entry(resource: Any) -> Change:
    entry = {"fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000e", "resource": resource,
             "request": {"method": "POST", "url": resource["resourceType"]}}  # fmt: skip
    return _body(lambda bundle: {**bundle, "entry": [*bundle["entry"], entry]})


def _second_set(bundle: Any) -> Any:
    entry = {**bundle["entry"][0], "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f"}
    return {**bundle, "entry": [*bundle["entry"], entry]}


def _hash_in_hexadecimal(bundle: Any) -> Any:
    digest = hashlib.sha1(
        base64.b64decode(bundle["entry"][2]["resource"]["data"]), usedforsecurity=False
    ).hexdigest()
    return changed(bundle, f"{ATTACHMENT}.hash", base64.b64encode(digest.encode()).decode())


def _without_patch(bundle: Any) -> Any:
    return {
        **bundle,
        "entry": [one for one in bundle["entry"] if one["request"]["method"] != "PATCH"],
    }


def _same_address(bundle: Any) -> Any:
    return changed(bundle, f"{BINARY}.fullUrl", bundle["entry"][0]["fullUrl"])


def _query(type: str, **parameters: str) -> Change:
    """Changes the parameters of a search; an empty one is left out."""

    def change(request: httpx.Request) -> httpx.Request:
        if not request.url.path.endswith(f"/{type}"):
            return request
        asked = {
            **dict(request.url.params),
            **{name.replace("_", "."): value for name, value in parameters.items()},
        }
        kept = {name: value for name, value in asked.items() if value}
        return _anew(request, url=str(request.url.copy_with(params=kept)))

    return change


def _retrieval(**parts: str) -> Change:
    """Changes how the document is fetched."""
    return lambda request: _anew(request, **parts) if "/Binary/" in request.url.path else request


def _made_up(request: httpx.Request) -> httpx.Request:
    url = str(request.url)
    return _anew(request, url=f"{url.rpartition('/')[0]}/made-up") if "/Binary/" in url else request


SOURCES: dict[str, Change] = {
    "right": lambda request: request,
    "adds_an_observation": _and_entry(OBSERVATION),
    "calls_it_plain_json": lambda request: _anew(request, content_type="application/json"),
    "copies_another_title": _set(f"{ATTACHMENT}.title", "Another"),
    "counts_wrong": _set(f"{ATTACHMENT}.size", 7),
    "forgets_the_date": _set(f"{LIST}.resource.date"),
    "forgets_the_format": _set(f"{REFERENCE}.resource.content.0.format"),
    "forgets_the_profile": _set("meta"),
    "forgets_the_request": _set(f"{BINARY}.request"),
    "forgets_the_unique_id": _set(f"{REFERENCE}.resource.masterIdentifier"),
    "hashes_something_else": _set(f"{ATTACHMENT}.hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "hashes_the_hexadecimal": _body(_hash_in_hexadecimal),
    "lists_nothing": _set(f"{LIST}.resource.entry"),
    "loses_its_document": _set(
        f"{ATTACHMENT}.url", "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000d"
    ),
    "mixes_patients": _set(f"{LIST}.resource.subject", {"reference": "Patient/martin-bustos"}),
    "names_addresses_twice": _body(_same_address),
    "replaces_without_superseding": _body(_without_patch),
    "sends_a_batch": _set("type", "batch"),
    "sends_data_inline": _set(f"{ATTACHMENT}.data", "aGk="),
    "sends_two_sets": _body(_second_set),
    "takes_it_back": _set(f"{REFERENCE}.resource.status", "entered-in-error"),
    "uses_an_old_format": _set(
        f"{REFERENCE}.resource.content.0.format.code", "urn:ihe:pcc:ips:2020"
    ),
    "wraps_another_type": _set(f"{BINARY}.resource.contentType", "text/plain"),
}
CONSUMERS: dict[str, Change] = {
    "right": lambda request: request,
    "asks_for_any_format": lambda request: _anew(request, accept="*/*"),
    "asks_for_everybody": _query("DocumentReference", patient_identifier=""),
    "asks_for_every_list": _query("List", code=""),
    "asks_for_every_status": _query("DocumentReference", status=""),
    "fetches_on_a_condition": _retrieval(if_unmodified_since="Mon, 27 Jul 2026 09:00:00 GMT"),
    "makes_up_addresses": _made_up,
    "states_the_system": _query(
        "DocumentReference", status="http://hl7.org/fhir/document-reference-status|current"
    ),
}
DEMOGRAPHICS: dict[str, Change] = {
    "right": lambda request: request,
    "asks_for_any_format": lambda request: _anew(request, accept="*/*"),
    "asks_for_everybody": _query("Patient", identifier="", family="", birthdate="", gender=""),
    "asks_without_a_domain": _query("Patient", identifier="99902431585"),
    "leaves_out_urn_oid": _query("Patient", identifier="2.16.76|99902431585"),
    "leaves_the_bar_as_it_is": lambda request: _anew(
        request, url=str(request.url).replace("%7C", "|")
    ),
    "matches_by_nothing": _body(lambda asked: changed(asked, "parameter.0.resource", NOBODY)),
    "reads_by_the_national_number": lambda request: _anew(
        request, url=str(request.url).replace(PATIENT, "99902431585")
    ),
    "says_true_in_quotes": _body(lambda asked: changed(asked, "parameter.1", QUOTED)),
    "sends_a_bare_patient": _body(lambda asked: asked["parameter"][0]["resource"]),
    "sends_no_patient": _body(lambda asked: changed(asked, "parameter.0.name", "patient")),
    "shows_the_remark_too": lambda request: _anew(
        request, url=str(request.url).replace("patients=1", "patients=2")
    ),
    "writes_a_parameter_in_capitals": _query("Patient", addressCity="Manaus"),
    "writes_the_day_first": _query("Patient", birthdate="15-08-1972"),
    "writes_the_gender_in_portuguese": _query("Patient", gender="feminino"),
}
TWINS = {f"source.{name}": one for name, one in SOURCES.items()} | {
    f"consumer.{name}": one for name, one in CONSUMERS.items()
}
TWINS |= {f"demographics.{name}": one for name, one in DEMOGRAPHICS.items()}


def told_of(twin: str, app: TestClient) -> dict[str, list[str]]:
    """Lets a twin do its work at the inbox of a run, and returns the numbers of the tests by verdict but `pass`."""
    role = twin.partition(".")[0]
    if role == "demographics":
        return _told_of_demographics(twin, app)
    document = app.get(f"/fhir/Patient/{PATIENT}/$summary").json()
    right = DocumentSource(
        Client("http://sandbox.test/fhir", language="en", transport=BrokenClient(app, _right))
    )
    stored: Any = right.publish(document, patient=f"Patient/{PATIENT}")
    run = app.post("/api/runs", json={"track": f"mhd.{role}", "system": "sandbox"}).json()
    client = Client(
        f"http://sandbox.test{run['inbox']}",
        language="en",
        transport=BrokenClient(app, TWINS[twin]),
    )
    if role == "source":
        reference = stored.json["entry"][1]["response"]["location"].partition("/_history")[0]
        replaced = "/".join(reference.split("/")[-2:])
        DocumentSource(client).publish(document, patient=f"Patient/{PATIENT}", replaces=replaced)
    else:
        consumer = DocumentConsumer(client)
        client.get(
            "List", **{"patient.identifier": LUZIA, "code": "submissionset", "status": "current"}
        )
        consumer.retrieve(newest(consumer.find(LUZIA)))
    return _verdicts(app, run["id"])


def _told_of_demographics(twin: str, app: TestClient) -> dict[str, list[str]]:
    """Lets a twin look for a patient by number, read her, match her and tell how many it shows."""
    inputs = {"awkward": "yes", "view": "yes", "match": "yes"}
    body = {"track": "pdqm.consumer", "system": "sandbox", "inputs": inputs}
    run = app.post("/api/runs", json=body).json()
    transport = BrokenClient(app, TWINS[twin])
    client = Client(f"http://sandbox.test{run['inbox']}", language="en", transport=transport)
    client.get("Patient", identifier=LUZIA, birthdate="1972-08-15", gender="female")
    client.get(f"Patient/{PATIENT}")
    client.send("POST", "Patient/$match", body=MATCHED)
    client.get("$proof", patients="1")
    return _verdicts(app, run["id"])


def _verdicts(app: TestClient, run: str) -> dict[str, list[str]]:
    """Returns the numbers of a run's tests by verdict, but those that passed."""
    found: dict[str, list[str]] = {}
    for test in app.get(f"/api/runs/{run}").json()["tests"]:
        if test["verdict"] != "pass":
            found.setdefault(str(test["verdict"]), []).append(test["number"])
    return {verdict: sorted(numbers) for verdict, numbers in found.items()}


def _right(request: httpx.Request) -> httpx.Request:
    return request
