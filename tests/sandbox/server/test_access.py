"""A token on every request where one is set; web pages of named origins only."""

import base64
from pathlib import Path

import pytest

from tests.builders import issue_of
from tests.conftest import a_sandbox


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"team:{password}".encode()).decode()


@pytest.mark.parametrize(
    "path", ["/fhir/metadata", "/", "/health/", "/t/x/fhir/Patient", "/nowhere"]
)
def test_without_the_token_nothing_is_answered(tmp_path: Path, path: str) -> None:
    with a_sandbox(tmp_path, token="secret") as client:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": basic("wrong")},
            {"Authorization": "?"},
        ):
            reply = client.get(path, headers=headers)
            assert reply.status_code == 401
            assert issue_of(reply)["code"] == "login"
            assert reply.headers.get_list("WWW-Authenticate")[0] == "Bearer"


@pytest.mark.parametrize(
    "path",
    ["/health", "/.well-known/connectathon-evidence-key.json", "/.well-known/security.txt"],
)
def test_what_strangers_need_is_answered_without_it(tmp_path: Path, path: str) -> None:
    with a_sandbox(tmp_path, token="secret", security_contact="mailto:holes@example.org") as client:
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("value", ["Bearer secret", "bearer secret", basic("secret")])
def test_with_the_token_everything_is(tmp_path: Path, value: str) -> None:
    with a_sandbox(tmp_path, token="secret") as client:
        assert client.get("/fhir/metadata", headers={"Authorization": value}).status_code == 200


def test_pages_of_other_origins_may_call_only_when_they_are_named(tmp_path: Path) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    with a_sandbox(tmp_path) as client:
        assert (
            "Access-Control-Allow-Origin" not in client.get("/fhir/metadata", headers=asked).headers
        )
    with a_sandbox(tmp_path, origins=("https://app.example",), token="secret") as client:
        reply = client.options(
            "/fhir/Patient/1", headers=asked
        )  # a preflight cannot carry the token
        assert reply.status_code == 200
        assert reply.headers["Access-Control-Allow-Origin"] == "https://app.example"
        other = client.options(
            "/fhir/Patient/1", headers={**asked, "Origin": "https://other.example"}
        )
        assert "Access-Control-Allow-Origin" not in other.headers
        reply = client.get("/fhir/metadata", headers={**asked, "Authorization": "Bearer secret"})
        assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
