"""Operations: terminology, a patient's record, documents, meta, matching (FHIR R4 operations.html; IPA 1.1.0)."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.server.operations import document, everything
from sandbox.server.operations.match import score_of
from sandbox.server.registry import INTERACTIONS
from tests.builders import a_patient, an_observation, post, put
from tests.sandbox.server.test_search_more import keep

GENDER = "http://hl7.org/fhir/administrative-gender"
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
OWN = "urn:colors"
COLORS = {
    "resourceType": "CodeSystem",
    "id": "colors",
    "url": OWN,
    "status": "active",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "concept": [
        {"code": "warm", "display": "Warm", "concept": [{"code": "red", "display": "Red"}]},
        {"code": "blue", "display": "Blue", "designation": [{"language": "es", "value": "Azul"}]},
    ],
}
PALETTE = {
    "resourceType": "ValueSet",
    "id": "palette",
    "url": "urn:palette",
    "status": "active",
    "compose": {"include": [{"system": OWN}]},
}
PAINT = {
    "resourceType": "ConceptMap",
    "id": "paint",
    "url": "urn:paint",
    "status": "active",
    "group": [
        {
            "source": OWN,
            "target": "urn:ral",
            "element": [
                {
                    "code": "red",
                    "target": [{"code": "3020", "display": "Traffic red", "equivalence": "equal"}],
                }
            ],
        }
    ],
}


def asked(client: TestClient, query: str) -> dict[str, Any]:
    """Returns the parameters of an answer by name; of those that repeat, the last."""
    response = client.get(f"/fhir/{query}")
    assert response.status_code == 200, response.text
    return values_of(response.json())


def values_of(parameters: dict[str, Any]) -> dict[str, Any]:
    assert parameters["resourceType"] == "Parameters"
    return {
        one["name"]: next((v for k, v in one.items() if k != "name"), None)
        for one in parameters["parameter"]
    }


def refused(client: TestClient, query: str) -> tuple[int, str]:
    response = client.get(f"/fhir/{query}")
    return response.status_code, response.json()["issue"][0]["code"]


def codes_of(expanded: dict[str, Any]) -> list[str]:
    return [row["code"] for row in expanded["expansion"].get("contains", [])]


@pytest.fixture
def colored(empty: TestClient) -> TestClient:
    keep(empty, COLORS, PALETTE, PAINT)
    return empty


def test_expand_by_url_gives_codes_and_displays_in_pages_and_by_words(empty: TestClient) -> None:
    expanded = empty.get(f"/fhir/ValueSet/$expand?url={GENDERS}").json()
    assert sorted(codes_of(expanded)) == ["female", "male", "other", "unknown"]
    assert expanded["expansion"]["total"] == 4
    page = empty.get(f"/fhir/ValueSet/$expand?url={GENDERS}&offset=1&count=2").json()
    assert codes_of(page) == codes_of(expanded)[1:3]
    assert page["expansion"]["total"] == 4
    assert codes_of(empty.get(f"/fhir/ValueSet/$expand?url={GENDERS}&filter=Fem").json()) == [
        "female"
    ]


def test_expand_refuses_what_it_would_only_know_in_part(empty: TestClient) -> None:
    whole = {
        "resourceType": "ValueSet",
        "status": "active",
        "compose": {"include": [{"system": LOINC}]},
    }
    response = post(empty, "/ValueSet/$expand", whole)
    assert (response.status_code, response.json()["issue"][0]["code"]) == (501, "not-supported")
    assert LOINC in response.json()["issue"][0]["details"]["text"]
    assert refused(empty, "ValueSet/$expand?url=urn:none") == (404, "not-found")
    assert refused(empty, "ValueSet/$expand")[0] == 400
    assert refused(empty, f"ValueSet/$expand?url={GENDERS}&count=many")[0] == 400


def test_expand_takes_a_value_set_bare_in_parameters_and_stored(colored: TestClient) -> None:
    listed = {
        **PALETTE,
        "compose": {"include": [{"system": OWN, "concept": [{"code": "red"}]}]},
        "url": "urn:other",
    }
    given = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "valueSet", "resource": listed},
            {"name": "count", "valueInteger": 5},
        ],
    }
    assert codes_of(post(colored, "/ValueSet/$expand", listed).json()) == ["red"]
    assert codes_of(post(colored, "/ValueSet/$expand", given).json()) == ["red"]
    drafted = post(colored, "/ValueSet/$expand", {**listed, "status": "draft"}).json()
    assert drafted["status"] == "draft"
    assert sorted(codes_of(colored.get("/fhir/ValueSet/palette/$expand").json())) == [
        "blue",
        "red",
        "warm",
    ]
    assert sorted(codes_of(colored.get("/fhir/ValueSet/$expand?url=urn:palette").json())) == [
        "blue",
        "red",
        "warm",
    ]
    spanish = colored.get("/fhir/ValueSet/palette/$expand?displayLanguage=es&filter=Azul").json()
    assert [row["display"] for row in spanish["expansion"]["contains"]] == ["Azul"]


def test_validate_code_says_yes_no_and_that_it_cannot_tell(empty: TestClient) -> None:
    assert (
        asked(empty, f"ValueSet/$validate-code?url={GENDERS}&system={GENDER}&code=male")["result"]
        is True
    )
    no = asked(empty, f"ValueSet/$validate-code?url={GENDERS}&system={GENDER}&code=Male")
    assert no["result"] is False
    assert "Male" in no["message"]
    assert refused(empty, f"CodeSystem/$validate-code?url={LOINC}&code=1234-9") == (
        501,
        "not-supported",
    )
    assert refused(empty, f"ValueSet/$validate-code?url=urn:none&system={GENDER}&code=male") == (
        404,
        "not-found",
    )
    assert asked(empty, f"CodeSystem/$validate-code?url={GENDER}&code=female") == {
        "result": True,
        "display": "Female",
    }
    assert asked(empty, f"CodeSystem/$validate-code?url={GENDER}&code=f")["result"] is False
    assert asked(empty, f"CodeSystem/$validate-code?url={UCUM}&code=mg%2FdL")["result"] is True


def test_validate_code_answers_in_the_language_of_the_caller(empty: TestClient) -> None:
    query = f"/fhir/ValueSet/$validate-code?url={GENDERS}&system={GENDER}&code=x"
    said = empty.get(query, headers={"accept-language": "es"}).json()
    assert values_of(said)["message"].startswith("x no está en")


@pytest.mark.parametrize(("code", "is_in"), [("red", True), ("green", False)])
def test_validate_code_takes_codings_and_stored_value_sets(
    colored: TestClient, code: str, is_in: bool
) -> None:
    concept = {"coding": [{"system": "urn:else", "code": "x"}, {"system": OWN, "code": code}]}
    given = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "url", "valueUri": "urn:palette"},
            {"name": "codeableConcept", "valueCodeableConcept": concept},
        ],
    }
    assert values_of(post(colored, "/ValueSet/$validate-code", given).json())["result"] is is_in
    by_id = asked(colored, f"ValueSet/palette/$validate-code?system={OWN}&code={code}")
    assert by_id["result"] is is_in


def test_lookup_tells_display_designations_and_parent(colored: TestClient) -> None:
    assert asked(colored, f"CodeSystem/$lookup?system={GENDER}&code=male")["display"] == "Male"
    assert (
        asked(colored, f"CodeSystem/$lookup?system={OWN}&code=blue&displayLanguage=es")["display"]
        == "Azul"
    )
    assert {"name": "value", "valueCode": "warm"} in asked(
        colored, f"CodeSystem/$lookup?system={OWN}&code=red"
    )["property"]
    assert refused(colored, f"CodeSystem/$lookup?system={GENDER}&code=m") == (404, "not-found")
    assert refused(colored, f"CodeSystem/$lookup?system={LOINC}&code=0000-0") == (
        501,
        "not-supported",
    )
    assert refused(colored, f"CodeSystem/$lookup?system={GENDER}")[0] == 400


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [("warm", "red", "subsumes"), ("red", "warm", "subsumed-by"), ("red", "red", "equivalent"), ("red", "blue", "not-subsumed")],
)  # fmt: skip
def test_subsumes_follows_the_hierarchy(
    colored: TestClient, left: str, right: str, outcome: str
) -> None:
    assert asked(colored, f"CodeSystem/$subsumes?system={OWN}&codeA={left}&codeB={right}") == {
        "outcome": outcome
    }


def test_translate_follows_a_stored_map_both_ways(colored: TestClient) -> None:
    there = asked(
        colored, f"ConceptMap/$translate?url=urn:paint&system={OWN}&code=red&targetsystem=urn:ral"
    )
    assert there["result"] is True
    assert {"system": "urn:ral", "code": "3020", "display": "Traffic red"} in [
        one.get("valueCoding") for one in there["match"]
    ]
    back = asked(
        colored, "ConceptMap/$translate?url=urn:paint&system=urn:ral&code=3020&reverse=true"
    )
    assert back["result"] is True
    none = asked(colored, f"ConceptMap/$translate?system={OWN}&code=blue")
    assert (none["result"], "match" in none) == (False, False)


@pytest.fixture
def record(empty: TestClient) -> TestClient:
    """Two patients, one with an observation, a condition, an encounter and its practitioner."""
    keep(
        empty,
        a_patient(id="a", name=[{"family": "Rojas", "given": ["Lucía"]}], birthDate="1980-02-01", gender="female", identifier=[{"system": "urn:dni", "value": "7"}]),
        a_patient(id="b", name=[{"family": "Rojas", "given": ["Ana"]}], birthDate="1991-02-01"),
        {"resourceType": "Practitioner", "id": "p"},
        {"resourceType": "Practitioner", "id": "stranger"},
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": "Patient/a"}, "participant": [{"individual": {"reference": "Practitioner/p"}}]},
        an_observation(id="o", subject={"reference": "Patient/a"}),
        an_observation(id="other", subject={"reference": "Patient/b"}),
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/a"}},
    )  # fmt: skip
    return empty


def places_of(bundle: dict[str, Any]) -> set[str]:
    return {
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in bundle.get("entry", [])
    }


def test_everything_is_the_compartment_and_what_it_refers_to_and_no_other_patient(
    record: TestClient,
) -> None:
    bundle = record.get("/fhir/Patient/a/$everything").json()
    assert places_of(bundle) == {
        "Patient/a",
        "Practitioner/p",
        "Encounter/e",
        "Observation/o",
        "Condition/c",
    }
    assert bundle["total"] == 5
    narrowed = record.get("/fhir/Patient/a/$everything?_type=Condition,Observation").json()
    assert places_of(narrowed) == {"Observation/o", "Condition/c"}
    assert refused(record, "Patient/none/$everything")[0] == 404


def a_composition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": "d",
        "status": "final",
        "type": {"text": "IPS"},
        "subject": {"reference": "Patient/a"},
        "date": "2026-01-01",
        "author": [{"reference": "Practitioner/p"}],
        "title": "IPS",
        "section": [{"title": "x", "entry": [{"reference": "Condition/c"}]}],
        **more,
    }


def test_document_holds_the_composition_first_and_what_it_reaches(record: TestClient) -> None:
    keep(record, a_composition())
    bundle = record.get("/fhir/Composition/d/$document").json()
    assert (bundle["type"], bundle["entry"][0]["resource"]["resourceType"]) == (
        "document",
        "Composition",
    )
    assert places_of(bundle) == {"Composition/d", "Patient/a", "Practitioner/p", "Condition/c"}
    assert {"system", "value"} <= set(bundle["identifier"])
    again = record.get("/fhir/Composition/d/$document").json()
    assert again["identifier"] == bundle["identifier"]
    assert record.get("/fhir/Bundle").json()["total"] == 0


def test_document_with_persist_is_stored(record: TestClient) -> None:
    keep(record, a_composition())
    response = record.get("/fhir/Composition/d/$document?persist=true")
    assert response.status_code == 201
    stored = record.get(
        response.headers["location"].removeprefix("http://sandbox.test").partition("/_history")[0]
    )
    assert stored.json()["type"] == "document"


def test_document_names_the_reference_that_leads_nowhere(record: TestClient) -> None:
    keep(record, a_composition(author=[{"reference": "Practitioner/none"}]))
    response = record.get("/fhir/Composition/d/$document")
    assert response.status_code == 400
    assert "Practitioner/none" in response.json()["issue"][0]["details"]["text"]


def test_meta_is_read_added_to_and_taken_from_with_a_version_each(record: TestClient) -> None:
    tag = {"system": "urn:t", "code": "x"}
    given = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}],
    }
    added = values_of(post(record, "/Patient/a/$meta-add", given).json())["return"]
    assert (added["tag"], added["versionId"]) == ([tag], "2")
    assert values_of(record.get("/fhir/Patient/a/$meta").json())["return"] == added
    assert places_of(record.get("/fhir/Patient?_tag=urn:t|x").json()) == {"Patient/a"}
    taken = values_of(post(record, "/Patient/a/$meta-delete", given).json())["return"]
    assert ("tag" in taken, taken["versionId"]) == (False, "3")
    assert record.get("/fhir/Patient?_tag=urn:t|x").json()["total"] == 0
    assert record.get("/fhir/Patient/a/_history/1").json()["name"][0]["family"] == "Rojas"
    assert post(record, "/Patient/a/$meta-add", {"resourceType": "Parameters"}).status_code == 400


def matched(client: TestClient, patient: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    parameters = [
        {"name": "resource", "resource": patient},
        *({"name": k, **v} for k, v in more.items()),
    ]
    body = post(
        client, "/Patient/$match", {"resourceType": "Parameters", "parameter": parameters}
    ).json()
    return [
        (one["resource"]["id"], one["search"]["extension"][0]["valueCode"])
        for one in body.get("entry", [])
    ]


def test_match_ranks_by_what_agrees(record: TestClient) -> None:
    by_number = a_patient(
        name=[{"family": "Otra"}], identifier=[{"system": "urn:dni", "value": "7"}]
    )
    assert matched(record, by_number) == [("a", "certain")]
    alike = {
        "resourceType": "Patient",
        "name": [{"family": "ROJAS", "given": ["Lucia"]}],
        "birthDate": "1980-02-01",
    }
    assert matched(record, alike)[0] == ("a", "probable")
    assert matched(record, alike, onlyCertainMatches={"valueBoolean": True}) == []
    assert (
        len(
            matched(
                record,
                {"resourceType": "Patient", "name": [{"family": "Rojas"}]},
                count={"valueInteger": 1},
            )
        )
        == 1
    )
    assert matched(record, {"resourceType": "Patient", "name": [{"family": "Nadie"}]}) == []
    assert post(record, "/Patient/$match", an_observation()).status_code == 400


def test_match_counts_only_what_both_say() -> None:
    one = {
        "name": [{"family": "Rojas", "given": ["Lucía"]}],
        "birthDate": "1980-02-01",
        "gender": "female",
    }
    assert (
        score_of(one, one)
        > score_of(one, {**one, "gender": "male"})
        > score_of(one, {**one, "birthDate": "1999"})
    )
    assert score_of(one, {}) == 0
    assert score_of(one, one) < 0.95  # a name and a date never make it certain


def a_document_of(patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{patient}"},
        "type": {"coding": [{"system": LOINC, "code": "60591-5"}]},
        "context": {"period": {"start": "2026-03-01", "end": "2026-03-02"}},
        "content": [{"attachment": {"contentType": "text/plain"}}],
        **more,
    }


def test_docref_gives_the_current_documents_by_type_and_period(record: TestClient) -> None:
    keep(
        record,
        a_document_of("a", id="d1"),
        a_document_of("a", id="old", status="superseded"),
        a_document_of("b", id="d2"),
    )
    query = "/fhir/DocumentReference/$docref?patient=a"
    assert places_of(record.get(query).json()) == {"DocumentReference/d1"}
    assert places_of(record.get(f"{query}&type={LOINC}|60591-5&start=2026-02-01").json()) == {
        "DocumentReference/d1"
    }
    assert places_of(record.get(f"{query}&start=2026-04-01").json()) == set()
    concept = {"coding": [{"system": LOINC, "code": "0-0"}]}
    given = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "patient", "valueId": "a"},
            {"name": "type", "valueCodeableConcept": concept},
        ],
    }
    assert places_of(post(record, "/DocumentReference/$docref", given).json()) == set()
    assert refused(record, "DocumentReference/$docref")[0] == 400


def test_every_operation_is_in_the_capability_statement_of_its_type(empty: TestClient) -> None:
    listed = {one["type"]: one for one in empty.get("/fhir/metadata").json()["rest"][0]["resource"]}
    names = {type: {one["name"] for one in listed[type]["operation"]} for type in listed}
    for known in INTERACTIONS:
        if known.level == "operation":
            named = known.pattern[0]
            for type in listed if named == "{type}" else [named]:
                assert known.code in names[type], (type, known.code)
    assert {"validate", "meta", "meta-add", "meta-delete", "lastn"} <= names["Observation"]
    assert {"lastn", "everything", "lookup"} & names["Device"] == set()
    docref = next(
        one for one in listed["DocumentReference"]["operation"] if one["name"] == "docref"
    )
    assert docref["definition"].startswith("http://hl7.org/fhir/uv/ipa/")
    assert put(empty, "/Patient/x", {"resourceType": "Patient", "id": "x"}).status_code == 201


def test_a_record_or_document_too_large_is_refused_and_never_cut(
    record: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(record, a_composition())
    for module, path in (
        (everything, "Patient/a/$everything"),
        (document, "Composition/d/$document"),
    ):
        assert record.get(f"/fhir/{path}").status_code == 200
        monkeypatch.setattr(module, "MOST", 2)
        assert record.get(f"/fhir/{path}").status_code == 413
