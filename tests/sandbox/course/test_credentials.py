"""A credential in a notebook: each step as a card, and only the lesson's own server is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.clock import utc_now
from sandbox.course.beside import trusted_keys
from sandbox.course.client import Client
from sandbox.course.connection import start_server
from sandbox.course.credentials import credential_card, is_credential
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.vci.proofs import TYP
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.making import HOLDER, IETF_LIST, sdjwt, write_jws


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path / "server")})
    yield Client(f"{server.connection.url}/fhir", language="es")
    server.stop()


def issued(base: str) -> str:
    """Returns a credential that the server of a lesson has issued."""
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": False}
    offer = httpx.post(f"{base}/api/offers", json={**wish, "formats": ["dc+sd-jwt"]}).json()
    issuer = f"{base}/vci/CL"
    grants = httpx.get(f"{issuer}/offers/{offer['id']}").json()["grants"]
    ((grant, promised),) = grants.items()
    form = {"grant_type": grant, "pre-authorized_code": promised["pre-authorized_code"]}
    token = httpx.post(f"{issuer}/token", data=form).json()["access_token"]
    nonce = httpx.post(f"{issuer}/nonce").json()["c_nonce"]
    claims = {"aud": issuer, "iat": int(utc_now().timestamp()), "nonce": nonce}
    header = {"typ": TYP, "jwk": to_jwk(HOLDER.public_key())}
    body = {
        "credential_configuration_id": "vaccination_dc+sd-jwt",
        "proofs": {"jwt": [write_jws(header, claims, HOLDER)]},
    }
    bearer = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{issuer}/credential", json=body, headers=bearer)
    return str(answer.json()["credentials"][0]["credential"])


def test_the_own_server_is_asked_for_its_status_list_and_nobody_else(client: Client) -> None:
    keys = trusted_keys(client)
    ours = issued(client.base.removesuffix("/fhir"))
    card = repr(credential_card(ours, trusted_keys(client), client, at=utc_now()))
    assert card.startswith("✓ Válido")
    assert "✓ Revocación" in card
    assert [each.url for each in client.exchanges if "/status/tokens" in each.url]
    stranger = repr(credential_card(sdjwt(), keys, client, at=utc_now()))
    assert stranger.startswith("✗")
    assert "Confianza en el emisor" in stranger
    assert IETF_LIST not in [each.url for each in client.exchanges]


def test_a_certificate_and_a_link_are_no_credentials() -> None:
    assert is_credential(sdjwt())
    assert not is_credential("HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH")
    assert not is_credential("shlink:/eyJ1cmwiOiJ4In0")
