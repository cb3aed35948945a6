"""A coded body is decoded, or refused with 415 (RFC 9110 8.4); at every door alike."""

import gzip
import json

import pytest
from starlette.testclient import TestClient

BODY = json.dumps({"resourceType": "Patient"}).encode()
GZIPPED = {"Content-Type": "application/fhir+json", "Content-Encoding": "gzip"}
DOORS = ["/fhir/Patient", "/fhir/Patient/$validate", "/api/validations"]


@pytest.mark.parametrize("door", DOORS)
def test_a_gzipped_body_is_read(empty: TestClient, door: str) -> None:
    reply = empty.post(door, content=gzip.compress(BODY, mtime=0), headers=GZIPPED)
    assert reply.status_code in (200, 201)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("coding", "content", "status"),
    [
        ("br", BODY, 415),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY, mtime=0), mtime=0), 415),
        ("gzip", BODY, 400),
        ("gzip", gzip.compress(bytes(17 << 20), mtime=0), 413),
    ],
    ids=["unknown", "twice", "not coded", "too large"],
)
def test_what_cannot_be_decoded_is_refused(
    empty: TestClient, door: str, coding: str, content: bytes, status: int
) -> None:
    headers = {**GZIPPED, "Content-Encoding": coding}
    assert empty.post(door, content=content, headers=headers).status_code == status
