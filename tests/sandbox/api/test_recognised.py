"""What is dropped where documents are judged, and is a credential or the link of one: on the page and in the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.api.authorities import authority_of
from sandbox.certificates.qr import png_of
from sandbox.credentials.issuing import Order, issue_credential
from sandbox.credentials.vaccination import read_vaccination
from sandbox.i18n import LANGUAGES
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.making import HOLDER, did_of, sdjwt
from tests.sandbox.credentials.making import signed as linked
from tests.sandbox.credentials.test_recognising import offer_link, request_link, shown

TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        TrustFolder(tmp_path / "sandbox" / "trust").init("CL", at=TickingClock().now)
        yield client


def asked(client: TestClient, text: str, query: str = "", **headers: str) -> Any:
    reply = client.post(
        f"/api/validations{query}", content=text.encode(), headers={**TEXT, **headers}
    )
    assert reply.status_code == 200, reply.text
    return reply.json()


def issued(folder: Path) -> str:
    """Returns a credential that a country of this sandbox has issued."""
    trust = TrustFolder(folder / "sandbox" / "trust")
    at = TickingClock().now
    claims = read_vaccination(CONTENTS["icvp_2025"]).claims
    order = Order(claims, did_of(HOLDER), 7, at, at.replace(year=at.year + 1))
    return issue_credential("dc+sd-jwt", order, authority_of(trust, "CL", "http://sandbox.test"))


def test_a_credential_of_ours_is_valid_with_each_step_in_words(
    client: TestClient, tmp_path: Path
) -> None:
    said = asked(client, issued(tmp_path), "?language=es")
    assert said["valid"] is True
    view = said["recognised"]
    assert (view["kind"], view["form"], view["verdict"]) == ("credential", "dc+sd-jwt", "valid")
    assert view["sentence"] == "Una credencial, tal como la guarda su titular."
    assert {"Firma", "Divulgaciones", "Confianza en el emisor"} <= {
        step["name"] for step in view["steps"]
    }


def test_a_stranger_is_not_believed_and_nothing_of_the_holder_is_told(client: TestClient) -> None:
    said = asked(client, sdjwt())
    assert said["valid"] is False
    assert [step["name"] for step in said["recognised"]["steps"] if step["status"] == "fail"]
    for value in ("Rosa", "Fuenzalida", "1985-03-14", "B-77"):
        assert value not in json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json"])
def test_a_credential_in_json_is_no_resource(client: TestClient, kind: str) -> None:
    said = asked(client, json.dumps(linked()), **{"Content-Type": kind})
    assert said["recognised"]["form"] == "ldp_vc"
    assert {finding["where"] for finding in said["findings"]} >= {"trust"}


def test_a_presentation_an_offer_and_a_request_are_told_apart_in_every_language(
    client: TestClient,
) -> None:
    texts = {"presentation": shown(), "offer": offer_link(), "request": request_link()}
    for kind, text in texts.items():
        views = [asked(client, text, f"?language={name}")["recognised"] for name in LANGUAGES]
        assert {view["kind"] for view in views} == {kind}
        assert len({view["sentence"] for view in views}) == len(LANGUAGES)
        assert len({view["next"] for view in views}) == len(LANGUAGES)


def test_the_code_of_an_offer_is_told_to_nobody(client: TestClient) -> None:
    said = asked(client, offer_link())
    assert said["valid"] is True
    assert "secret-code" not in json.dumps(said)


def test_an_offer_is_read_from_the_picture_of_its_code(client: TestClient) -> None:
    said = asked_with(client, png_of(offer_link()), "image/png")
    assert said["recognised"]["kind"] == "offer"


def asked_with(client: TestClient, body: bytes, kind: str) -> Any:
    reply = client.post("/api/validations", content=body, headers={"Content-Type": kind})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_whoever_asks_for_fhir_gets_an_operation_outcome(client: TestClient) -> None:
    said = asked(client, sdjwt(), Accept="application/fhir+json")
    assert said["resourceType"] == "OperationOutcome"
    assert "Rosa" not in json.dumps(said)


def test_another_text_is_refused_with_where_it_belongs(client: TestClient) -> None:
    reply = client.post("/api/validations", content=b"HC1:NCF", headers=TEXT)
    assert reply.status_code == 415
    assert "/api/certificates" in reply.json()["fix"]


def test_a_document_of_fhir_is_judged_as_before(client: TestClient) -> None:
    body = json.dumps({"resourceType": "Patient", "gender": "F"})
    said = asked(client, body, **{"Content-Type": "application/json"})
    assert (said["recognised"], said["valid"]) == (None, False)


def test_the_page_says_what_it_is_and_opens_links_in_the_wallet(client: TestClient) -> None:
    page = client.post("/validate?lang=es", data={"document": offer_link()}).text
    assert "La oferta de una credencial" in page
    assert re.search(r'action="[^"]*wallet\?lang=es"', page)
    assert "Guardar" not in page  # a credential is the holder's, and never kept here
    page = client.post("/validate?lang=pt", data={"document": sdjwt()}).text
    assert "Uma credencial, como o titular a guarda." in page
    assert 'wallet?lang=pt"><input' not in page


def test_a_broken_offer_says_why_and_goes_nowhere(client: TestClient) -> None:
    page = client.post("/validate?lang=en", data={"document": "openid-credential-offer://"}).text
    assert "Open in the wallet" not in page
    assert 'class="fault"' in page
