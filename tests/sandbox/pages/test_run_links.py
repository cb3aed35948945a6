"""What a wallet under test is to open stands on one page, as codes to scan and as text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.settings import Settings

HOST = "http://127.0.0.1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(tmp_path, seed="none", graders=0, country="CL")
    with TestClient(create_app(settings), base_url=HOST) as client:
        yield client


def begun(client: TestClient, track: str) -> str:
    run = client.post("/api/runs", json={"track": track, "system": "sandbox"}).json()
    return str(run["id"])


@pytest.mark.parametrize(("track", "count", "pins"), [("vci.wallet", 8, 1), ("vp.wallet", 13, 0)])
def test_each_link_has_a_code_and_stands_as_text(
    client: TestClient, track: str, count: int, pins: int
) -> None:
    run = begun(client, track)
    assert f"{run}/links?lang=es" in client.get(f"/runs/{run}?lang=es").text
    page = client.get(f"/runs/{run}/links?lang=es").text
    texts = [html.unescape(text) for text in re.findall(r"<textarea[^>]*>([^<]*)<", page)]
    assert len(texts) == len(set(texts)) == page.count("<svg") == count
    assert page.count("PIN:") == pins
    made = client.get(client.get(f"/api/runs/{run}").json()["inbox"] + "/$offers").json()
    if track == "vci.wallet":
        assert texts == [offer["link"] for offer in made["offers"]]


def test_looking_at_the_links_is_no_request_of_the_wallet(client: TestClient) -> None:
    run = begun(client, "vp.wallet")
    before = client.get(f"/api/runs/{run}").json()
    assert client.get(f"/runs/{run}/links").status_code == 200
    assert client.get(f"/api/runs/{run}").json() == before


def test_a_run_without_links_says_so(client: TestClient) -> None:
    run = begun(client, "mhd.source")
    assert f"{run}/links" not in client.get(f"/runs/{run}").text
    reply = client.get(f"/runs/{run}/links?lang=es", headers={"Accept": "text/html"})
    assert reply.status_code == 404
    assert "no tiene enlaces que abrir" in reply.text
