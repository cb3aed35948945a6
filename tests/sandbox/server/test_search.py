import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, an_observation, ids_of, issue_of, post, stored


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Patient?_id=rosa-fuenzalida,ana-etcheverry", ["rosa-fuenzalida", "ana-etcheverry"]),
        ("Patient?identifier=urn:oid:2.16.32|99214508", ["martin-bustos"]),
        ("Patient?identifier=99214508", ["martin-bustos"]),
        ("Patient?identifier=urn:oid:2.16.152|99214508", []),
        ("Patient?identifier=urn:oid:2.16.32|", ["martin-bustos"]),
        ("Patient?identifier=|99214508", []),
        ("Patient?name=rosa", ["rosa-fuenzalida"]),
        ("Patient?name=ARAOZ", []),
        ("Patient?name=bustos araoz", ["martin-bustos"]),
        ("Patient?family:contains=quispe", ["wara-mamani"]),
        ("Patient?family:contains=condori", ["flor-huaman"]),
        ("Patient?family:exact=Campbell", ["shanice-campbell"]),
        ("Patient?family:exact=campbell", []),
        ("Patient?given=luzía", ["luzia-nogueira"]),
        ("Patient?birthdate=1949", ["domingo-ixcoy"]),
        ("Patient?birthdate=1949-05", []),
        ("Patient?birthdate=ge2001", ["flor-huaman", "ana-etcheverry"]),
        ("Patient?birthdate=gt1987-11-02&birthdate=lt1991", ["keyla-zelaya"]),
        ("Patient?birthdate=1983-02-11,1999-04-17", ["shanice-campbell", "iguandili-lopez"]),
        ("Patient?gender=male&address-country=GT", ["domingo-ixcoy"]),
        ("Patient?phone:missing=true", ["domingo-ixcoy", "wara-mamani"]),
        ("Patient?active=true&name=keyla", ["keyla-zelaya"]),
        ("Condition?code=http://snomed.info/sct|27052006", ["yeison-palacios-malaria"]),
        ("Condition?clinical-status=resolved", ["luzia-nogueira-dengue", "segundo-guaman-tuberculosis", "yeison-palacios-malaria"]),
        ("Condition?patient=rosa-fuenzalida", ["rosa-fuenzalida-diabetes", "rosa-fuenzalida-hypertension"]),
        ("Condition?patient=Patient/martin-bustos", ["martin-bustos-asthma"]),
        ("Condition?subject=Patient/martin-bustos", ["martin-bustos-asthma"]),
        ("Condition?subject:Patient=martin-bustos", ["martin-bustos-asthma"]),
        ("Condition?subject=http://sandbox.test/fhir/Patient/martin-bustos", ["martin-bustos-asthma"]),
        ("Condition?subject=http://elsewhere.test/fhir/Patient/martin-bustos", []),
        ("Condition?subject:Group=martin-bustos", []),
        ("Observation?patient.family=fuenzalida&code=4548-4&date=ge2024", ["rosa-fuenzalida-hba1c-2024"]),
        ("Observation?subject:Patient.identifier=urn:oid:2.16.858|&code=8302-2", ["ana-etcheverry-height"]),
        ("Observation?patient.organization.name=policlínica&code=8302-2", ["ana-etcheverry-height"]),
        ("Observation?code=http://loinc.org|4548-4&date=2024-05-16", ["rosa-fuenzalida-hba1c-2024"]),
        ("MedicationStatement?status=completed", ["yeison-palacios-primaquine"]),
        ("Immunization?date=le2016-12-31", ["yeison-palacios-yellow-fever"]),
        ("AllergyIntolerance?code=716186003&patient.gender=male", ["martin-bustos-no-known-allergy", "iguandili-lopez-no-known-allergy", "segundo-guaman-no-known-allergy"]),
    ],
)  # fmt: skip
def test_a_search_finds_exactly_what_it_asks_for(
    shared_trained: TestClient, query: str, ids: list[str]
) -> None:
    assert sorted(ids_of(shared_trained.get(f"/fhir/{query}"))) == sorted(ids)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("eq", {"day", "month"}),
        ("ne", {"year", "before", "after"}),
        ("gt", {"year", "after"}),
        ("lt", {"year", "before"}),
        ("ge", {"year", "month", "day", "after"}),
        ("le", {"year", "month", "day", "before"}),
        ("sa", {"after"}),
        ("eb", {"before"}),
        ("ap", {"year", "month", "day"}),
    ],
)
def test_date_prefixes_compare_intervals(empty: TestClient, prefix: str, found: set[str]) -> None:
    """The search value is March 2024; the resources cover a year, that month, a day in it, and times around it."""
    dates = {
        "year": "2024",
        "month": "2024-03",
        "day": "2024-03-15",
        "before": "2024-02-29",
        "after": "2024-04-01",
    }
    for name, date in dates.items():
        stored(empty, an_observation(effectiveDateTime=date, identifier=[{"value": name}]))
    reply = empty.get(f"/fhir/Observation?date={prefix}2024-03").json()
    assert {
        entry["resource"]["identifier"][0]["value"] for entry in reply.get("entry", [])
    } == found


def test_a_period_is_found_by_any_day_that_it_may_cover(empty: TestClient) -> None:
    stored(empty, an_observation(effectivePeriod={"start": "2024-01-10"}))
    assert empty.get("/fhir/Observation?date=ap2030").json()["total"] == 1
    assert empty.get("/fhir/Observation?date=eb2024").json()["total"] == 0


def test_last_updated_compares_moments(empty: TestClient) -> None:
    stored(empty, a_patient())
    stored(empty, a_patient())
    assert empty.get("/fhir/Patient?_lastUpdated=ge2026-07-27T09:00:02Z").json()["total"] == 1
    assert empty.get("/fhir/Patient?_lastUpdated=2026-07").json()["total"] == 2


def test_pages_are_followed_by_next_links_while_others_write(empty: TestClient) -> None:
    first = [stored(empty, a_patient())["id"] for _ in range(5)]
    seen, url = [], "http://sandbox.test/fhir/Patient?_count=2&name=rosa"
    while url:
        bundle = empty.get(url).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        if len(seen) == 2:
            empty.delete(f"/fhir/Patient/{first[0]}")
            first.append(stored(empty, a_patient())["id"])
    assert seen == first


def test_total_counts_all_pages_and_zero_entries_leave_entry_out(trained: TestClient) -> None:
    assert trained.get("/fhir/Patient?_count=3").json()["total"] == 12
    assert trained.get("/fhir/Patient?_summary=count").json() == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 12,
        "link": [{"relation": "self", "url": "http://sandbox.test/fhir/Patient?_summary=count"}],
    }
    assert "entry" not in trained.get("/fhir/Patient?name=nobody").json()


def test_escaped_commas_and_bars_are_part_of_the_value(empty: TestClient) -> None:
    stored(empty, a_patient(identifier=[{"system": "urn:x", "value": "a,b|c"}]))
    assert empty.get(r"/fhir/Patient?identifier=urn:x|a\,b\|c").json()["total"] == 1


def test_search_by_post_reads_the_form(trained: TestClient) -> None:
    assert ids_of(trained.post("/fhir/Patient/_search", data={"name": "rosa"})) == [
        "rosa-fuenzalida"
    ]


def test_an_update_changes_what_is_found(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    changed = {**created, "name": [{"family": "Soto"}]}
    empty.put(
        f"/fhir/Patient/{created['id']}",
        json=changed,
        headers={"Content-Type": "application/fhir+json"},
    )
    assert empty.get("/fhir/Patient?name=muñoz").json()["total"] == 0
    assert empty.get("/fhir/Patient?name=soto").json()["total"] == 1


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("Patient?nme=x", 400, "name"),
        ("Patient?birthDate=2000", 400, "birthdate"),
        ("Patient?name=", 400, "name"),
        ("Patient?name:wrong=x", 400, "wrong"),
        ("Patient?birthdate=21/03/1958", 400, "21/03/1958"),
        ("Patient?birthdate=xx2000", 400, "xx2000"),
        ("Patient?_count=many", 400, "many"),
        ("Patient?_after=x", 400, "x"),
        ("Patient?phone:missing=maybe", 400, "maybe"),
        ("Patient?name.family=x", 400, "name"),
        ("Observation?subject:Group.name=x", 400, "name"),
        ("Observation?subject:Medication.code=x", 400, "Medication"),
        ("Observation?subject:Patient.nme=x", 400, "name"),
        ("Patient?_sort=nme", 400, "name"),
        ("Patient?_include=Patient:name", 400, "Patient:name"),
        ("Patient?_include=Pacient:organization", 400, "Patient"),
        ("Patient?_include=organization", 400, "organization"),
        ("Patient?_has:Observation:code:code=1", 400, "_has"),
        ("Patient?_has:Observation:patient:cod=1", 400, "code"),
        ("Patient?_has:Observation=1", 400, "_has"),
        ("Patient?_summary=short", 400, "short"),
        ("Patient?identifier:of-type=1", 400, "type and value"),
        ("Patient?identifier:exact=1", 400, "exact"),
        ("Observation?value-quantity=five", 400, "five"),
        ("Observation?value-quantity=5|kg", 400, "5|kg"),
        ("Observation?code:below=http://loinc.org|1", 400, "loinc"),
        ("Observation?code:in=urn:nothing", 404, "urn:nothing"),
        ("Patient?_contained=true&name=x&_containedType=contained", 501, "_containedType"),
        ("Patient?_filter=x", 501, "_filter"),
    ],
)
def test_what_cannot_be_searched_is_refused_and_named(
    shared_trained: TestClient, query: str, status: int, word: str
) -> None:
    reply = shared_trained.get(f"/fhir/{query}")
    assert reply.status_code == status
    assert word in issue_of(reply)["details"]["text"] + issue_of(reply)["diagnostics"]


def test_odd_resources_are_stored_and_searched_without_a_fault(empty: TestClient) -> None:
    """Elements of the wrong shape are a matter for validation; the index takes what it can read."""
    odd = {
        "resourceType": "Patient",
        "name": "Rosa",
        "identifier": {"value": 1},
        "birthDate": 1958,
        "telecom": [None, "x"],
    }
    assert post(empty, "/Patient", odd).status_code == 201
    assert empty.get("/fhir/Patient?name=rosa").status_code == 200
