"""The server as Terminology Repository (IHE SVCM), by the ids of the assertions, over the preload data of a connectathon."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.definitions.xml import read_xml
from sandbox.validation import knowledge_at_hand
from tests.builders import issue_of
from tests.conftest import VECTORS, a_sandbox

pytestmark = [pytest.mark.needs("vectors"), pytest.mark.xdist_group("svcm")]
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
GENDERS = "http://hl7.org/fhir/administrative-gender"
V3 = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
XML = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+json"}
# What cannot be told from what is preloaded: SNOMED CT, and a code system of IHE that is not among the data.
NOT_AT_HAND = {"allergyintolerance-code", "substance-code", "formatcode"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(Path(tmp_path_factory.mktemp("svcm"))) as client:
        for file in sorted((VECTORS / "svcm").glob("*/*.xml")):
            body = file.read_bytes()
            id = re.search(rb'<id value="([^"]+)"', body)
            assert id
            path = f"/fhir/{file.parent.name}/{id[1].decode()}"
            assert client.put(path, content=body, headers=XML).status_code in (200, 201), file.name
        yield client


def urls(client: TestClient, query: str) -> set[str]:
    reply = client.get(f"/fhir/{query}")
    assert reply.status_code == 200, reply.text
    return {entry["resource"]["url"] for entry in reply.json().get("entry", [])}


def answer(client: TestClient, path: str, **query: str) -> dict[str, Any]:
    reply = client.get(f"/fhir/{path}", params=query)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = {}
    for one in reply.json()["parameter"]:
        found.setdefault(
            one["name"],
            one.get("part", next((v for k, v in one.items() if k.startswith("value")), None)),
        )
    return found


def test_svc_01_the_capabilities_list_types_operations_and_parameters(
    repository: TestClient,
) -> None:
    (rest,) = repository.get("/fhir/metadata").json()["rest"]
    by_type = {one["type"]: one for one in rest["resource"]}
    wanted = {
        "ValueSet": {"expand", "validate-code"},
        "CodeSystem": {"lookup", "validate-code", "subsumes"},
        "ConceptMap": {"translate"},
    }
    for type, operations in wanted.items():
        assert operations <= {one["name"] for one in by_type[type]["operation"]}
        named = {one["name"] for one in by_type[type]["searchParam"]}
        assert {
            "_id",
            "_lastUpdated",
            "status",
            "identifier",
            "name",
            "description",
            "title",
            "url",
            "version",
        } <= named


@pytest.mark.parametrize(
    "query",
    [
        f"url={GENDER}",
        "name=administrativegender&version=3.5.0",
        "name:contains=istrativeGen",
        "name:exact=AdministrativeGender",
        "_id=administrative-gender",
    ],
)
def test_svc_02_value_sets_are_found(repository: TestClient, query: str) -> None:
    if "version" in query:
        version = repository.get("/fhir/ValueSet/administrative-gender").json()["version"]
        query = f"name=administrativegender&version={version}"
    assert GENDER in urls(repository, f"ValueSet?{query}&_count=100")
    assert GENDER not in urls(repository, "ValueSet?name:exact=administrativegender&_count=100")


def test_svc_03_a_value_set_is_read_in_both_formats(repository: TestClient) -> None:
    path = "/fhir/ValueSet/administrative-gender"
    xml = repository.get(path, headers={"Accept": "application/fhir+xml"})
    assert read_xml(xml.content, knowledge_at_hand().types) == repository.get(path).json()
    assert repository.get(path).json()["url"] == GENDER


def test_svc_04_code_systems_are_found_by_their_codes_system_and_by_time(
    repository: TestClient,
) -> None:
    assert urls(repository, f"CodeSystem?system={GENDERS}") == {GENDERS}
    assert urls(repository, "CodeSystem?code=NI&_count=50") >= {
        "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
    }
    for prefix in ("gt", "ge", "sa"):
        assert len(urls(repository, f"CodeSystem?_lastUpdated={prefix}2000&_count=50")) == 24
        assert urls(repository, f"CodeSystem?_lastUpdated={prefix}2100") == set()
    for prefix in ("lt", "le", "eb"):
        assert urls(repository, f"CodeSystem?_lastUpdated={prefix}2000") == set()
        assert len(urls(repository, f"CodeSystem?_lastUpdated={prefix}2100&_count=50")) == 24


def test_svc_05_and_11_value_sets_expand_or_say_what_is_missing(repository: TestClient) -> None:
    whole = repository.get("/fhir/ValueSet/$expand", params={"url": GENDER}).json()["expansion"][
        "contains"
    ]
    assert {one["code"] for one in whole} == {"male", "female", "other", "unknown"}
    missing = set()
    for entry in repository.get("/fhir/ValueSet?_count=100").json()["entry"]:
        reply = repository.get("/fhir/ValueSet/$expand", params={"url": entry["resource"]["url"]})
        if reply.status_code != 200:
            assert (reply.status_code, bool(issue_of(reply)["diagnostics"])) == (501, True)
            missing.add(entry["resource"]["id"])
    assert missing == NOT_AT_HAND
    assert repository.get("/fhir/ValueSet/$expand?url=http://none.example").status_code == 404


def test_svc_06_a_code_is_looked_up(repository: TestClient) -> None:
    found = answer(repository, "CodeSystem/$lookup", system=V3, code="F")
    assert (found["name"], found["display"]) == ("v3.AdministrativeGender", "Female")
    reply = repository.get("/fhir/CodeSystem/$lookup", params={"system": V3, "code": "X"})
    assert reply.status_code == 404


def test_svc_07_membership_in_a_value_set(repository: TestClient) -> None:
    member = answer(repository, "ValueSet/$validate-code", url=GENDER, code="male", system=GENDERS)
    assert member["result"] is True
    assert (
        answer(repository, "ValueSet/$validate-code", url=GENDER, code="M", system=GENDERS)[
            "result"
        ]
        is False
    )
    wrong = answer(
        repository,
        "ValueSet/$validate-code",
        url=GENDER,
        code="male",
        system=GENDERS,
        display="Woman",
    )
    assert (wrong["result"], wrong["display"]) == (False, "Male")
    assert "Woman" in wrong["message"]
    right = answer(
        repository,
        "ValueSet/$validate-code",
        url=GENDER,
        code="male",
        system=GENDERS,
        display="MALE",
    )
    assert right["result"] is True
    assert "message" not in right


def test_svc_08_membership_in_a_code_system(repository: TestClient) -> None:
    assert answer(repository, "CodeSystem/$validate-code", url=V3, code="M")["result"] is True
    assert answer(repository, "CodeSystem/$validate-code", url=V3, code="male")["result"] is False


def test_svc_09_concept_maps_are_found(repository: TestClient) -> None:
    found = urls(repository, f"ConceptMap?source-system={GENDERS}")
    assert found == {
        "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3",
        "http://connectathon.ihe/ConceptMap/IHE-CAT-cm-administrative-gender-v2",
    }
    assert urls(repository, f"ConceptMap?target-system={V3}") == {
        "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3"
    }


def test_svc_10_a_code_is_translated_forth_and_back(repository: TestClient) -> None:
    url = "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3"
    forth = answer(
        repository, "ConceptMap/$translate", url=url, code="female", system=GENDERS, target=V3
    )
    assert forth["result"] is True
    (concept,) = [part["valueCoding"] for part in forth["match"] if part["name"] == "concept"]
    assert (concept["system"], concept["code"]) == (V3, "F")
    back = answer(repository, "ConceptMap/$translate", url=url, code="F", system=V3, reverse="true")
    assert [part["valueCoding"]["code"] for part in back["match"] if part["name"] == "concept"] == [
        "female"
    ]
