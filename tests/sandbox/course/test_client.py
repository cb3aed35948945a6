from dataclasses import replace

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.course import ____
from sandbox.course.blank import Blank
from sandbox.course.client import Client, Unreachable
from sandbox.course.document_source import submission
from sandbox.course.panels import exchange_html, exchange_text
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from tests.builders import a_client, a_patient


def exchange_of(value: Exchange | Blank) -> Exchange:
    assert isinstance(value, Exchange)
    return value


def test_the_client_does_what_a_lesson_needs_and_keeps_every_exchange(empty: TestClient) -> None:
    client = a_client(empty)
    created = exchange_of(client.create(a_patient()))
    changed = {**created.json, "gender": "female"}
    assert exchange_of(client.update(changed, if_match=created.header("ETag"))).status == 200
    assert exchange_of(client.update(changed, if_match=created.header("etag"))).status == 412
    place = f"Patient/{created.json['id']}"
    assert exchange_of(client.get(place)).json["gender"] == "female"
    assert exchange_of(client.get("Patient", name="rosa")).json["total"] == 1
    assert exchange_of(client.delete(place)).status == 204
    bundle = {"resourceType": "Bundle", "type": "transaction"}
    assert exchange_of(client.transact(bundle)).status == 200
    assert [exchange.method for exchange in client.exchanges] == [
        "POST",
        "PUT",
        "PUT",
        "GET",
        "GET",
        "DELETE",
        "POST",
    ]


def test_with_a_blank_nothing_is_sent(empty: TestClient) -> None:
    client = a_client(empty)
    for value in (
        client.get(____),
        client.get(f"Patient/{____}"),
        client.create(____),
        client.create(a_patient(gender=____)),
        client.update(____),
        client.update({**a_patient(), "id": ____}),
        client.delete(____),
    ):
        assert isinstance(value, Blank)
    assert client.exchanges == []


def test_a_location_or_next_link_of_the_base_can_be_followed(empty: TestClient) -> None:
    client = a_client(empty)
    created = exchange_of(client.create(a_patient()))
    assert exchange_of(client.get(created.header("Location"))).status == 200


@pytest.mark.parametrize(
    "path", ["http://elsewhere.test/x", "../admin", "Patient/../../health", "//elsewhere.test"]
)
def test_a_path_that_leaves_the_base_is_not_sent(empty: TestClient, path: str) -> None:
    client = a_client(empty)
    with pytest.raises(BadRequest):
        client.get(path)
    assert client.exchanges == []


def test_a_search_value_may_hold_an_address(empty: TestClient) -> None:
    assert (
        exchange_of(a_client(empty).get("Observation?code=http://loinc.org|4548-4")).status == 200
    )


def test_nobody_there_is_said_with_the_next_step() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = Client("http://127.0.0.1:9/fhir", language="es", transport=httpx.MockTransport(refuse))
    with pytest.raises(Unreachable) as caught:
        client.get("metadata")
    said = caught.value._render_traceback_()
    assert "Ningún servidor responde en http://127.0.0.1:9/fhir" in said[0]
    assert "primera celda" in said[1]


def test_credentials_do_not_stay_in_the_exchange(empty: TestClient) -> None:
    client = a_client(empty)
    exchange = exchange_of(
        client.send("GET", "metadata", headers={"Authorization": "Bearer secret"})
    )
    assert "secret" not in repr(exchange.request_headers)


def test_an_exchange_is_shown_as_text_and_as_escaped_html(empty: TestClient) -> None:
    client = a_client(empty)
    hostile = a_patient(name=[{"family": "<script>alert(1)</script>"}])
    exchange = exchange_of(client.create(hostile))
    assert exchange_text(exchange, "es").startswith(
        "POST http://sandbox.test/fhir/Patient → 201 (funcionó)"
    )
    html = exchange_html(exchange, "es")
    assert 'lang="es"' in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Location" in html


def test_a_long_body_is_cut_and_says_how_much(trained: TestClient) -> None:
    text = exchange_text(exchange_of(a_client(trained).get("Patient")), "en")
    assert len(text.splitlines()) < 70
    assert "more lines" in text


def test_a_refusal_says_what_is_wrong_before_its_body(trained: TestClient) -> None:
    client = a_client(trained)
    summary = exchange_of(client.get("Patient/rosa-fuenzalida/$summary")).json
    bundle = submission(summary, patient="Patient/rosa-fuenzalida")
    bundle["entry"][1]["resource"]["content"][0]["attachment"]["hash"] = "AAAA"
    exchange = exchange_of(client.transact(bundle))
    shown = exchange_text(exchange, "es").partition("\n\n")[0]
    assert "Error: " in shown
    assert "XDSRegistryMetadataError" in shown
    assert "Bundle.entry[1].resource.content[0].attachment.hash" in shown
    assert "mhd.hash" not in shown
    assert "XDSRegistryMetadataError" in exchange_html(exchange, "es").partition("<details")[0]


def test_what_is_no_outcome_has_no_issues(empty: TestClient) -> None:
    for body in (b'{"resourceType": "OperationOutcome", "issue": [1, {"details": 3}]}', b"[]", b""):
        exchange = replace(exchange_of(a_client(empty).get("metadata")), body=body)
        assert exchange_html(exchange, "pt").startswith("<section")
