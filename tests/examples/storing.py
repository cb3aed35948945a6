"""Stores the examples of R4 in a sandbox, and reads them back as JSON and as XML."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError
from sandbox.fhir.json import Json, parse_json
from sandbox.validation import knowledge_at_hand
from tests import corpora
from tests.conftest import a_sandbox

FHIR_JSON = {"accept": "application/fhir+json", "content-type": "application/fhir+json"}
FHIR_XML = {"accept": "application/fhir+xml", "content-type": "application/fhir+xml"}
LARGE = 20_000
"""Bytes: one example in eleven is larger, and all of these are seven eighths of the bytes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A sandbox with the examples, by path; their sizes in bytes; the statuses of what was refused."""

    client: TestClient
    examples: dict[str, Json]
    sizes: dict[str, int]
    refused: dict[str, int]


@contextmanager
def stored(folder: Path) -> Iterator[Stored]:
    """Gives a sandbox with all examples."""
    examples: dict[str, Json] = {}
    sizes: dict[str, int] = {}
    refused: dict[str, int] = {}

    async def store(direct: httpx.AsyncClient) -> None:
        for name, content in corpora.members(corpora.R4):
            try:
                resource = parse_json(content)
            except SandboxError:
                continue
            if (
                not isinstance(resource, dict)
                or "resourceType" not in resource
                or "id" not in resource
            ):
                continue
            path = f"{resource['resourceType']}/{resource['id']}"
            reply = await direct.put(f"/fhir/{path}", content=content, headers=FHIR_JSON)
            if reply.status_code in (200, 201):
                examples[path] = resource
                sizes[path] = len(content)
            else:
                refused[name.rpartition("/")[2]] = reply.status_code

    with a_sandbox(folder) as client:
        directly(client, store)
        yield Stored(client, examples, sizes, refused)


def directly(client: TestClient, ask: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Asks thousands of times in one event loop: handing each over to the thread of the client
    takes longer than what is asked.
    """
    app: Any = client.app

    async def whole() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as direct:
            await ask(direct)

    asyncio.run(whole())


def unequal_through_xml(server: Stored, paths: list[str]) -> list[str]:
    """Returns the examples that are another resource when they were XML in between, and why.

    One of each type is stored as XML too: that the server reads it as a body is read here.
    """
    types = knowledge_at_hand().types
    sent_back: set[str] = set()
    unequal: list[str] = []

    async def read(direct: httpx.AsyncClient) -> None:
        for path in paths:
            resource = bare(server.examples[path])
            xml = await direct.get(f"/fhir/{path}", headers={"accept": FHIR_XML["accept"]})
            if not xml.headers["content-type"].startswith("application/fhir+xml"):
                unequal.append(f"{path}: {xml.headers['content-type']}")
            elif bare(read_xml(xml.content, types)) != resource:
                unequal.append(f"{path}: read")
            elif resource["resourceType"] not in sent_back:
                sent_back.add(resource["resourceType"])
                put = await direct.put(f"/fhir/{path}", content=xml.content, headers=FHIR_XML)
                again = parse_json((await direct.get(f"/fhir/{path}", headers=FHIR_JSON)).content)
                if put.status_code != 200 or bare(again) != resource:
                    unequal.append(f"{path}: stored, {put.status_code}")

    directly(server.client, read)
    return unequal


def bare(resource: Json) -> Json:
    """Returns a resource without what the server writes into its meta."""
    meta = resource.get("meta", {})
    return {
        **resource,
        "meta": {
            key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")
        },
    }
