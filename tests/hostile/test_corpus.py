"""The corpus of hostile inputs at every door of a real server: each is answered, none with 5xx, and
the others never notice.

The suite takes a seeded part; `make hostile` takes all, alone on the machine, and then also holds
what the others waited and what the server held in memory against their limits.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.hostile.beside import Watch, watched
from tests.hostile.corpus import FHIR, Bomb, bombs, certificates, headers, pictures, queries

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
P99_SECONDS = 0.100
MEMORY_MEGABYTES = 400
IS_WHOLE = os.environ.get("CONNECTATHON_HOSTILE") == "all"
EACH = 2  # bodies of a kind that the suite takes
SEED = 21
pytestmark = [
    pytest.mark.daily("long", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.xdist_group("hostile"),
]  # one server for all of them
PATIENT = b'{"resourceType": "Patient"}'


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with watched(tmp_path_factory.mktemp("hostile")) as found:
        ready = {"Content-Type": FHIR}
        httpx.post(f"{found.url}/api/validations", content=PATIENT, headers=ready, timeout=60)
        if IS_WHOLE:
            found.look_while_quiet()
        yield found


@pytest.fixture(scope="module")
def client(watch: Watch) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=watch.url, timeout=120, trust_env=False) as found:
        yield found


@pytest.fixture(scope="module")
def inbox(client: httpx.Client) -> str:
    asked = {"track": "mhd.source", "system": "sandbox", "tests": [], "inputs": {}}
    return str(client.post("/api/runs", json=asked).json()["inbox"])


def chosen(kind: str) -> list[Bomb]:
    """Returns the bodies of a kind: all of them, or a seeded part."""
    found = [bomb for bomb in bombs() if bomb.kind == kind]
    if IS_WHOLE or len(found) <= EACH:
        return found
    return random.Random(SEED).sample(found, EACH)


def told(reply: httpx.Response) -> str:
    return f"{reply.status_code} {reply.text[:200]}"


def doors(bomb: Bomb, inbox: str) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Yields method, address, body and headers of each door that takes such a body."""
    own = {"Content-Type": bomb.media, **bomb.headers}
    place = f"/fhir/{bomb.type}"
    yield "POST", "/fhir" if bomb.type == "Bundle" else place, bomb.content, own
    yield "PUT", f"{place}/x", bomb.content, own
    yield "POST", f"{place}/$validate", bomb.content, own
    yield "POST", "/api/validations", bomb.content, own
    credential = b'{"type": ["VerifiableCredential"], "credentialSubject": ' + bomb.content + b"}"
    yield "POST", "/api/validations", credential, {**own, **JSON}
    yield "POST", f"{inbox}" if bomb.type == "Bundle" else f"{inbox}/{bomb.type}", bomb.content, own
    yield "POST", "/mediator/fhir/Bundle", bomb.content, own
    yield "POST", "/ddcc", bomb.content, own
    if bomb.type == "Parameters":
        yield "PATCH", "/fhir/Patient/target", bomb.content, own
    for address in ("/v2/vshcValidation", "/api/links", "/api/runs", "/shl/x", "/v2/vshcIssuance"):
        yield "POST", address, bomb.content, {**own, **JSON}
    yield "POST", "/api/cards", b'{"content": ' + bomb.content + b"}", {**own, **JSON}
    if not bomb.headers:
        text = bomb.content.decode("utf-8", "replace")
        form = httpx.QueryParams({"document": text, "profile": "automatic"})
        if len(text) < 300_000:
            yield "POST", "/validate", str(form).encode(), FORM
        issued = json.dumps({"expiresOn": None, "jsonContent": text}).encode()
        yield "POST", "/v2/vshcIssuance", issued, JSON


@pytest.mark.parametrize("kind", sorted({bomb.kind for bomb in bombs()}))
def test_hostile_bodies_are_answered(
    client: httpx.Client, watch: Watch, inbox: str, kind: str
) -> None:
    client.put("/fhir/Patient/target", json={"resourceType": "Patient", "id": "target"})
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    for number, bomb in enumerate(chosen(kind)):
        for method, address, content, sent in doors(bomb, inbox):
            reply = client.request(method, address, content=content, headers=sent)
            statuses[reply.status_code] += 1
            if reply.status_code >= 500:
                wrong.append(f"{kind} {number} {method} {address}: {told(reply)}")
    assert wrong == []
    assert sum(statuses.values()) > 10
    assert watch.lost == 0  # nobody who asked /health was left without an answer


def test_hostile_addresses_are_answered(client: httpx.Client) -> None:
    replies = {query: client.get(f"/fhir/{query}") for query in queries()}
    assert {query[:60]: told(one) for query, one in replies.items() if one.status_code >= 500} == {}


def test_hostile_headers_are_answered(client: httpx.Client) -> None:
    wrong = []
    for sent in headers():
        for method, address in (
            ("GET", "/fhir/Patient"),
            ("POST", "/fhir/Patient"),
            ("PUT", "/fhir/Patient/target"),
            ("GET", "/"),
            ("GET", "/api/runs"),
            ("GET", "/runs"),
        ):
            body = b'{"resourceType": "Patient", "id": "target"}' if method != "GET" else None
            type = {"Content-Type": FHIR}
            reply = client.request(method, address, content=body, headers={**type, **sent})
            if reply.status_code >= 500:
                wrong.append(f"{list(sent)} {method} {address}: {told(reply)}")
    assert wrong == []


def test_hostile_pictures_and_certificates_are_answered(client: httpx.Client) -> None:
    wrong = []
    for number, picture in enumerate(pictures()):
        reply = client.post("/certificates/picture", content=picture)
        if reply.status_code >= 500:
            wrong.append(f"picture {number}: {told(reply)}")
    for number, text in enumerate(certificates()):
        run: dict[str, Any] = {"track": "hcert.content", "system": "sandbox"}
        sent = (
            client.post("/certificates", data={"text": text}),
            client.post("/v2/vshcValidation", json={"qrCodeContent": text}),
            client.post("/api/runs", json={**run, "inputs": {"certificate": text}}),
        )
        wrong += [f"text {number}: {told(one)}" for one in sent if one.status_code >= 500]
    assert wrong == []


@pytest.mark.skipif(not IS_WHOLE, reason="held by `make hostile`, alone on the machine")
def test_the_others_did_not_notice(watch: Watch, client: httpx.Client) -> None:
    assert client.get("/fhir/metadata").status_code == 200
    assert len(watch.looks) > 50
    assert watch.lost == 0
    quiet = f"{watch.quiet * 1000:.0f} ms while quiet"
    print(f"/health p99 {watch.p99() * 1000:.0f} ms ({quiet}), {watch.memory:.0f} MB")
    assert watch.p99() < P99_SECONDS
    assert watch.memory < MEMORY_MEGABYTES
