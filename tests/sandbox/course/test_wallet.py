"""`L.wallet` in a notebook: received, considered, sent by agreeing alone, and refused the second time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.clock import utc_now
from sandbox.course.client import Client
from sandbox.course.connection import start_server
from sandbox.course.wallet import Wallet
from sandbox.credentials.vaccination import VCT
from sandbox.errors import BadRequest
from tests.sandbox.certificates.making import CONTENTS


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path / "server")})
    yield server.connection.url
    server.stop()


def posted(address: str, **body: Any) -> dict[str, Any]:
    return dict(httpx.post(address, json=body).raise_for_status().json())


def test_a_learner_receives_considers_and_agrees(base: str, tmp_path: Path) -> None:
    wallet = Wallet(Client(f"{base}/fhir", language="es"), tmp_path / "wallet", "es", utc_now)
    offer = posted(f"{base}/api/offers", country="CL", content=CONTENTS["icvp_2025"])
    with pytest.raises(BadRequest, match="pin_needed"):
        wallet.receive(offer["link"])

    async def in_a_notebook() -> str:
        return repr(wallet.receive(offer["link"], pin=offer["pin"]))

    assert asyncio.run(in_a_notebook()).startswith("✓")
    item: dict[str, Any] = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}
    item["claims"] = [{"path": ["vaccine", "product"]}]
    wish = {"prefix": "x509_hash", "country": "CL", "query": {"credentials": [item]}}
    asked = posted(f"{base}/api/requests", **wish)
    consent = wallet.consider(asked["link"])
    assert "CL" in repr(consent)
    assert "+ vaccine.product" in repr(consent)
    assert httpx.get(f"{base}/api/requests/{asked['id']}").json()["state"] == "waiting"
    consent.agree()
    assert httpx.get(f"{base}/api/requests/{asked['id']}").json()["accepted"]
    # the verifier has taken a signed request away with its answer
    with pytest.raises(BadRequest, match="refused_there"):
        wallet.consider(asked["link"])
