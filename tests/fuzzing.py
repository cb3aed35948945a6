"""Requests that nobody would send on purpose: from the server's own description, and from real resources spoiled.

`connectathon` is to answer each with something below 500, or with 501, which says that a thing is not there.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sandbox.definitions.r4 import resource_types
from sandbox.server.search.criteria import MODIFIERS
from sandbox.server.search.parameters import parameters_of
from sandbox.server.seeding import seeds_folder

ODD: list[Any] = [
    None, True, False, 0, -1, 1e308, 1e-320, 10**40, 0.1, "", " ", "x", "\u0000", "\ud83d\ude00", "‮abc", "../..", "%00", "#x", "#",
    "Patient/1", "Patient/", "http://sandbox.test/fhir/Patient/1", "urn:uuid:x", "urn:uuid:", "2020", "2020-13-45", "0000-01-01",
    "9999-12-31T23:59:59.999999+14:00", "1e5", "a" * 3000, "ñ" * 900, "$", "|", ",", "\\", "\\,", "'", '"', "<x/>", "<div/>", "&",
    [], {}, [None], [[]], [{}], {"": 1}, {"x": None}, {"resourceType": "Patient"}, {"reference": "#"}, {"extension": [{}]},
    {"coding": 1}, {"coding": [None]}, {"value": "x", "system": 1}, {"low": 1}, {"start": "x"}, {"div": 1},
]  # fmt: skip
TEXTS = [one for one in ODD if isinstance(one, str)] + [
    "gt1",
    "lt2020",
    "ap5",
    "eq",
    "5|x|y",
    "||",
    "a$b",
    "1,2,3",
    "true",
    "false",
]
CONTROLS = {
    "_count": ["0", "1", "-1", "99999999999", "x"],
    "_sort": ["name", "-name", "_id", "-_lastUpdated", ",", "-", "status,-date"],
    "_summary": ["true", "text", "data", "count", "x"],
    "_elements": ["id", "name", "x", "Patient.name", ","],
    "_include": [
        "*",
        "Patient:*",
        "Observation:subject",
        "Observation:subject:Patient",
        "Observation:*",
        "x",
        ":",
        "::",
    ],
    "_revinclude": ["Observation:subject", "*:*", "Observation:*", "Provenance:target"],
    "_include:iterate": ["Patient:*", "Observation:*"],
    "_total": ["none", "accurate", "x"],
    "_format": ["json", "xml", "application/fhir xml", "x", ""],
    "_pretty": ["true", "x"],
    "_after": ["", "W10", "WzFd", "x"],
    "_list": ["1", "List/1", "$x"],
    "_type": ["Patient", "Patient,Observation", "x", ""],
    "_since": ["2020", "x", ""],
    "_at": ["2020", "x"],
}
FHIR_JSON = {"Content-Type": "application/fhir+json"}
KEEP_QUIET = list(HealthCheck)


def fuzz_described(client: TestClient, examples: int) -> Counter[int]:
    """Sends so many requests for each operation of the OpenAPI description; returns how often each status came."""
    seen: Counter[int] = Counter()
    for result in schemathesis.openapi.from_asgi("/openapi.json", client.app).get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=KEEP_QUIET,
            phases=[Phase.generate],
        )
        def send(case: Any) -> None:
            reply = case.call()
            seen[reply.status_code] += 1
            assert_no_fault(reply, case.as_curl_command())

        send()
    return seen


def fuzz_spoiled(
    client: TestClient, examples: int, resources: list[dict[str, Any]]
) -> Counter[int]:
    """Sends so many requests made from resources with something wrong in them, and from queries with odd values."""
    seen: Counter[int] = Counter()

    @given(seed=st.integers(0, 2**60))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=KEEP_QUIET,
        phases=[Phase.generate],
    )
    def send(seed: int) -> None:
        chance = random.Random(seed)
        method, path, content, headers = chance.choice(REQUESTS)(chance, resources)
        reply = client.request(method, f"/fhir{path}", content=content, headers=headers)
        seen[reply.status_code] += 1
        assert_no_fault(reply, f"{method} {path} {headers} {content[:3000]!r} (seed {seed})")

    send()
    return seen


def assert_no_fault(reply: Any, request: str) -> None:
    assert reply.status_code < 500 or reply.status_code == 501, f"{reply.status_code} for {request}"


Request = tuple[str, str, bytes, dict[str, str]]
Resources = list[dict[str, Any]]


def a_write(chance: random.Random, resources: Resources) -> Request:
    resource = spoiled(chance, chance.choice(resources))
    type = str(resource.get("resourceType", "Patient"))
    kind = type if type in resource_types() else "Patient"
    if chance.random() < 0.5:
        headers = {"If-None-Exist": a_query(chance, kind)} if chance.random() < 0.1 else {}
        return "POST", f"/{kind}", dumps(resource), {**FHIR_JSON, **in_ascii(headers)}
    resource["id"] = id = f"f{chance.randrange(50)}"
    headers = (
        {"If-Match": chance.choice(['W/"1"', "x", '"', "*", ""])} if chance.random() < 0.1 else {}
    )
    return "PUT", f"/{kind}/{id}", dumps(resource), {**FHIR_JSON, **headers}


def a_read(chance: random.Random, resources: Resources) -> Request:
    type = chance.choice(resources)["resourceType"]
    tail = chance.choice(
        [
            "",
            "/_history",
            "/_history/1",
            "/$everything",
            "/$meta",
            "/$document",
            "/$validate",
            "/_history/x",
        ]
    )
    query = urlencode(
        {
            name: chance.choice(CONTROLS[name])
            for name in chance.sample(["_format", "_count", "_since"], 1)
        }
    )
    return "GET", f"/{type}/f{chance.randrange(50)}{tail}?{query}", b"", {}


def a_search(chance: random.Random, resources: Resources) -> Request:
    type = chance.choice(resources)["resourceType"]
    if chance.random() < 0.1:
        return "GET", f"?{a_query(chance, type)}", b"", {}
    return "GET", f"/{type}?{a_query(chance, type)}", b"", {}


def a_transaction(chance: random.Random, resources: Resources) -> Request:
    entries = []
    for _ in range(chance.randrange(4)):
        method, path, content, _ = chance.choice([a_write, a_read, a_search, a_delete])(
            chance, resources
        )
        entry: dict[str, Any] = {"request": {"method": method, "url": path.lstrip("/")}}
        if chance.random() < 0.5:
            entry["fullUrl"] = chance.choice(
                ["urn:uuid:1", "urn:uuid:2", f"http://sandbox.test/fhir{path}"]
            )
        entries.append({**entry, "resource": json.loads(content)} if content else entry)
    bundle = {
        "resourceType": "Bundle",
        "type": chance.choice(["batch", "transaction"]),
        "entry": entries,
    }
    return (
        "POST",
        "",
        dumps(spoiled(chance, bundle) if chance.random() < 0.5 else bundle),
        FHIR_JSON,
    )


def a_delete(chance: random.Random, resources: Resources) -> Request:
    type = chance.choice(resources)["resourceType"]
    if chance.random() < 0.2:
        return "DELETE", f"/{type}?{a_query(chance, type)}", b"", {}
    return "DELETE", f"/{type}/f{chance.randrange(50)}", b"", {}


def a_patch(chance: random.Random, resources: Resources) -> Request:
    resource = chance.choice(resources)
    path, _ = chance.choice(list(places(resource)) or [("", None)])
    step = {
        "op": chance.choice(["add", "remove", "replace", "move", "copy", "test", "x"]),
        "path": path,
        "value": chance.choice(ODD),
    }
    if chance.random() < 0.3:
        step["from"] = chance.choice(["/name", "/", "", 1])
    place = f"/{resource['resourceType']}/f{chance.randrange(50)}"
    if chance.random() < 0.6:
        return "PATCH", place, dumps([step]), {"Content-Type": "application/json-patch+json"}
    names = {
        "type": step["op"],
        "path": chance.choice(["Patient.name", "Patient", "x(", "", "Patient.name.given[0]"]),
        "name": "x",
    }
    parts = [{"name": name, "valueString": value} for name, value in names.items()]
    parts.append(
        {
            "name": "value",
            chance.choice(["valueString", "valueCode", "valueHumanName", "part"]): chance.choice(
                ODD
            ),
        }
    )
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    return (
        "PATCH",
        place,
        dumps(spoiled(chance, body) if chance.random() < 0.5 else body),
        FHIR_JSON,
    )


def an_operation(chance: random.Random, resources: Resources) -> Request:
    place = chance.choice(
        ["/Patient/$match", "/Patient/$validate", "/ValueSet/$expand", "/ValueSet/$validate-code", "/CodeSystem/$lookup",
         "/CodeSystem/$subsumes", "/ConceptMap/$translate", "/CodeSystem/$validate-code", "/Patient/$meta", "/DocumentReference/$generate-metadata", "/Patient/f1/$meta-add", "/Patient/f2/$meta-delete", "/Patient/f3/$everything", "/DocumentReference/$docref"]
    )  # fmt: skip
    names = [
        "document",
        "meta",
        "url",
        "code",
        "system",
        "valueSet",
        "coding",
        "resource",
        "patient",
        "count",
        "offset",
        "filter",
        "codeA",
        "codeB",
        "target",
        "version",
    ]
    if chance.random() < 0.5:
        query = urlencode(
            {name: chance.choice(TEXTS) for name in chance.sample(names, 3)}, errors="replace"
        )
        return "GET", f"{place}?{query}", b"", {}
    parts = [
        {
            "name": name,
            chance.choice(
                [
                    "valueString",
                    "valueUri",
                    "valueCode",
                    "resource",
                    "valueCoding",
                    "valueMeta",
                    "part",
                ]
            ): chance.choice(ODD),
        }
        for name in chance.sample(names, 3)
    ]
    parts.append({"name": "resource", "resource": spoiled(chance, chance.choice(resources))})
    return "POST", place, dumps({"resourceType": "Parameters", "parameter": parts}), FHIR_JSON


REQUESTS: list[Callable[[random.Random, Resources], Request]] = [
    a_write, a_write, a_write, a_read, a_search, a_search, a_transaction, a_delete, a_patch, an_operation
]  # fmt: skip


def a_query(chance: random.Random, type: str) -> str:
    pairs = []
    for _ in range(chance.randrange(1, 4)):
        if chance.random() < 0.3:
            name = chance.choice(list(CONTROLS))
            pairs.append((name, chance.choice(CONTROLS[name])))
            continue
        code, parameter = chance.choice(list(parameters_of(type).items()))
        name = code
        if chance.random() < 0.4:
            name += ":" + chance.choice([*MODIFIERS.get(parameter.kind, ()), "Patient", "x", ""])
        if parameter.kind == "reference" and chance.random() < 0.4:
            name += "." + chance.choice(["name", "identifier", "_id", "patient.name", "x", ""])
        if chance.random() < 0.1:
            name = f"_has:{chance.choice(['Observation', 'x'])}:{chance.choice(['subject', 'patient', 'x'])}:{name}"
        pairs.append((name, chance.choice(TEXTS)))
    return urlencode(pairs, errors="replace")


def spoiled(chance: random.Random, resource: dict[str, Any]) -> dict[str, Any]:
    """Returns a copy with up to three places changed."""
    copied = copy.deepcopy(resource)
    for _ in range(chance.randrange(1, 4)):
        found = [holder for _, holder in places(copied)]
        if not found:
            break
        holder, name = chance.choice(found)
        act = chance.random()
        if act < 0.15 and isinstance(holder, dict):
            holder.pop(name, None)
        elif act < 0.3:
            holder[name] = [holder[name]] if chance.random() < 0.5 else {"x": holder[name]}
        elif act < 0.4 and isinstance(holder, dict):
            holder[f"_{name}"] = copy.deepcopy(chance.choice(ODD))
        else:
            holder[name] = copy.deepcopy(chance.choice(ODD))
    return copied


def places(node: Any, path: str = "") -> Any:
    """Yields each place below a node: its JSON pointer, and what holds it with the name in there."""
    for name, child in (
        list(node.items())
        if isinstance(node, dict)
        else list(enumerate(node))
        if isinstance(node, list)
        else []
    ):
        yield f"{path}/{name}", (node, name)
        yield from places(child, f"{path}/{name}")


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def in_ascii(headers: dict[str, str]) -> dict[str, str]:
    return {name: value.encode("ascii", "replace").decode() for name, value in headers.items()}


def training_resources() -> list[dict[str, Any]]:
    """Returns the resources of the training seed, and one of each kind that operations work on."""
    found = []
    for file in sorted((seeds_folder() / "training").glob("*.json")):
        found += [
            entry["resource"] for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]
        ]
    value_set = {"include": [{"system": "urn:s", "concept": [{"code": "a", "display": "A"}]}]}
    url = {"url": "urn:v", "status": "active"}
    return [
        *found,
        {"resourceType": "ValueSet", "id": "v", **url, "compose": value_set},
        {
            "resourceType": "CodeSystem",
            "id": "s",
            **url,
            "content": "complete",
            "concept": [{"code": "a"}],
        },
        {
            "resourceType": "ConceptMap",
            "id": "m",
            **url,
            "group": [{"source": "urn:s", "target": "urn:t", "element": [{"code": "a"}]}],
        },
    ]
