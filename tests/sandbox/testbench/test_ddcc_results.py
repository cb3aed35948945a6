"""Certificates of test results: the sandbox passes, and each way to make them wrongly fails the tests that it belongs to."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.certificates.qr import png_of
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS, signed
from tests.sandbox.ddcc.making import a_test_response
from tests.sandbox.testbench.test_ddcc_tracks import (
    LIST,
    Change,
    accepts_all,
    all_at_once,
    in_document,
    in_text,
    no_picture,
    played,
    without,
)

Document = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("results")
    with a_sandbox(folder, country="CL") as client:
        generate = "/ddcc/QuestionnaireResponse/$generateHealthCertificate"
        client.post(generate, json=a_test_response())  # makes its keys
        yield client


def of_type(document: Document, type: str) -> Iterator[dict[str, Any]]:
    for entry in document["entry"]:
        if entry["resource"]["resourceType"] == type:
            yield entry["resource"]


def always_negative(document: Document) -> None:
    """A service whose template says that nothing was found."""
    for observation in of_type(document, "Observation"):
        observation["valueCodeableConcept"]["coding"][0]["code"] = "QA02"


def of_a_vaccination(document: Document) -> None:
    for composition in of_type(document, "Composition"):
        composition["section"][0]["code"]["coding"][0]["code"] = "11369-6"


def about_the_report(document: Document) -> None:
    report = next(
        entry["fullUrl"]
        for entry in document["entry"]
        if entry["resource"]["resourceType"] == "DiagnosticReport"
    )
    for composition in of_type(document, "Composition"):
        composition["section"][0]["focus"] = {"reference": report}


def twice(document: Document) -> None:
    observation = next(of_type(document, "Observation"))
    document["entry"].append({"fullUrl": "urn:uuid:second", "resource": observation})


def with_template(document: Document) -> None:
    """Values of a template where nobody answered."""
    for patient in of_type(document, "Patient"):
        patient.setdefault("identifier", [{"value": "000"}])


def in_code(dialect: str, **changed: Any) -> Callable[[Document], None]:
    """Returns a change of the code's picture: it holds another certificate."""
    content = {**CONTENTS[dialect], **changed}
    picture = base64.b64encode(png_of(signed(content, 4 if dialect == "ddcc_tr" else 3))).decode()

    def change(document: Document) -> None:
        for reference in of_type(document, "DocumentReference"):
            for part in reference["content"]:
                if part["format"]["code"] == "image":
                    part["attachment"]["data"] = picture

    return change


FAULTS: dict[str, tuple[Change, set[str]]] = {
    "another name": (in_text("Clara Inés Ensayo", "C. Ensayo"), {"DDT-04", "DDT-10"}),
    "another day": (in_text('"effectiveDateTime": "2026-03-02"', '"effectiveDateTime": "2026-03-03"'), {"DDT-04", "DDT-10"}),
    "always negative": (in_document(always_negative), {"DDT-05"}),
    "the section of vaccinations": (in_document(of_a_vaccination), {"DDT-03", "DDT-10"}),
    "a focus on the report": (in_document(about_the_report), {"DDT-03", "DDT-10"}),
    "no test that was used": (without("Device"), {"DDT-02", "DDT-04", "DDT-10"}),
    "two observations": (in_document(twice), {"DDT-02", "DDT-10"}),
    "no picture of the code": (in_document(no_picture), {"DDT-06", "DDT-10"}),
    "the code of a vaccination": (in_document(in_code("ddcc_vs")), {"DDT-05", "DDT-07", "DDT-09", "DDT-10"}),
    "the code of somebody else": (in_document(in_code("ddcc_tr")), {"DDT-05", "DDT-07", "DDT-09", "DDT-10"}),
    "values of a template": (in_document(with_template), {"DDT-11"}),
    "takes everything": (accepts_all, {"DDT-12", "DDT-13"}),
    "all or nothing": (all_at_once, {"DDT-14"}),
}  # fmt: skip


@pytest.mark.parametrize("edition", ["", "earlier"])
def test_the_sandbox_passes(sandbox: TestClient, edition: str) -> None:
    assert played("ddcc.results", sandbox, edition=edition) == {}


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = FAULTS[name]
    found = played("ddcc.results", sandbox, change)
    assert set(found.get("fail", [])) == expected


def test_an_unlisted_key_fails_the_two_tests_of_signatures(sandbox: TestClient) -> None:
    place = "http://sandbox.test/v2/trustlist/-/-/DSC/did.json"

    def emptied(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        return status, {**body, "verificationMethod": []} if str(request.url) == place else body

    found = played("ddcc.results", sandbox, emptied, trustlist=place)
    assert found == {"fail": ["DDT-09", "DDT-10"]}


def test_a_service_that_knows_no_tests_fails_once(sandbox: TestClient) -> None:
    def knows_nothing(_: httpx.Request, __: int, ___: Any) -> tuple[int, Any]:
        return 404, {"resourceType": "OperationOutcome"}

    assert played("ddcc.results", sandbox, knows_nothing)["fail"] == ["DDT-01", "DDT-08"]
    other = LIST.replace("did.json", "no.json")
    found = played("ddcc.results", sandbox, trustlist=other)
    assert found == {"fail": ["DDT-08"], "skip": ["DDT-09", "DDT-10"]}


def test_every_test_is_failed_by_a_fault() -> None:
    failed = {number for _, numbers in FAULTS.values() for number in numbers}
    assert failed | {"DDT-01", "DDT-08"} == {f"DDT-{number:02}" for number in range(1, 15)}


def test_a_section_may_have_the_code_of_another_system_too(sandbox: TestClient) -> None:
    def coded_twice(document: Document) -> None:
        for composition in of_type(document, "Composition"):
            coding = {"system": "http://snomed.info/sct", "code": "423100009"}
            composition["section"][0]["code"]["coding"].append(coding)

    # it is another document than was signed
    assert played("ddcc.results", sandbox, in_document(coded_twice)) == {"fail": ["DDT-10"]}
