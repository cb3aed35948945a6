"""Bad input of every kind gets a clear 4xx, nothing is stored, and the server lives on."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from tests.bad_input import CASES, PAGE, Case, furnish, page, send
from tests.builders import a_patient, issue_of, post
from tests.conftest import a_sandbox
from tests.sandbox.server.conftest import written

BAD_BODIES = {
    "broken JSON": (b'{"resourceType": "Patient"', 400, "broken_json"),
    "nothing": (b"", 400, "broken_json"),
    "bad UTF-8": (b'{"resourceType": "Patient", "x": "\xe9"}', 400, "bad_utf8"),
    "UTF-16": ('{"resourceType": "Patient"}'.encode("utf-16"), 400, "is_utf16"),
    "duplicate key": (
        b'{"resourceType": "Patient", "gender": "male", "gender": "female"}',
        400,
        "duplicate_key",
    ),
    "deep nesting": (
        b'{"resourceType": "Patient", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        400,
        "too_deep",
    ),
    "very deep nesting": (b"[" * 200_000, 400, "too_deep"),
    "NaN": (b'{"resourceType": "Patient", "x": NaN}', 400, "bad_constant"),
    "lone surrogate": (b'{"resourceType": "Patient", "x": "\\udc00"}', 400, "bad_character"),
    "an array": (b"[]", 400, "not_an_object"),
    "a text": (b'"Patient"', 400, "not_an_object"),
    "null": (b"null", 400, "not_an_object"),
    "no type": (b"{}", 400, "no_resource_type"),
    "a number as type": (b'{"resourceType": 1}', 400, "no_resource_type"),
    "unknown type": (b'{"resourceType": "Pacient"}', 400, "unknown_type_near"),
    "another type": (b'{"resourceType": "Observation"}', 400, "other_type"),
    "meta is a text": (b'{"resourceType": "Patient", "meta": "x"}', 400, "meta_no_object"),
    "a huge exponent": (
        b'{"resourceType": "Patient", "x": 1e99999999999999999999999}',
        400,
        "bad_number",
    ),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_by_name_and_nothing_is_stored(empty: TestClient, name: str) -> None:
    body, status, key = BAD_BODIES[name]
    reply = post(empty, "/Patient", body)
    assert reply.status_code == status
    assert issue_of(reply)["details"]["coding"][0]["code"] == f"server.{key}"
    assert issue_of(reply)["diagnostics"]
    assert empty.get("/fhir/Patient").json()["total"] == 0
    assert post(empty, "/Patient", a_patient()).status_code == 201


def test_a_body_over_the_limit_is_413_with_and_without_a_declared_length(tmp_path: object) -> None:
    with a_sandbox(tmp_path, max_body_bytes=1000) as client:  # type: ignore[arg-type]  # pytest's tmp_path
        fits = a_patient(text={"div": "x" * 100})
        assert post(client, "/Patient", fits).status_code == 201
        large = b'{"resourceType": "Patient", "x": "' + b"x" * 2000 + b'"}'
        assert post(client, "/Patient", large).status_code == 413
        parts = (large[i : i + 500] for i in range(0, len(large), 500))
        reply = client.post(
            "/fhir/Patient", content=parts, headers={"Content-Type": "application/fhir+json"}
        )
        assert reply.status_code == 413


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/fhir+turtle", "application/x-www-form-urlencoded", ""],
)
def test_another_content_type_is_415_and_names_the_right_one(
    empty: TestClient, content_type: str
) -> None:
    reply = post(empty, "/Patient", a_patient(), **{"Content-Type": content_type})
    assert reply.status_code == 415
    assert "application/fhir+json" in issue_of(reply)["diagnostics"]


@pytest.mark.parametrize(
    "headers", [{"Accept": "application/fhir+turtle"}, {"Accept": "image/png"}]
)
def test_a_format_that_cannot_be_written_is_406(empty: TestClient, headers: dict[str, str]) -> None:
    assert empty.get("/fhir/metadata", headers=headers).status_code == 406
    assert empty.get("/fhir/metadata?_format=ttl").status_code == 406
    assert empty.get("/fhir/metadata?_format=json", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Pacient/1", 404),
        ("GET", "/Patient/a_b", 400),
        ("GET", "/Patient/" + "x" * 65, 400),
        ("GET", "/Patient/1/2/3/4/5", 404),
        ("POST", "/metadata", 405),
        ("DELETE", "/metadata", 405),
        ("PATCH", "/Patient/1", 415),
        ("GET", "/Patient/1/$nothing", 501),
    ],
)
def test_a_wrong_address_or_method_says_so(
    empty: TestClient, method: str, path: str, status: int
) -> None:
    reply = empty.request(method, f"/fhir{path}")
    assert reply.status_code == status
    assert issue_of(reply)["details"]["text"]
    assert (status == 405) == ("Allow" in reply.headers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_speak_the_language_that_the_client_asks_for(
    empty: TestClient, language: str
) -> None:
    reply = empty.get("/fhir/Pacient/1", headers={"Accept-Language": language})
    expected = say("server.unknown_type_near.text", language, name="Pacient", near="Patient")
    assert issue_of(reply)["details"]["text"] == expected


def test_a_fault_of_ours_is_500_with_the_exchange_and_without_internals(
    empty: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.server.writing.fhir_instant", lambda _: 1 / 0)
    reply = post(empty, "/Patient", a_patient())
    assert reply.status_code == 500
    assert issue_of(reply)["severity"] == "fatal"
    assert reply.headers["X-Exchange-Id"] in issue_of(reply)["diagnostics"]
    assert "ZeroDivision" not in reply.text
    monkeypatch.undo()
    assert empty.get("/fhir/Patient").json()["total"] == 0


@pytest.fixture(scope="module")
def furnished(shared_empty: TestClient) -> TestClient:
    furnish(shared_empty)
    return shared_empty


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_request_is_refused_by_name_and_leaves_nothing(
    furnished: TestClient, case: Case
) -> None:
    before = written(furnished)
    reply = send(furnished, case)
    assert reply.status_code == case.status, reply.text
    issue = reply.json()["issue"][0]
    assert issue["details"]["coding"][0]["code"] == case.key
    assert issue["details"]["text"]
    assert issue["diagnostics"]
    assert written(furnished) == before


def test_the_page_says_what_the_server_answers(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        furnish(client)
        assert PAGE.read_text(encoding="utf-8") == page(client), (
            "write it anew: python -m tests.bad_input"
        )
