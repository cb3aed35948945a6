import pytest
from starlette.testclient import TestClient

from sandbox.server.formats import read_reply_format
from tests.builders import a_patient, issue_of, post, stored

XML = {"Content-Type": "application/fhir+xml"}
PATIENT = b'<Patient xmlns="http://hl7.org/fhir"><name><family value="Mu\xc3\xb1oz"/></name><birthDate value="1958"/></Patient>'


@pytest.mark.parametrize(
    ("asked", "accept", "format", "explicit"),
    [
        (None, None, "json", False),
        (None, "application/fhir+xml", "xml", True),
        (None, "application/fhir+json;q=0.5, application/fhir+xml", "xml", True),
        (None, "application/fhir+json, application/fhir+xml;q=0.5", "json", True),
        (None, "text/xml", "xml", True),
        (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json", True),
        (None, "*/*", "json", False),
        (None, "application/fhir+xml;q=0, */*", "json", False),
        ("xml", "application/fhir+json", "xml", True),
        ("application/fhir xml", None, "xml", True),
        ("json", "application/fhir+xml", "json", True),
    ],
)
def test_format_wins_over_accept_and_quality_counts(
    asked: str | None, accept: str | None, format: str, explicit: bool
) -> None:
    wish = read_reply_format(asked, accept, None)
    assert (wish.format, wish.is_explicit) == (format, explicit)


def test_a_resource_comes_in_as_xml_and_goes_out_as_either(empty: TestClient) -> None:
    created = post(empty, "/Patient", PATIENT, **XML, Accept="application/fhir+xml")
    assert created.status_code == 201
    assert created.headers["content-type"] == "application/fhir+xml; charset=utf-8"
    id = created.headers["location"].split("/")[-3]
    as_json = empty.get(f"/fhir/Patient/{id}").json()
    assert (as_json["name"], as_json["birthDate"]) == ([{"family": "Muñoz"}], "1958")
    as_xml = empty.get(f"/fhir/Patient/{id}?_format=xml").text
    assert '<family value="Muñoz"/>' in as_xml
    assert as_xml.index("<id ") < as_xml.index("<meta>") < as_xml.index("<name>")


def test_searches_errors_and_metadata_are_written_as_xml_too(trained: TestClient) -> None:
    for path, root in (
        ("Patient?_count=2", "<Bundle "),
        ("metadata", "<CapabilityStatement "),
        ("Patient/nobody", "<OperationOutcome "),
    ):
        reply = trained.get(f"/fhir/{path}", headers={"Accept": "application/fhir+xml"})
        assert root in reply.text
        assert reply.headers["content-type"].startswith("application/fhir+xml")


@pytest.mark.parametrize(
    ("body", "status", "key"),
    [
        (b"<Patient", 400, "definitions.broken_xml"),
        (b"<Patient/>", 400, "definitions.no_fhir_xml"),
        (
            b'<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>',
            400,
            "definitions.xml_doctype",
        ),
        (b'<Patient xmlns="http://hl7.org/fhir">' + b"<contact>" * 5000, 400, "server.too_deep"),
        (b'<Observation xmlns="http://hl7.org/fhir"/>', 400, "server.other_type"),
    ],
)
def test_bad_xml_is_refused_by_name_and_nothing_is_stored(
    empty: TestClient, body: bytes, status: int, key: str
) -> None:
    reply = post(empty, "/Patient", body, **XML)
    assert reply.status_code == status
    assert issue_of(reply)["details"]["coding"][0]["code"] == key
    assert empty.get("/fhir/Patient").json()["total"] == 0


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("", "Patient"),
        ("return=representation", "Patient"),
        ("return=minimal", None),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
def test_prefer_says_what_a_write_returns(empty: TestClient, prefer: str, kind: str | None) -> None:
    reply = post(empty, "/Patient", a_patient(), Prefer=prefer)
    assert reply.status_code == 201
    assert reply.headers["location"]
    assert (reply.json()["resourceType"] if reply.content else None) == kind


def test_prefer_does_not_change_what_a_read_returns(empty: TestClient) -> None:
    id = stored(empty, a_patient())["id"]
    assert empty.get(f"/fhir/Patient/{id}", headers={"Prefer": "return=minimal"}).json()["id"] == id


PICTURE = bytes(range(256))


@pytest.mark.parametrize("accept", ["*/*", "image/png", "image/*", "text/html,*/*;q=0.8"])
def test_a_binary_comes_in_raw_and_goes_out_raw(empty: TestClient, accept: str) -> None:
    created = empty.post("/fhir/Binary", content=PICTURE, headers={"Content-Type": "image/png"})
    assert created.status_code == 201
    place = (
        created.headers["location"].removeprefix("http://sandbox.test").partition("/_history")[0]
    )
    raw = empty.get(place, headers={"Accept": accept})
    assert (raw.content, raw.headers["content-type"]) == (PICTURE, "image/png")
    resource = empty.get(place, headers={"Accept": "application/fhir+json"}).json()
    assert (resource["resourceType"], resource["contentType"]) == ("Binary", "image/png")
    assert empty.get(place, headers={"Accept": "text/plain"}).status_code == 406


def test_a_binary_as_a_resource_is_the_same_binary(empty: TestClient) -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "aG9sYQ=="}
    created = post(empty, "/Binary", binary)
    place = created.headers["location"].removeprefix("http://sandbox.test")
    assert empty.get(place, headers={"Accept": "text/plain"}).content == b"hola"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json;fhirVersion=4.0.1", 200),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ('application/fhir+xml; fhirVersion="3.0"', 406),
        ("application/fhir+json; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json; fhirVersion=5.0, */*;q=0.1", 200),
    ],
)
def test_a_release_that_is_not_spoken_is_not_answered_in(
    empty: TestClient, accept: str, status: int
) -> None:
    """FHIR R4 http.html#version-parameter."""
    reply = empty.get("/fhir/metadata", headers={"Accept": accept})
    assert reply.status_code == status
    if status == 406:
        assert issue_of(reply)["details"]["coding"][0]["code"] == "server.accept"


def test_a_format_of_another_release_is_not_answered_in(empty: TestClient) -> None:
    asked = "application/fhir%2Bjson;fhirVersion=5.0"
    reply = empty.get(f"/fhir/metadata?_format={asked}")
    assert reply.status_code == 406
    assert issue_of(reply)["details"]["coding"][0]["code"] == "server.format"


@pytest.mark.parametrize(("release", "status"), [("4.0", 201), ("5.0", 415)])
def test_a_body_of_another_release_is_refused(empty: TestClient, release: str, status: int) -> None:
    kind = f"application/fhir+json; fhirVersion={release}"
    reply = post(empty, "/Patient", a_patient(), **{"Content-Type": kind})
    assert reply.status_code == status
    if status == 415:
        assert issue_of(reply)["details"]["coding"][0]["code"] == "server.content_type"
        assert "fhirVersion=4.0" in issue_of(reply)["diagnostics"]
    assert empty.get("/fhir/Patient?_summary=count").json()["total"] == (status == 201)
