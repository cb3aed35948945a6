"""Every collected IPS document can be sent to the server and comes back with the same JSON value, to the digit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import post
from tests.conftest import VECTORS

DOCUMENTS = sorted((VECTORS / "ips").glob("*.json")) if VECTORS.is_dir() else [Path("absent.json")]


def numbers_as_written(body: bytes) -> Any:
    return json.loads(
        body.decode("utf-8-sig"), parse_float=lambda text: ("number", text, Decimal(text))
    )


@pytest.mark.needs("vectors")
@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_a_collected_document_reads_back_the_same(empty: TestClient, file: Path) -> None:
    sent = file.read_bytes()
    created = post(empty, "/Bundle", sent)
    assert created.status_code == 201, created.text[:300]
    there = numbers_as_written(empty.get(f"/fhir/Bundle/{created.json()['id']}").content)
    ours = numbers_as_written(sent)
    for document in (there, ours):
        document.pop("id", None)
        meta = document.pop("meta", {})
        document["meta"] = {
            name: value for name, value in meta.items() if name not in ("versionId", "lastUpdated")
        }
    assert there == ours
