from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.errors import NotFound
from sandbox.settings import Settings
from tests.builders import a_patient, post, stored
from tests.conftest import a_sandbox


def test_addresses_follow_the_proxy_in_front(tmp_path: Path) -> None:
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "hub.example",
        "X-Forwarded-Context": "/user/x/sandbox",
    }
    with a_sandbox(tmp_path, proxies=("*",)) as client:
        bundle = client.get("/fhir/Patient", headers=headers).json()
    assert bundle["link"][0]["url"] == "https://hub.example/user/x/sandbox/fhir/Patient"


def test_a_configured_base_wins_over_every_header(tmp_path: Path) -> None:
    app = create_app(Settings(tmp_path, seed="none", base_url="https://sandbox.example/"))
    with TestClient(app) as client:
        reply = post(client, "/Patient", a_patient(), **{"X-Forwarded-Host": "evil.example"})
    assert reply.headers["Location"].startswith("https://sandbox.example/fhir/Patient/")


def test_a_browser_gets_readable_json(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    body = empty.get(
        f"/fhir/Patient/{created['id']}", headers={"Accept": "text/html,*/*;q=0.8"}
    ).text
    assert body.startswith('{\n  "resourceType": "Patient"')
    assert (
        "\n"
        not in empty.get(
            f"/fhir/Patient/{created['id']}?_pretty=false", headers={"Accept": "text/html"}
        ).text
    )


def test_health_names_the_program(empty: TestClient) -> None:
    assert empty.get("/health").json()["name"] == "connectathon-sandbox"


def test_an_unknown_seed_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        create_app(Settings(tmp_path, seed="nothing-like-this"))
    assert caught.value.params["known"] == "none, training"


def test_a_seed_is_planted_once(tmp_path: Path) -> None:
    for _ in range(2):
        with TestClient(create_app(Settings(tmp_path))) as client:
            assert client.get("/fhir/Patient?_summary=count").json()["total"] == 12
            assert client.get("/fhir/Patient/rosa-fuenzalida/_history").json()["total"] == 1


def test_data_survive_a_restart(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(tmp_path, seed="none"))) as client:
        created = stored(client, a_patient())
    with TestClient(create_app(Settings(tmp_path, seed="none"))) as client:
        assert client.get(f"/fhir/Patient/{created['id']}").json() == created
