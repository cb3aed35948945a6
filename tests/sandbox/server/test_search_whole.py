"""Composite parameters, searches across types, pages that stay right while data change, and the odd expressions of R4."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, an_observation, ids_of, issue_of, put

LOINC = "http://loinc.org"


def a_pressure(id: str, systolic: int, diastolic: int) -> dict[str, object]:
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    component = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {
                "value": value,
                "system": "http://unitsofmeasure.org",
                "code": "mm[Hg]",
            },
        }
        for code, value in parts
    ]
    return an_observation(id=id, component=component)


@pytest.fixture
def pressures(empty: TestClient) -> TestClient:
    put(empty, "/Observation/high", a_pressure("high", 150, 80))
    put(empty, "/Observation/low", a_pressure("low", 80, 150))
    put(empty, "/Observation/none", an_observation(id="none"))
    return empty


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (f"component-code-value-quantity={LOINC}|8480-6$gt140", ["high"]),
        (f"component-code-value-quantity={LOINC}|8462-4$gt140", ["low"]),
        ("component-code-value-quantity=8480-6$150", ["high"]),
        ("component-code-value-quantity=8480-6$gt140,8480-6$lt90", ["high", "low"]),
        (f"combo-code-value-quantity={LOINC}|8480-6$lt100||mm[Hg]", ["low"]),
        ("component-code-value-quantity:missing=true", ["none"]),
        # proof: apart from each other the two conditions fit both
        ("component-code=8480-6&component-value-quantity=gt140", ["high", "low"]),
    ],
)
def test_a_composite_parameter_takes_its_parts_from_one_element(
    pressures: TestClient, query: str, ids: list[str]
) -> None:
    assert sorted(ids_of(pressures.get(f"/fhir/Observation?{query}"))) == ids


@pytest.mark.parametrize("value", ["8480-6", "8480-6$", "8480-6$1$2", "8480-6$x"])
def test_a_composite_value_of_another_shape_is_refused(pressures: TestClient, value: str) -> None:
    reply = pressures.get(f"/fhir/Observation?component-code-value-quantity={value}")
    assert reply.status_code == 400
    assert issue_of(reply)["expression"] == ["component-code-value-quantity"]


def test_related_documents_are_found_by_target_and_kind_together(empty: TestClient) -> None:
    attachment = [{"attachment": {"contentType": "text/plain", "data": "YQ=="}}]
    document = {
        "resourceType": "DocumentReference",
        "id": "new",
        "status": "current",
        "content": attachment,
    }
    relates = [{"code": "replaces", "target": {"reference": "DocumentReference/old"}}]
    put(empty, "/DocumentReference/new", {**document, "relatesTo": relates})
    assert ids_of(
        empty.get("/fhir/DocumentReference?relationship=DocumentReference/old$replaces")
    ) == ["new"]
    assert (
        ids_of(empty.get("/fhir/DocumentReference?relationship=DocumentReference/old$appends"))
        == []
    )


def test_all_types_or_some_are_searched_by_what_they_share(pressures: TestClient) -> None:
    tagged = {"tag": [{"system": "urn:t", "code": "x"}]}
    put(pressures, "/Patient/p", a_patient(id="p", meta=tagged))
    put(pressures, "/Observation/t", an_observation(id="t", meta=tagged))
    assert ids_of(pressures.get("/fhir?_type=Patient")) == ["p"]
    assert sorted(ids_of(pressures.get("/fhir?_tag=urn:t|x"))) == ["p", "t"]
    assert ids_of(pressures.get("/fhir?_type=Patient,Encounter&_tag=x")) == ["p"]
    assert pressures.get("/fhir?_summary=count").json()["total"] == 5
    assert ids_of(pressures.get("/fhir?_type=Patient&name=mu")) == ["p"]
    reply = pressures.post("/fhir/_search", data={"_type": "Patient", "_id": "p,q"})
    assert ids_of(reply) == ["p"]
    assert (
        pressures.get("/fhir?_type=Patient").json()["link"][0]["url"]
        == "http://sandbox.test/fhir?_type=Patient"
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("name=mu", 400),
        ("_type=Pacient", 404),
        ("_type=Patient,Observation&name=x", 400),
        ("_sort=name", 400),
    ],
)
def test_across_types_only_shared_parameters_count(
    empty: TestClient, query: str, status: int
) -> None:
    assert empty.get(f"/fhir?{query}").status_code == status


def test_the_type_of_a_search_on_a_type_is_its_address(empty: TestClient) -> None:
    assert empty.get("/fhir/Patient?_type=Patient").status_code == 400


@pytest.mark.parametrize(
    "order", ["family", "-family", "birthdate,-family", "_id", "-_lastUpdated", ""]
)
def test_pages_leave_nothing_out_and_give_nothing_twice_while_data_change(
    empty: TestClient, order: str
) -> None:
    for number in range(9):
        birth = {} if number % 3 == 0 else {"birthDate": f"19{number}0"}
        put(
            empty,
            f"/Patient/p{number}",
            a_patient(id=f"p{number}", name=[{"family": f"F{number % 4}"}], **birth),
        )
    whole = ids_of(empty.get("/fhir/Patient" + (f"?_sort={order}" if order else "")))
    first = empty.get(f"/fhir/Patient?_count=4{'&_sort=' + order if order else ''}").json()
    given = [entry["resource"]["id"] for entry in first["entry"]]
    assert given == whole[:4]
    empty.delete(f"/fhir/Patient/{given[0]}")  # an offset would now leave one out
    page = first
    while following := [link["url"] for link in page["link"] if link["relation"] == "next"]:
        page = empty.get(following[0]).json()
        given += [entry["resource"]["id"] for entry in page["entry"]]
    assert given == whole


@pytest.mark.parametrize(
    "place",
    [
        "x",
        "WzFd",
        "WyJhIl0",
        "bnVsbA",
        "WzFlOTksMV0",
        "W3RydWUsMV0",
        "WyJBIiwgOTIyMzM3MjAzNjg1NDc3NTgxM10",
    ],
)
def test_a_next_link_that_this_server_did_not_write_is_refused(
    empty: TestClient, place: str
) -> None:
    reply = empty.get(f"/fhir/Patient?_sort=family&_after={place}")
    assert reply.status_code == 400
    assert issue_of(reply)["expression"] == ["_after"]


@pytest.mark.parametrize(
    ("given", "deceased"),
    [
        ({}, "false"),
        ({"deceasedBoolean": False}, "false"),
        ({"deceasedBoolean": True}, "true"),
        ({"deceasedDateTime": "2020"}, "true"),
    ],
)
def test_deceased_is_whether_a_death_is_stated(
    empty: TestClient, given: dict[str, object], deceased: str
) -> None:
    put(empty, "/Patient/p", a_patient(id="p", **given))
    assert ids_of(empty.get(f"/fhir/Patient?deceased={deceased}")) == ["p"]
    assert (
        ids_of(empty.get(f"/fhir/Patient?deceased={'true' if deceased == 'false' else 'false'}"))
        == []
    )


def test_a_text_value_is_found_as_such_and_as_the_text_of_a_concept(empty: TestClient) -> None:
    put(empty, "/Observation/a", an_observation(id="a", valueString="Rh positive"))
    put(
        empty,
        "/Observation/b",
        an_observation(id="b", valueCodeableConcept={"text": "rh negative"}),
    )
    assert ids_of(empty.get("/fhir/Observation?value-string=rh")) == ["a", "b"]
    assert ids_of(empty.get("/fhir/Observation?value-string=rh%20p")) == ["a"]


def test_a_document_is_found_by_what_its_composition_says(empty: TestClient) -> None:
    composition = {
        "resourceType": "Composition", "status": "final", "title": "IPS", "date": "2026-01-01",
        "type": {"coding": [{"system": LOINC, "code": "60591-5"}]},
        "subject": {"reference": "Patient/p"}, "author": [{"display": "x"}],
    }  # fmt: skip
    document = {
        "resourceType": "Bundle",
        "id": "d",
        "type": "document",
        "entry": [{"resource": composition}],
    }
    put(empty, "/Bundle/d", document)
    assert ids_of(empty.get("/fhir/Bundle?composition.type=60591-5")) == ["d"]
    assert ids_of(empty.get("/fhir/Bundle?composition.patient=Patient/p")) == ["d"]
    assert ids_of(empty.get("/fhir/Bundle?composition.type=other")) == []


def test_a_value_set_stored_here_counts_for_in_and_not_in(pressures: TestClient) -> None:
    concepts = [{"system": LOINC, "concept": [{"code": "29463-7"}]}]
    value_set = {
        "resourceType": "ValueSet",
        "id": "v",
        "url": "http://x.example/v",
        "status": "active",
    }
    put(pressures, "/ValueSet/v", {**value_set, "compose": {"include": concepts}})
    assert len(ids_of(pressures.get("/fhir/Observation?code:in=http://x.example/v"))) == 3
    assert ids_of(pressures.get("/fhir/Observation?code:not-in=http://x.example/v")) == []


@pytest.mark.parametrize("length", [99, 100, 101, 260, 5000])
def test_long_texts_codes_and_addresses_are_found_whole_and_told_apart(
    empty: TestClient, length: int
) -> None:
    word = "ñ" * length
    name = [{"family": word}]
    put(
        empty,
        "/Patient/p",
        a_patient(id="p", name=name, identifier=[{"system": f"urn:{word}", "value": word}]),
    )
    for query in (
        f"family={word}",
        f"family={word[:-1]}",
        f"family:contains={word}",
        f"identifier=urn:{word}|{word}",
    ):
        assert ids_of(empty.post("/fhir/Patient/_search", data=dict(parse_qsl(query)))) == ["p"], (
            query[:40]
        )
    other = word + "a"
    for query in (f"family={other}", f"family:exact={other}", f"identifier={other}"):
        assert ids_of(empty.post("/fhir/Patient/_search", data=dict(parse_qsl(query)))) == [], (
            query[:40]
        )


def test_next_links_carry_the_whole_query(pressures: TestClient) -> None:
    url = pressures.get("/fhir/Observation?_count=1&status=final&_sort=code").json()["link"][1][
        "url"
    ]
    assert {"_count": "1", "status": "final", "_sort": "code"}.items() <= dict(
        parse_qsl(urlsplit(url).query)
    ).items()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("value-quantity=5.4|http://unitsofmeasure.org|mg", ["g", "mg"]),
        ("value-quantity=0.0054|http://unitsofmeasure.org|g", ["g", "mg"]),
        ("value-quantity=gt5|http://unitsofmeasure.org|mg", ["g", "mg"]),
        ("value-quantity=lt0.001|http://unitsofmeasure.org|kg", ["g", "mg"]),
        ("value-quantity=98.6|http://unitsofmeasure.org|[degF]", ["cel"]),
        ("value-quantity=5.4||mg", ["mg"]),  # a unit without system is taken as it is written
        ("value-quantity=5.4|http://unitsofmeasure.org|m", []),
        ("code-value-quantity=29463-7$5.4|http://unitsofmeasure.org|mg", ["g", "mg"]),
    ],
)
def test_quantities_are_found_in_every_comparable_unit(
    empty: TestClient, query: str, ids: list[str]
) -> None:
    for id, value, unit in (
        ("mg", 5.4, "mg"),
        ("g", 0.0054, "g"),
        ("cel", 37, "Cel"),
        ("no", 5.4, "{score}"),
    ):
        quantity = {"value": value, "system": "http://unitsofmeasure.org", "code": unit}
        put(empty, f"/Observation/{id}", an_observation(id=id, valueQuantity=quantity))
    assert sorted(ids_of(empty.get("/fhir/Observation", params=dict(parse_qsl(query))))) == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("location:below=Location/house", ["inHouse", "inRoom", "inWing"]),
        ("location:below=Location/wing", ["inRoom", "inWing"]),
        ("location:above=Location/wing", ["inHouse", "inWing"]),
        ("location:below=http://sandbox.test/fhir/Location/room", ["inRoom"]),
        ("location=Location/house", ["inHouse"]),
    ],
)
def test_a_place_is_searched_with_its_parts_or_with_what_it_is_part_of(
    empty: TestClient, query: str, ids: list[str]
) -> None:
    for id, whole in (("house", "room"), ("wing", "house"), ("room", "wing"), ("other", "")):
        place = {"resourceType": "Location", "id": id}
        whole_of = {"partOf": {"reference": f"Location/{whole}"}} if whole and id != "house" else {}
        put(empty, f"/Location/{id}", {**place, **whole_of})
        encounter = {
            "resourceType": "Encounter",
            "id": f"in{id.capitalize()}",
            "status": "finished",
            "class": {},
        }
        put(
            empty,
            f"/Encounter/in{id.capitalize()}",
            {**encounter, "location": [{"location": {"reference": f"Location/{id}"}}]},
        )
    assert sorted(ids_of(empty.get(f"/fhir/Encounter?{query}"))) == ids


def test_a_circle_of_parts_ends(empty: TestClient) -> None:
    for id, whole in (("a", "b"), ("b", "a")):
        put(
            empty,
            f"/Location/{id}",
            {"resourceType": "Location", "id": id, "partOf": {"reference": f"Location/{whole}"}},
        )
    assert sorted(ids_of(empty.get("/fhir/Location?partof:below=Location/a"))) == ["a", "b"]


@pytest.mark.parametrize("query", ["subject:below=Patient/p", "subject:above=x"])
def test_what_has_no_parts_has_no_hierarchy(empty: TestClient, query: str) -> None:
    assert (
        issue_of(empty.get(f"/fhir/Observation?{query}"))["details"]["coding"][0]["code"]
        == "server.no_branch"
    )


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("_contained=true&family=inner", ["order"]),
        ("_contained=both&family=inner", ["inner", "order"]),
        ("_contained=false&family=inner", ["inner"]),
        ("family=inner", ["inner"]),
        (
            "_contained=true&family=inner&gender=female",
            [],
        ),  # two contained patients have the two between them
        ("_contained=true&family=inner&gender=male", ["order"]),
    ],
)
def test_contained_resources_are_found_in_their_containers(
    empty: TestClient, query: str, ids: list[str]
) -> None:
    put(empty, "/Patient/inner", a_patient(id="inner", name=[{"family": "Inner"}]))
    inside = [
        {"resourceType": "Patient", "id": "a", "name": [{"family": "Inner"}], "gender": "male"},
        {"resourceType": "Patient", "id": "b", "name": [{"family": "Other"}], "gender": "female"},
    ]
    put(
        empty,
        "/Observation/order",
        an_observation(id="order", contained=inside, subject={"reference": "#a"}),
    )
    reply = empty.get(f"/fhir/Patient?{query}")
    assert sorted(ids_of(reply)) == ids
    assert reply.json()["total"] == len(ids)


@pytest.mark.parametrize(
    "query", ["_contained=true", "_contained=true&gender:not=male", "_contained=maybe&gender=male"]
)
def test_contained_without_a_value_to_look_for_is_refused(empty: TestClient, query: str) -> None:
    assert empty.get(f"/fhir/Patient?{query}").status_code == 400


def test_lenient_handling_leaves_out_unknown_names_also_with_contained(empty: TestClient) -> None:
    inside = [{"resourceType": "Patient", "id": "a", "gender": "male"}]
    put(empty, "/Observation/o", an_observation(id="o", contained=inside))
    query = "/fhir/Patient?_contained=true&gender=male&nonsense=1"
    assert empty.get(query).status_code == 400
    reply = empty.get(query, headers={"Prefer": "handling=lenient"}).json()
    assert [entry["search"]["mode"] for entry in reply["entry"]] == ["match", "outcome"]
