"""Every example of R4 is stored, read back equal, and found by its search parameters (FHIR R4 search.html).

What a parameter should find is told by its own FHIRPath expression, evaluated by the engine of the judge; the server
extracts by compiled paths of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sandbox.fhir.dates import moment_of
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.references import parse_reference
from sandbox.fhirpath.evaluating import compile_fhirpath
from sandbox.fhirpath.nodes import Environment, Node
from sandbox.server.search.extraction import extract_search_values
from sandbox.server.search.parameters import KINDS, parameters_of
from sandbox.server.search.values import ALWAYS, ENDLESS
from sandbox.store.resources import SearchValues
from sandbox.validation import knowledge_at_hand
from tests import corpora, drawing
from tests.examples.storing import (
    FHIR_JSON,
    LARGE,
    Stored,
    bare,
    directly,
    stored,
    unequal_through_xml,
)

pytestmark = [
    pytest.mark.daily("long", share=0.25, each="module"),
    pytest.mark.needs("packages"),
    pytest.mark.slow,
    pytest.mark.xdist_group("examples"),
]
BASE = "http://sandbox.test/fhir"
SHARE = 0.125
REFUSED = {
    "Bundle-dataelements.json": 413,  # 16 MB and more
    "Bundle-resources.json": 413,
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json": 400,  # id of 67
}
# A canonical that is a bare word reads as an id in a search.
NOT_FOUND = {"Library.predecessor=library-fhir-helpers-predecessor"}
# Where "missing" differs from the expression, and why.
DIFFERING = {
    (
        "AuditEvent",
        "patient",
    ): "a target known by identifier alone may be a patient; `:identifier` finds it",
    (
        "RiskAssessment",
        "patient",
    ): "a contained target is taken for a patient, its type stands in no reference",
    (
        "CarePlan",
        "activity-date",
    ): "a Timing without outer limits, or a text, has no date to search by",
    ("ServiceRequest", "occurrence"): "a Timing without outer limits has no date to search by",
    ("Immunization", "date"): "occurrenceString has no date to search by",
}
PER_TYPE = 12
TYPE_OF_TARGET = re.compile(r"resolve\(\) is (?:FHIR\.)?(\w+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    with stored(Path(tmp_path_factory.mktemp("examples"))) as held:
        yield held


def test_every_example_is_stored_and_read_back_equal(server: Stored) -> None:
    assert server.refused == REFUSED
    assert len(server.examples) > 4000

    async def read(direct: httpx.AsyncClient) -> None:
        for path, resource in server.examples.items():
            again = parse_json((await direct.get(f"/fhir/{path}", headers=FHIR_JSON)).content)
            assert bare(again) == bare(resource), path

    directly(server.client, read)


def test_an_example_is_equal_again_through_xml(server: Stored) -> None:
    """All that are small, one of each type, and of the large ones another part each day."""
    chosen = [path for path in server.examples if is_taken(path, server.sizes[path])]
    types = {path.partition("/")[0] for path in server.examples}
    missing = types - {path.partition("/")[0] for path in chosen}
    chosen += [
        min(path for path in server.examples if path.startswith(f"{type}/")) for type in missing
    ]
    assert unequal_through_xml(server, chosen) == [], drawing.repeat()
    assert len(chosen) > 4500


def is_taken(path: str, size: int) -> bool:
    return size < LARGE or drawing.is_drawn(path, share=SHARE, by=drawing.word())


def test_a_value_of_every_parameter_finds_the_example_that_has_it(server: Stored) -> None:
    client, examples = server.client, server.examples
    asked: dict[str, str] = {}
    for path, resource in examples.items():
        for name, value in searches(resource):
            if value and ":" not in name and ">" not in name and name not in asked:
                asked[name] = value
                code = name.partition(".")[2]
                url = f"/fhir/{resource['resourceType']}?{code}={quote(value)}&_id={resource['id']}"
                found = client.get(url).json().get("total")
                assert found == 1 or f"{name}={value}" in NOT_FOUND, (path, name, value, found)
    assert len(asked) > 1050, len(asked)


def test_a_parameter_is_missing_exactly_where_its_expression_finds_nothing(server: Stored) -> None:
    client, examples = server.client, server.examples
    by_type: dict[str, list[Json]] = {}
    for resource in examples.values():
        by_type.setdefault(resource["resourceType"], []).append(resource)
    expressions = {
        (type, one["code"]): one["expression"]
        for one in search_parameters()
        for type in one["base"]
    }
    judged, differing = 0, set()
    for type, resources in by_type.items():
        sample = {one["id"]: one for one in resources[:PER_TYPE]}
        for code, parameter in parameters_of(type).items():
            expression = expressions.get((type, code))
            if expression is None or parameter.kind not in KINDS or parameter.kind == "composite":
                continue
            told = {id for id, one in sample.items() if has_value(expression, one)}
            query = f"/fhir/{type}?{code}:missing=false&_id={','.join(sample)}&_count={PER_TYPE}"
            found = {entry["resource"]["id"] for entry in client.get(query).json().get("entry", [])}
            judged += 1
            if found != told:
                differing.add((type, code))
    assert judged > 1000
    assert differing == set(DIFFERING)


def search_parameters() -> Iterator[dict[str, Any]]:
    for name, content in corpora.members(corpora.R4):
        if "SearchParameter-" in name:
            resource = json.loads(content)
            if "expression" in resource and resource.get("status") != "retired":
                yield resource


def has_value(expression: str, resource: Json) -> bool:
    """Evaluates the part of the expression that is of this type; a reference resolves to what it says it points to."""
    type = resource["resourceType"]
    own = [part.strip() for part in expression.split(" | ")]
    own = [part for part in own if re.match(rf"\(*{type}\b", part)] or own
    node = Node(resource, type)
    held = {
        f"#{one['id']}": Node(one, one["resourceType"]) for one in resource.get("contained", [])
    }
    environment = Environment(
        knowledge_at_hand().types,
        constants={"resource": node},
        resolve=lambda reference: held.get(reference) or target_of(reference),
    )
    return any(compile_fhirpath(part).evaluate(node, environment) for part in own)


def target_of(reference: str) -> Node | None:
    literal = parse_reference(reference)
    return Node({"resourceType": literal.type}, literal.type) if literal else None


def searches(resource: Json) -> Iterator[tuple[str, str]]:
    """Yields parameter and value of what the server keeps of a resource, as a client would write them."""
    values = extract_search_values(resource, bases=(BASE,))
    for name, system, code in values.token:
        yield name, (f"{escaped(system)}|" if system else "") + escaped(code or "")
    for name, _, text in values.string:
        yield name, escaped(text)
    for name, url in values.uri:
        yield name, escaped(url)
    for name, type, id, url in values.reference:
        yield name, f"{type}/{id}" if id else escaped(url or "")

    for name, low, high in values.date:
        moment = moment_of(low if low > ALWAYS[0] else high)
        yield (
            name,
            "ap" + moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
        )
    for name, low, high, system, code, unit in values.quantity:
        number = low if abs(low) < ENDLESS else high
        yield (
            name,
            f"ap{number!r}"
            + (f"|{escaped(system or '')}|{escaped(code or unit or '')}" if code or unit else ""),
        )
    yield from composites(values)


def composites(values: SearchValues) -> Iterator[tuple[str, str]]:
    """Yields composite parameters whose parts are tokens, texts, references and single numbers."""
    elements: dict[tuple[str, int], dict[str, str]] = {}
    for kind, number, (name, *row) in values.parts:
        composite, _, _ = name.partition("/")
        written = {
            "token": lambda system, code: (
                (f"{escaped(system)}|" if system else "") + escaped(code or "")
            ),
            "string": lambda folded, exact: escaped(exact),
            "reference": lambda type, id, url: f"{type}/{id}" if id else escaped(url or ""),
            "quantity": lambda low, high, *unit: f"{low!r}" if low == high else "",
        }.get(kind)
        if written and ":" not in name:
            elements.setdefault((composite, number), {}).setdefault(name, written(*row))
    for (composite, _), parts in elements.items():
        if "sequence" not in composite.lower() and len(parts) > 1 and all(parts.values()):
            yield composite, "$".join(parts[name] for name in sorted(parts))


def escaped(text: str) -> str:
    return re.sub(r"([\\,$|])", r"\\\1", text)
