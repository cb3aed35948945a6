"""Patients as IHE asks for them: PDQm (ITI-78) and PIXm (ITI-83)."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, ids_of, issue_of, post, put
from tests.sandbox.server.conftest import only_read

RED, BLUE = "urn:oid:1.3.6.1.4.1.21367.13.20.1000", "urn:oid:1.3.6.1.4.1.21367.13.20.3000"


@pytest.fixture(scope="module")
def patients(shared_empty: TestClient) -> Iterator[TestClient]:
    identifiers = [{"system": RED, "value": "r-1"}, {"system": BLUE, "value": "b-1"}]
    mother = {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
        "valueString": "Soto",
    }
    rosa = a_patient(
        id="rosa", identifier=identifiers, active=True, gender="female", birthDate="1958-03-21", extension=[mother],
        telecom=[{"system": "phone", "value": "+56 45 1234"}],
        address=[{"city": "Temuco", "state": "Araucanía", "postalCode": "4780000", "country": "CL"}],
    )  # fmt: skip
    put(shared_empty, "/Patient/rosa", rosa)
    other = [{"system": RED, "value": "r-2"}]
    put(
        shared_empty,
        "/Patient/ana",
        a_patient(
            id="ana", identifier=other, active=False, name=[{"family": "Muñoz", "given": ["Ana"]}]
        ),
    )
    with only_read(shared_empty):
        yield shared_empty


@pytest.mark.parametrize(
    "query",
    [
        "_id=rosa", "active=true", "family=muñoz&gender=female", "given=rosa", f"identifier={RED}|r-1", f"identifier={BLUE}|",
        "telecom=%2B56 45 1234", "birthdate=1958-03-21&family=munoz", "address=temuco", "address-city=temuco", "address-state=arauc",
        "address-postalcode=4780000", "address-country=CL", "family:exact=Muñoz&given:exact=Rosa", "given=rosa,none",
    ],
)  # fmt: skip
def test_iti_78_each_parameter_of_pdqm_finds_the_patient_by_get_and_post(
    patients: TestClient, query: str
) -> None:
    assert ids_of(patients.get(f"/fhir/Patient?{query}")) == ["rosa"]
    pairs = dict(pair.split("=", 1) for pair in query.replace("%2B", "+").split("&"))
    assert ids_of(patients.post("/fhir/Patient/_search", data=pairs)) == ["rosa"]


def test_iti_78_pages_and_an_unknown_domain(patients: TestClient) -> None:
    first = patients.get("/fhir/Patient?family=munoz&_count=1").json()
    assert (first["total"], len(first["entry"])) == (2, 1)
    assert patients.get("/fhir/Patient?identifier=urn:oid:9.9|1").json()["total"] == 0


def test_iti_119_match_tells_how_sure_it_is(patients: TestClient) -> None:
    asked = a_patient(
        name=[{"family": "Muñoz", "given": ["Rosa"]}], birthDate="1958-03-21", gender="female"
    )
    body = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]}
    best = post(patients, "/Patient/$match", body).json()["entry"][0]
    assert best["resource"]["id"] == "rosa"
    assert 0 < best["search"]["score"] <= 1


def test_iti_83_the_other_identifiers_of_a_patient(patients: TestClient) -> None:
    reply = patients.get("/fhir/Patient/$ihe-pix", params={"sourceIdentifier": f"{RED}|r-1"})
    assert reply.status_code == 200, reply.text
    identifier, address = reply.json()["parameter"]
    assert identifier == {
        "name": "targetIdentifier",
        "valueIdentifier": {"system": BLUE, "value": "b-1"},
    }
    assert address["valueReference"]["reference"] == "http://sandbox.test/fhir/Patient/rosa"
    narrowed = patients.get(
        "/fhir/Patient/$ihe-pix", params={"sourceIdentifier": f"{BLUE}|b-1", "targetSystem": BLUE}
    )
    assert [part["name"] for part in narrowed.json()["parameter"]] == ["targetId"]


@pytest.mark.parametrize(
    ("query", "status", "code", "key"),
    [
        (f"sourceIdentifier={RED}|none", 404, "not-found", "server.no_match"),
        ("sourceIdentifier=urn:oid:9.9|1", 400, "code-invalid", "server.pix_domain"),
        # whose identifiers are asked for, and not whose was given (PIXm 2:3.83.4.2.2.4)
        (
            f"sourceIdentifier={RED}|r-1&targetSystem=urn:oid:9.9",
            403,
            "code-invalid",
            "server.pix_domain",
        ),
        (
            f"sourceIdentifier={RED}|r-1&targetSystem={BLUE}&targetSystem=urn:oid:9.9",
            403,
            "code-invalid",
            "server.pix_domain",
        ),
        (
            "sourceIdentifier=urn:oid:9.9|1&targetSystem=urn:oid:9.9",
            400,
            "code-invalid",
            "server.pix_domain",
        ),
        ("sourceIdentifier=r-1", 400, "invalid", "server.pix_source"),
        ("", 400, "invalid", "server.operation_needs"),
    ],
)
def test_iti_83_what_is_not_known_says_so(
    patients: TestClient, query: str, status: int, code: str, key: str
) -> None:
    reply = patients.get(f"/fhir/Patient/$ihe-pix?{query}")
    issue = issue_of(reply)
    assert (reply.status_code, issue["code"]) == (status, code)
    assert issue["details"]["coding"][0]["code"] == key
