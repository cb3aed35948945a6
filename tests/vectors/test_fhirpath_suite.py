"""The public FHIRPath suite for R4: at least 99 % give the listed outputs; each miss has its reason."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.fhirpath import Environment, Node, compile_fhirpath
from sandbox.fhirpath.functions.conversion import CONVERSIONS
from tests.conftest import VECTORS

NO_STATIC_TYPES = "an expression is not type-checked before it runs, so elements of an empty collection are not seen"
CUT_BOUNDARY = "the suite cuts a boundary towards zero at few digits; the specification's half unit is kept here"
MISSES = {
    "testPolymorphismAsB": NO_STATIC_TYPES,
    "testDollarOrderNotAllowed": "children() keeps the order of the definition, so skip() has a meaning",
    "testPlusDate19": "decimals of seconds are added, as the specification says",
    "LowBoundaryDecimal15": CUT_BOUNDARY,
    "HighBoundaryDecimal15": CUT_BOUNDARY,
    "HighBoundaryDecimal16": CUT_BOUNDARY,
    "HighBoundaryDateTimeMillisecond1": "the suite leaves the minute at 00 in the upper boundary of an hour",
    "HighBoundaryDateTimeMillisecond3": "the suite leaves the minute at 00 in the upper boundary of an hour",
    "testFHIRPathAsFunction21": "as() takes several items, because R4's own invariants use it so",
}


def cases() -> Iterator[ET.Element]:
    yield from ET.parse(VECTORS / "fhirpath" / "tests-fhir-r4.xml").getroot().iter("test")


def passes(case: ET.Element, model: TypeCatalogue) -> bool:
    expression = case.find("expression")
    assert expression is not None
    node = focus_of(case)
    environment = Environment(
        model,
        constants=dict.fromkeys(("resource", "context", "rootResource"), node),
        now=datetime(2026, 7, 27, tzinfo=UTC),
        is_strict=True,
        conforms=lambda node, url: is_profile(node, url, model),
    )
    try:
        found = compile_fhirpath(expression.text or "").evaluate(node, environment)
    except SandboxError:
        return "invalid" in expression.attrib
    if "invalid" in expression.attrib:
        return False
    if case.get("predicate") == "true":
        found = [Node(bool(found), "System.Boolean")]
    wanted = [as_listed(output) for output in case.iter("output")]
    given = [str(CONVERSIONS["String"](one)) for one in found]
    return len(given) == len(wanted) and all(map(same, given, wanted))


def is_profile(node: Node, url: str, model: TypeCatalogue) -> bool | None:
    """The suite names the profiles of types only; of any other one nothing is known."""
    name = url.removeprefix("http://hl7.org/fhir/StructureDefinition/")
    return name == node.type if model.knows(name) else None


def focus_of(case: ET.Element) -> Node:
    name = case.get("inputfile")
    if name is None:
        return Node({}, "Patient")
    resource: Any = parse_json(
        (VECTORS / "fhirpath" / "inputs" / f"{Path(name).stem}.json").read_bytes()
    )
    return Node(resource, resource["resourceType"])


def as_listed(output: ET.Element) -> str:
    kind, text = output.get("type"), output.text or ""
    return (
        text.removeprefix("@").removeprefix("T")
        if kind in (None, "date", "dateTime", "time", "instant")
        else text
    )


def same(given: str, wanted: str) -> bool:
    if given == wanted:
        return True
    try:
        return Decimal(given) == Decimal(wanted)
    except InvalidOperation:
        return False


@pytest.mark.needs("vectors")
def test_the_suite_passes_but_for_the_misses_with_a_reason() -> None:
    model = TypeCatalogue(core_definitions())
    verdicts = {case.get("name"): passes(case, model) for case in cases()}
    assert len(verdicts) > 900
    assert {name for name, verdict in verdicts.items() if not verdict} == set(MISSES)
    assert len(MISSES) / len(verdicts) <= 0.01
