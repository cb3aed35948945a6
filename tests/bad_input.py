"""What bad input gets, interaction by interaction: the cases, a world to try them in, and the page written from both.

`python -m tests.bad_input` writes `docs/bad-input.md` anew; a test holds the page to what the server answers.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.builders import FHIR_JSON, a_bundle, a_patient, an_entry, put
from tests.places import PROJECT

PAGE = PROJECT / "docs" / "bad-input.md"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE = [{"system": "urn:x", "value": "1"}]


@dataclass(frozen=True, slots=True)
class Case:
    """One wrong request: what it is called, what is sent, and what must come back."""

    interaction: str
    wrong: str
    method: str
    path: str
    status: int
    key: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.interaction}: {self.wrong}"

    @property
    def content(self) -> bytes:
        return (
            self.body
            if isinstance(self.body, bytes)
            else b""
            if self.body is None
            else json.dumps(self.body).encode()
        )


def a_patch(*parts: Any, path: str = "Patient.name", type: str = "replace") -> dict[str, Any]:
    words = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}, *parts]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": words}]}


CREATE = ("POST", "/Patient")
CASES = (
    Case(
        "create",
        "JSON that ends too early",
        *CREATE,
        400,
        "server.broken_json",
        b'{"resourceType": "Patient"',
    ),
    Case(
        "create",
        "a property twice",
        *CREATE,
        400,
        "server.duplicate_key",
        b'{"resourceType": "Patient", "active": true, "active": false}',
    ),
    Case(
        "create",
        "bytes that are not UTF-8",
        *CREATE,
        400,
        "server.bad_utf8",
        b'{"resourceType": "Patient", "x": "\xe9"}',
    ),
    Case(
        "create",
        "brackets 5,000 deep",
        *CREATE,
        400,
        "server.too_deep",
        b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ),
    Case(
        "create",
        "the number NaN",
        *CREATE,
        400,
        "server.bad_constant",
        b'{"resourceType": "Patient", "x": NaN}',
    ),
    Case(
        "create",
        "half of a surrogate pair",
        *CREATE,
        400,
        "server.bad_character",
        b'{"resourceType": "Patient", "x": "\\ud800"}',
    ),
    Case("create", "a list instead of a resource", *CREATE, 400, "server.not_an_object", []),
    Case("create", "no resourceType", *CREATE, 400, "server.no_resource_type", {}),
    Case(
        "create",
        "a type that does not exist",
        *CREATE,
        400,
        "server.unknown_type_near",
        {"resourceType": "Pacient"},
    ),
    Case(
        "create",
        "another type than the address",
        *CREATE,
        400,
        "server.other_type",
        {"resourceType": "Observation"},
    ),
    Case(
        "create",
        "a Content-Type that is none of FHIR's",
        *CREATE,
        415,
        "server.content_type",
        b"a",
        {"Content-Type": "text/plain"},
    ),
    Case(
        "create",
        "XML with an entity",
        *CREATE,
        400,
        "definitions.xml_doctype",
        b'<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>',
        {"Content-Type": "application/fhir+xml"},
    ),
    Case(
        "create",
        "XML that ends too early",
        *CREATE,
        400,
        "definitions.broken_xml",
        b'<Patient xmlns="http://hl7.org/fhir">',
        {"Content-Type": "application/fhir+xml"},
    ),
    Case(
        "create",
        "If-None-Exist that means two",
        *CREATE,
        412,
        "server.several",
        a_patient(),
        {"If-None-Exist": "family=Twice"},
    ),
    Case(
        "create",
        "If-None-Exist without a criterion",
        *CREATE,
        400,
        "server.no_criteria",
        a_patient(),
        {"If-None-Exist": "_count=1"},
    ),
    Case(
        "create",
        "search parameters behind the address",
        "POST",
        "/Patient?family=x",
        400,
        "server.create_query",
        a_patient(),
    ),
    Case("update", "no id in the body", "PUT", "/Patient/p", 400, "server.no_id", a_patient()),
    Case(
        "update",
        "another id than the address",
        "PUT",
        "/Patient/p",
        400,
        "server.other_id",
        a_patient(id="q"),
    ),
    Case(
        "update",
        "an id with a character that ids lack",
        "PUT",
        "/Patient/a_b",
        400,
        "server.bad_id",
        a_patient(id="a_b"),
    ),
    Case(
        "update",
        "If-Match of an older version",
        "PUT",
        "/Patient/p",
        412,
        "server.stale",
        a_patient(id="p"),
        {"If-Match": 'W/"1"'},
    ),
    Case(
        "update",
        "If-Match where nothing is",
        "PUT",
        "/Patient/new",
        412,
        "server.stale_absent",
        a_patient(id="new"),
        {"If-Match": 'W/"1"'},
    ),
    Case(
        "update",
        "an If-Match that is no ETag",
        "PUT",
        "/Patient/p",
        400,
        "server.bad_etag",
        a_patient(id="p"),
        {"If-Match": '"'},
    ),
    Case(
        "update",
        "a condition that means two",
        "PUT",
        "/Patient?family=Twice",
        412,
        "server.several",
        a_patient(),
    ),
    Case(
        "update",
        "a condition without criterion",
        "PUT",
        "/Patient",
        400,
        "server.no_criteria",
        a_patient(),
    ),
    Case(
        "patch",
        "a body that is no patch",
        "PATCH",
        "/Patient/p",
        400,
        "server.no_patch",
        a_patient(),
    ),
    Case(
        "patch",
        "a step of JSON Patch that leads nowhere",
        "PATCH",
        "/Patient/p",
        400,
        "server.patch_failed",
        [{"op": "remove", "path": "/photo/0"}],
        JSON_PATCH,
    ),
    Case(
        "patch",
        "a JSON Patch that changes the id",
        "PATCH",
        "/Patient/p",
        400,
        "server.patch_identity",
        [{"op": "replace", "path": "/id", "value": "q"}],
        JSON_PATCH,
    ),
    Case(
        "patch",
        "Parameters without an operation",
        "PATCH",
        "/Patient/p",
        400,
        "server.patch_empty",
        {"resourceType": "Parameters"},
    ),
    Case(
        "patch",
        "an operation of an unknown type",
        "PATCH",
        "/Patient/p",
        400,
        "server.patch_type",
        a_patch(type="change"),
    ),
    Case(
        "patch",
        "a path that means two",
        "PATCH",
        "/Patient/p",
        400,
        "server.patch_not_one",
        a_patch({"name": "value", "valueString": "x"}, path="Patient.name.given"),
    ),
    Case(
        "patch",
        "a resource that is not there",
        "PATCH",
        "/Patient/none",
        404,
        "server.no_resource",
        [],
        JSON_PATCH,
    ),
    Case(
        "delete",
        "If-Match of an older version",
        "DELETE",
        "/Patient/p",
        412,
        "server.stale",
        None,
        {"If-Match": 'W/"1"'},
    ),
    Case(
        "delete",
        "a condition without criterion",
        "DELETE",
        "/Patient?_count=5",
        400,
        "server.no_criteria",
    ),
    Case("read", "an id that never was", "GET", "/Patient/none", 404, "server.no_resource"),
    Case("read", "a resource that was deleted", "GET", "/Patient/gone", 410, "server.gone"),
    Case(
        "read", "a type that does not exist", "GET", "/Pacient/p", 404, "server.unknown_type_near"
    ),
    Case(
        "read",
        "If-Modified-Since that is no HTTP date",
        "GET",
        "/Patient/p",
        400,
        "server.bad_http_date",
        None,
        {"If-Modified-Since": "2026-01-01"},
    ),
    Case(
        "vread",
        "a version that never was",
        "GET",
        "/Patient/p/_history/9",
        404,
        "server.no_version",
    ),
    Case(
        "history",
        "a _since that is no date",
        "GET",
        "/Patient/p/_history?_since=yesterday",
        400,
        "server.bad_date",
    ),
    Case(
        "history",
        "a parameter that histories lack",
        "GET",
        "/Patient/_history?name=x",
        400,
        "server.unknown_parameter",
    ),
    Case(
        "search",
        "a misspelt parameter",
        "GET",
        "/Patient?famly=x",
        400,
        "server.unknown_parameter_near",
    ),
    Case(
        "search",
        "an unknown modifier",
        "GET",
        "/Patient?name:like=x",
        400,
        "server.unknown_modifier",
    ),
    Case(
        "search",
        "a date that is none",
        "GET",
        "/Patient?birthdate=13.5.1990",
        400,
        "server.bad_date",
    ),
    Case(
        "search",
        "a number that is none",
        "GET",
        "/Observation?value-quantity=much",
        400,
        "server.bad_number_value",
    ),
    Case("search", "an empty value", "GET", "/Patient?name=", 400, "server.empty_value"),
    Case("search", "a page of no number", "GET", "/Patient?_count=x", 400, "server.bad_count"),
    Case(
        "search",
        "a next link of one's own making",
        "GET",
        "/Patient?_after=x",
        400,
        "server.bad_page",
    ),
    Case(
        "search",
        "a chain over no reference",
        "GET",
        "/Patient?gender.name=x",
        400,
        "server.chain_on",
    ),
    Case(
        "search",
        "a composite value with one part",
        "GET",
        "/Observation?code-value-quantity=x",
        400,
        "server.bad_composite",
    ),
    Case(
        "search",
        "_has of another shape",
        "GET",
        "/Patient?_has:Observation=x",
        400,
        "server.bad_has",
    ),
    Case(
        "search",
        "_include of no reference",
        "GET",
        "/Patient?_include=Patient:name",
        400,
        "server.bad_include",
    ),
    Case(
        "search",
        "what this server does not do",
        "GET",
        "/Patient?_filter=name eq x",
        501,
        "server.not_yet",
    ),
    Case(
        "search",
        "JSON as a form",
        "POST",
        "/Patient/_search",
        415,
        "server.content_type",
        {"name": "x"},
    ),
    Case(
        "transaction",
        "an entry without request",
        "POST",
        "",
        400,
        "server.no_request",
        a_bundle({"resource": a_patient()}),
    ),
    Case(
        "transaction",
        "one wrong entry of two",
        "POST",
        "",
        400,
        "server.other_type",
        a_bundle(an_entry(a_patient()), an_entry(a_patient(), url="Observation")),
    ),
    Case(
        "transaction",
        "a method that is a list",
        "POST",
        "",
        400,
        "server.bad_request_entry",
        a_bundle({"request": {"method": ["GET"], "url": "Patient"}}),
    ),
    Case(
        "transaction",
        "one resource changed twice",
        "POST",
        "",
        400,
        "server.twice",
        a_bundle(*[an_entry(a_patient(id="p"), method="PUT", url="Patient/p")] * 2),
    ),
    Case(
        "transaction",
        "one fullUrl twice",
        "POST",
        "",
        400,
        "server.full_url_twice",
        a_bundle(*[an_entry(a_patient(), full_url="urn:uuid:1")] * 2),
    ),
    Case(
        "transaction",
        "a urn:uuid that no entry has",
        "POST",
        "",
        400,
        "server.dangling",
        a_bundle(an_entry(a_patient(managingOrganization={"reference": "urn:uuid:1"}))),
    ),
    Case(
        "transaction",
        "a conditional reference that finds nothing",
        "POST",
        "",
        412,
        "server.no_match",
        a_bundle(an_entry(a_patient(managingOrganization={"reference": "Organization?name=none"}))),
    ),
    Case(
        "transaction",
        "a Bundle of another type",
        "POST",
        "",
        400,
        "server.bundle_type",
        a_bundle(type="collection"),
    ),
    Case(
        "transaction",
        "5,001 entries",
        "POST",
        "",
        413,
        "server.too_many_entries",
        a_bundle(*[an_entry(a_patient())] * 5001),
    ),
    Case(
        "operation",
        "one that does not exist",
        "GET",
        "/Patient/p/$nothing",
        501,
        "server.no_operation",
    ),
    Case(
        "operation",
        "$validate without a resource",
        "POST",
        "/Patient/$validate",
        400,
        "server.nothing_to_validate",
    ),
    Case(
        "operation",
        "$validate by an unknown profile",
        "GET",
        "/Patient/p/$validate?profile=http://none.example",
        400,
        "server.unknown_profile",
    ),
    Case(
        "operation",
        "$expand of an unknown value set",
        "GET",
        "/ValueSet/$expand?url=http://none.example",
        404,
        "terminology.no_value_set",
    ),
    Case(
        "operation",
        "$expand of a value set that cannot be read",
        "POST",
        "/ValueSet/$expand",
        422,
        "server.not_conformant",
        {
            "resourceType": "ValueSet",
            "status": "active",
            "compose": {"include": [{"concept": [{}]}]},
        },
    ),
    Case(
        "operation",
        "$lookup without a code",
        "GET",
        "/CodeSystem/$lookup?system=http://loinc.org",
        400,
        "server.operation_needs",
    ),
    Case(
        "operation",
        "$lastn without a subject",
        "GET",
        "/Observation/$lastn?category=vital-signs",
        400,
        "server.operation_needs",
    ),
    Case(
        "operation",
        "$lastn of the last none",
        "GET",
        "/Observation/$lastn?patient=p&code=a&max=0",
        400,
        "server.operation_type",
    ),
    Case(
        "any",
        "an Accept of neither JSON nor XML",
        "GET",
        "/Patient/p",
        406,
        "server.accept",
        None,
        {"Accept": "text/turtle"},
    ),
    Case("any", "a _format that is none", "GET", "/Patient/p?_format=ttl", 406, "server.format"),
    Case(
        "any", "a method that the place lacks", "POST", "/metadata", 405, "server.wrong_method", {}
    ),
    Case(
        "any", "an address of no interaction", "GET", "/Patient/1/2/3", 404, "server.no_such_place"
    ),
)


def furnish(client: TestClient) -> None:
    """Stores what the cases work on: Patient/p in its second version, two with one name, one that is deleted."""
    for _ in range(2):
        put(
            client,
            "/Patient/p",
            a_patient(id="p", name=[{"given": ["Ana", "María"]}], identifier=ONE),
        )
    for id in ("one", "two", "gone"):
        put(
            client,
            f"/Patient/{id}",
            a_patient(id=id, name=[{"family": "Twice" if id != "gone" else "Gone"}]),
        )
    client.delete("/fhir/Patient/gone")


def send(client: TestClient, case: Case) -> Any:
    headers = {**(FHIR_JSON if case.body is not None else {}), **case.headers}
    return client.request(case.method, f"/fhir{case.path}", content=case.content, headers=headers)


def page(client: TestClient) -> str:
    """Returns the page, with what the server answers to each case."""
    lines = [
        "# What bad input gets",
        "",
        "Written by `python -m tests.bad_input` from the cases of the tests, each of which runs on SQLite and on PostgreSQL. Nothing of",
        "a refused request is stored. The sentences come in the language that `Accept-Language` asks for: English, Spanish, Portuguese.",
    ]
    heading = ""
    for case in CASES:
        if case.interaction != heading:
            heading = case.interaction
            lines += [
                "",
                f"## {heading}",
                "",
                "| what is wrong | status | code | what the server says | what to do next |",
                "|---|---|---|---|---|",
            ]
        (issue, *_) = send(client, case).json()["issue"]
        cells = [
            case.wrong,
            str(case.status),
            issue["code"],
            issue["details"]["text"],
            issue["diagnostics"],
        ]
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from tests.conftest import a_sandbox

    with tempfile.TemporaryDirectory() as folder, a_sandbox(Path(folder)) as sandbox:
        furnish(sandbox)
        PAGE.write_text(page(sandbox), encoding="utf-8")
