"""fhirpathpy as a second opinion: on the examples of MHD and on collected documents, each invariant of R4 and IPS is
evaluated by both, save those that need what the other engine lacks."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.fhirpath import CannotEvaluate, InvalidExpression, Node, compile_fhirpath
from sandbox.validation import knowledge_at_hand
from sandbox.validation.context import Bundle, Place, Validation
from tests import corpora
from tests.conftest import VECTORS

fhirpathpy = pytest.importorskip("fhirpathpy", reason="fhirpathpy is not installed: make setup")

# Invariants that need what the other engine lacks: hasValue, resolve, htmlChecks, %rootResource.
NEEDS_MORE = (
    "ele-1",
    "ext-1",
    "dom-3",
    "txt-1",
    "txt-2",
    "per-1",
    "bdl-9",
    "bdl-10",
    "ref-1",
    "ppc-",
)


def documents() -> Iterator[dict[str, Any]]:
    for _, content, _ in corpora.mhd_examples(VECTORS):
        yield parse_json(content)
    for name in ("CY_Peroni.json", "EU_Giorgio_Cangioli_02.json", "DK_Jens_Villadsen_01.json"):
        yield parse_json((VECTORS / "ips" / name).read_bytes())


def resources(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    for entry in document.get("entry", []):
        if isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def as_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_plain(child) for child in value]
    return float(value) if not isinstance(value, (str, bool, int, type(None))) else value


@pytest.mark.slow
@pytest.mark.needs("vectors")
def test_both_engines_say_the_same_of_the_invariants_of_resources() -> None:
    knowledge = knowledge_at_hand()
    compared, different = 0, set()
    compiled: dict[str, Any] = {}
    for document in documents():
        for resource in resources(document):
            node = Node(resource, resource["resourceType"])
            bundle = Bundle(resource) if node.type == "Bundle" else None
            validation = Validation(knowledge, node, bundle=bundle)
            environment = validation.environment(Place(node, node.type, node))
            definition = knowledge.definitions.type_definition(node.type)
            assert definition is not None
            plain = as_plain(resource)
            for constraint in knowledge.rules(definition).constraints:
                if constraint.key.startswith(NEEDS_MORE):
                    continue
                try:
                    ours = [
                        one.value
                        for one in compile_fhirpath(constraint.expression).evaluate(
                            node, environment
                        )
                    ]
                except (CannotEvaluate, InvalidExpression):
                    continue
                if constraint.expression not in compiled:
                    compiled[constraint.expression] = fhirpathpy.compile(constraint.expression)
                with contextlib.redirect_stdout(io.StringIO()):
                    theirs = compiled[constraint.expression](plain, {"resource": plain})
                compared += 1
                if ours != theirs:
                    different.add((constraint.key, str(ours), str(theirs)))
    assert compared > 500
    assert different == set()
