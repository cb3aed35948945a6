"""Modifiers, numbers, chains both ways, inclusions, order and parts of resources (FHIR R4 search.html)."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.server.interactions import search
from tests.builders import a_bundle, a_patient, an_entry, an_observation, ids_of, post, put
from tests.sandbox.server.conftest import only_read

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def found(client: TestClient, query: str) -> list[str]:
    """Returns the ids of the matches, sorted."""
    entries = client.get(f"/fhir/{query}").json().get("entry", [])
    return sorted(
        entry["resource"]["id"] for entry in entries if entry["search"]["mode"] == "match"
    )


def keep(client: TestClient, *resources: dict[str, Any]) -> None:
    for resource in resources:
        assert (
            put(client, f"/{resource['resourceType']}/{resource['id']}", resource).status_code
            == 201
        )


PASSPORT = {
    "type": {"coding": [{"system": V2, "code": "PPN"}]},
    "system": "urn:passport",
    "value": "77",
}
FAMILY = (
    {"resourceType": "Organization", "id": "o", "name": "Clínica", "partOf": {"reference": "Organization/top"}},
    {"resourceType": "Organization", "id": "top", "name": "Ministerio"},
    a_patient(id="a", gender="female", birthDate="1980", identifier=[PASSPORT], managingOrganization={"reference": "Organization/o"}),
    a_patient(id="b", gender="male", birthDate="1990", name=[{"family": "Araoz"}]),
    a_patient(id="c", name=[{"family": "Zelaya"}], meta={"tag": [{"system": "urn:t", "code": "x"}], "profile": ["http://p.example/a/b|1"], "source": "urn:s"}),
    an_observation(id="w1", subject={"reference": "Patient/a"}, valueQuantity={"value": 70, "system": UCUM, "code": "kg", "unit": "kg"}),
    an_observation(id="w2", subject={"reference": "Patient/b"}, valueQuantity={"value": 5.4, "system": UCUM, "code": "mg/dL"}, code={"coding": [{"system": LOINC, "code": "4548-4", "display": "Hemoglobin A1c"}], "text": "glicosilada"}),
    an_observation(id="w3", subject={"identifier": {"system": "urn:passport", "value": "77"}}, valueQuantity={"value": 100, "comparator": ">", "code": "kg", "system": UCUM}),
)  # fmt: skip
"""Two patients with observations and an organization."""


@pytest.fixture(scope="module")
def family(shared_empty: TestClient) -> Iterator[TestClient]:
    keep(shared_empty, *FAMILY)
    with only_read(shared_empty):
        yield shared_empty


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Patient?gender:not=male", ["a", "c"]),
        ("Observation?code:text=hemoglobin", ["w2"]),
        ("Observation?code:text=GLICO", ["w2"]),
        (f"Patient?identifier:of-type={V2}|PPN|77", ["a"]),
        (f"Patient?identifier:of-type={V2}|PPN|78", []),
        ("Observation?subject:identifier=urn:passport|77", ["w3"]),
        ("Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", ["a", "b"]),
        ("Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender", ["c"]),
        ("Patient?_tag=urn:t|x", ["c"]),
        ("Patient?_tag=y", []),
        ("Patient?_profile=http://p.example/a/b|1", ["c"]),
        ("Patient?_profile:below=http://p.example/a", ["c"]),
        ("Patient?_source=urn:s", ["c"]),
        ("Observation?value-quantity=70", ["w1"]),
        (f"Observation?value-quantity=70|{UCUM}|kg", ["w1"]),
        (f"Observation?value-quantity=70|{UCUM}|g", []),
        ("Observation?value-quantity=70||kg", ["w1"]),
        ("Observation?value-quantity=5.4", ["w2"]),
        ("Observation?value-quantity=5", ["w2"]),
        ("Observation?value-quantity=5.40", ["w2"]),
        ("Observation?value-quantity=5.5", []),
        ("Observation?value-quantity=gt70", ["w3"]),
        ("Observation?value-quantity=ge70", ["w1", "w3"]),
        ("Observation?value-quantity=lt70", ["w2"]),
        ("Observation?value-quantity=ap75", ["w1"]),
        ("Observation?value-quantity=sa99", ["w3"]),
        ("Observation?value-quantity:missing=true", []),
        ("Patient?_has:Observation:patient:value-quantity=lt10", ["b"]),
        ("Patient?_has:Observation:subject:code=29463-7", ["a"]),
        ("Organization?_has:Patient:organization:_has:Observation:patient:value-quantity=70", ["o"]),
        ("Patient?organization.partof.name=ministerio", ["a"]),
    ],
)  # fmt: skip
def test_a_search_finds_exactly_what_it_asks_for(
    family: TestClient, query: str, ids: list[str]
) -> None:
    assert found(family, query) == ids


def test_codes_above_and_below_follow_the_hierarchy(empty: TestClient) -> None:
    for code in ("PRN", "MTH", "FAMMEMB", "SIB"):
        keep(
            empty,
            {
                "resourceType": "RelatedPerson",
                "id": code.lower(),
                "patient": {"reference": "Patient/1"},
                "relationship": [{"coding": [{"system": ROLE, "code": code}]}],
            },
        )
    below = found(empty, f"RelatedPerson?relationship:below={ROLE}|PRN")
    assert {"prn", "mth"} <= set(below)
    assert "sib" not in below
    assert {"prn", "fammemb"} <= set(found(empty, f"RelatedPerson?relationship:above={ROLE}|PRN"))


def test_uris_above_and_below(empty: TestClient) -> None:
    for id, url in (
        ("a", "http://x.example/fhir"),
        ("b", "http://x.example/fhir/one"),
        ("c", "http://x.example/other"),
    ):
        keep(empty, {"resourceType": "ValueSet", "id": id, "status": "active", "url": url})
    assert found(empty, "ValueSet?url:below=http://x.example/fhir") == ["a", "b"]
    assert found(empty, "ValueSet?url:above=http://x.example/fhir/one/two") == ["a", "b"]


def test_a_chain_reaches_into_contained_resources(empty: TestClient) -> None:
    """MHD 3:4.67.4.1.2.2 author.given works on DocumentReferences whose author is contained."""
    author = {
        "resourceType": "Practitioner",
        "id": "p",
        "name": [{"given": ["Luz"], "family": "Mora"}],
    }
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"url": "urn:x", "creation": "2026-03-01"}}],
    }
    keep(empty, {**document, "id": "in", "contained": [author], "author": [{"reference": "#p"}]})
    keep(
        empty,
        {**author, "id": "other"},
        {**document, "id": "out", "author": [{"reference": "Practitioner/other"}]},
    )
    assert found(empty, "DocumentReference?author.given=luz&author.family=mora") == ["in", "out"]
    assert found(empty, "DocumentReference?author.given=ana") == []
    assert found(empty, "DocumentReference?creation=ge2026&status=current") == ["in", "out"]


def test_ihe_finds_lists_by_source_and_designation(empty: TestClient) -> None:
    base = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
    extension = [
        {"url": base + "ihe-sourceId", "valueIdentifier": {"value": "urn:oid:1.2.3"}},
        {
            "url": base + "ihe-designationType",
            "valueCodeableConcept": {"coding": [{"system": LOINC, "code": "60591-5"}]},
        },
    ]
    keep(
        empty,
        {
            "resourceType": "List",
            "id": "s",
            "status": "current",
            "mode": "working",
            "extension": extension,
            "entry": [{"item": {"reference": "Patient/a"}}],
        },
    )
    keep(empty, a_patient(id="a"), a_patient(id="b"))
    assert found(empty, "List?sourceId=urn:oid:1.2.3") == ["s"]
    assert found(empty, f"List?designationType={LOINC}|60591-5") == ["s"]
    assert found(empty, "List?sourceId=urn:oid:1.2.4") == []
    assert found(empty, "Patient?_list=s") == ["a"]


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("family", ["b", "a", "c"]),
        ("-family", ["c", "a", "b"]),
        ("birthdate", ["a", "b", "c"]),
        ("-birthdate", ["b", "a", "c"]),
        ("-_id", ["c", "b", "a"]),
        ("gender,-_id", ["a", "b", "c"]),
        ("-_lastUpdated", ["c", "b", "a"]),
    ],
)
def test_results_are_sorted_and_paged_in_that_order(
    family: TestClient, sort: str, ids: list[str]
) -> None:
    assert ids_of(family.get(f"/fhir/Patient?_sort={sort}")) == ids
    seen, url = [], f"http://sandbox.test/fhir/Patient?_sort={sort}&_count=1"
    while url:
        bundle = family.get(url).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert seen == ids


def included(client: TestClient, query: str) -> list[str]:
    entries = client.get(f"/fhir/{query}").json().get("entry", [])
    return sorted(
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in entries
        if e["search"]["mode"] == "include"
    )


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("Observation?_include=Observation:subject", ["Patient/a", "Patient/b"]),
        ("Observation?_include=Observation:subject:Group", []),
        ("Patient?_id=a&_include=Patient:organization", ["Organization/o"]),
        (
            "Patient?_id=a&_include=Patient:organization&_include:iterate=Organization:partof",
            ["Organization/o", "Organization/top"],
        ),
        ("Patient?_id=a&_include=Patient:*", ["Organization/o"]),
        ("Patient?_id=a&_revinclude=Observation:subject", ["Observation/w1"]),
        (
            "Organization?_id=o&_revinclude=Patient:organization&_revinclude:iterate=Observation:subject",
            ["Observation/w1", "Patient/a"],
        ),
        ("Patient?_id=b&_include=Patient:organization", []),
    ],
)
def test_what_is_included_stands_beside_the_matches_once(
    family: TestClient, query: str, places: list[str]
) -> None:
    assert included(family, query) == places
    assert family.get(f"/fhir/{query}").json()["total"] == len(found(family, query))


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("_elements=gender", {"gender", "meta", "id"}, {"name", "birthDate", "identifier"}),
        ("_elements=Patient.birthDate,name", {"birthDate", "name"}, {"gender"}),
        ("_summary=true", {"name", "gender", "identifier"}, {"text", "contact"}),
        ("_summary=text", {"text", "id"}, {"name", "gender"}),
        ("_summary=data", {"name", "gender", "contact"}, {"text"}),
        ("_summary=false", {"name", "text", "contact"}, set()),
    ],
)
def test_a_part_of_a_resource_is_marked_as_one(
    empty: TestClient, query: str, there: set[str], gone: set[str]
) -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    keep(
        empty,
        a_patient(
            id="a",
            gender="female",
            birthDate="1980",
            identifier=[{"value": "1"}],
            text=text,
            contact=[{"name": {"text": "y"}}],
        ),
    )
    (entry,) = empty.get(f"/fhir/Patient?{query}").json()["entry"]
    keys = set(entry["resource"])
    assert there <= keys
    assert not gone & keys
    tags = [tag["code"] for tag in entry["resource"]["meta"].get("tag", [])]
    assert tags == ([] if query == "_summary=false" else ["SUBSETTED"])


def test_required_elements_stay_in_every_part(empty: TestClient) -> None:
    keep(empty, an_observation(id="o", valueString="x"))
    for query in ("_elements=value", "_summary=text"):
        (entry,) = empty.get(f"/fhir/Observation?{query}").json()["entry"]
        assert {"status", "code"} <= set(entry["resource"])


def test_total_may_be_left_out(family: TestClient) -> None:
    bundle = family.get("/fhir/Patient?_total=none&_count=1").json()
    assert "total" not in bundle
    assert {link["relation"] for link in bundle["link"]} == {"self", "next"}


def test_lenient_handling_leaves_unknown_parameters_out_and_says_so(family: TestClient) -> None:
    lenient = {"Prefer": "handling=lenient"}
    bundle = family.get("/fhir/Patient?colour=blue&gender=male", headers=lenient).json()
    assert bundle["total"] == 1
    assert bundle["link"][0]["url"].endswith("Patient?gender=male")
    (outcome,) = [
        entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "outcome"
    ]
    assert outcome["issue"][0]["severity"] == "warning"
    assert (
        family.get("/fhir/Patient?colour=blue", headers={"Prefer": "handling=strict"}).status_code
        == 400
    )
    assert family.get("/fhir/Patient?gender:wrong=male", headers=lenient).status_code == 400


def test_search_values_follow_an_update_and_a_delete(empty: TestClient) -> None:
    keep(empty, *FAMILY)
    put(
        empty,
        "/Observation/w1",
        an_observation(id="w1", subject={"reference": "Patient/b"}, valueQuantity={"value": 71}),
    )
    assert found(empty, "Observation?value-quantity=70") == []
    assert found(empty, "Observation?value-quantity=71") == ["w1"]
    empty.delete("/fhir/Observation/w1")
    assert found(empty, "Observation?value-quantity=71") == []
    assert found(empty, "Patient?_has:Observation:subject:value-quantity=71") == []


def test_a_hundred_inclusions_are_not_one_query_each(empty: TestClient) -> None:
    entries = [
        an_entry(a_patient(id=f"p{n}"), method="PUT", url=f"Patient/p{n}") for n in range(100)
    ]
    entries += [
        an_entry(an_observation(subject={"reference": f"Patient/p{n}"})) for n in range(100)
    ]
    assert post(empty, "", a_bundle(*entries)).status_code == 200
    assert len(included(empty, "Observation?_count=100&_include=Observation:subject")) == 100


def test_a_search_by_post_takes_result_parameters_too(family: TestClient) -> None:
    reply = family.post("/fhir/Patient/_search?_sort=-family", data={"_count": "1"})
    assert ids_of(reply) == ["c"]


def test_present_without_a_code_or_a_target_is_not_missing(empty: TestClient) -> None:
    contained = {"resourceType": "Patient", "id": "p", "name": [{"family": "Quispe"}]}
    keep(
        empty,
        an_observation(
            id="inside", contained=[contained], subject={"reference": "#p"}, code={"text": "peso"}
        ),
        an_observation(id="shown", subject={"display": "Ana"}),
        an_observation(id="bare"),
    )
    assert found(empty, "Observation?subject:missing=true") == ["bare"]
    assert found(empty, "Observation?patient:missing=false") == ["inside"]
    assert found(empty, "Observation?code:missing=true") == []
    assert found(empty, "Observation?subject:Patient.family=quispe") == ["inside"]


def test_every_inclusion_that_the_capability_statement_names_is_carried_out(
    family: TestClient,
) -> None:
    listed = {
        one["type"]: one["searchInclude"]
        for one in family.get("/fhir/metadata").json()["rest"][0]["resource"]
    }
    assert "Patient:*" in listed["Patient"]
    for type in ("Patient", "Observation", "DocumentReference"):
        for value in listed[type]:
            assert family.get(f"/fhir/{type}?_include={value}").status_code == 200, value


def test_a_modifier_of_another_kind_is_an_error(family: TestClient) -> None:
    assert family.get("/fhir/Observation?subject:in=urn:x").status_code == 400


def test_inclusions_over_the_limit_are_cut_with_a_warning(
    family: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "/fhir/Observation?_include=Observation:subject"
    assert [one["search"]["mode"] for one in family.get(query).json()["entry"]].count(
        "outcome"
    ) == 0
    monkeypatch.setattr(search, "MOST_INCLUDED", 1)
    entries = family.get(query).json()["entry"]
    modes = [one["search"]["mode"] for one in entries]
    assert (modes.count("match"), modes.count("include"), modes.count("outcome")) == (3, 1, 1)
    issue = entries[-1]["resource"]["issue"][0]
    assert (issue["severity"], "1 resources" in issue["details"]["text"]) == ("warning", True)
