"""Invariants that hold by what is there alone: the verdict is that of their evaluation."""

from itertools import product
from typing import Any

import pytest

from sandbox.fhirpath import Environment, Node, compile_fhirpath
from sandbox.validation import knowledge_at_hand

NOTHING: dict[str, Any] = {}
GIVEN: tuple[dict[str, Any], ...] = (
    NOTHING,
    {"code": "kg"},
    {"code": None},
    {"code": []},
    {"_code": {"extension": [{"url": "http://x.test", "valueString": "x"}]}},
    {"code": None, "_code": None},
)


@pytest.mark.parametrize(
    "invariant", ["code.empty() or system.exists()", "code.exists() implies unit.exists()"]
)
def test_presence_gives_the_verdict_of_the_evaluation(invariant: str) -> None:
    model = knowledge_at_hand().types
    expression = compile_fhirpath(invariant)
    verdicts = set()
    for code, system, unit in product(
        GIVEN, (NOTHING, {"system": "http://x.test"}), (NOTHING, {"unit": "kg"})
    ):
        node = Node({**code, **system, **unit}, "Quantity")
        is_settled = expression.is_settled(node, model)
        assert not is_settled or expression.is_true(node, Environment(model)), node
        verdicts.add(is_settled)
    assert verdicts == {True, False}


def test_a_value_that_is_there_settles_what_asks_for_it() -> None:
    node = Node({"system": "http://x.test", "code": "kg"}, "Quantity")
    assert compile_fhirpath("code.empty() or system.exists()").is_settled(
        node, knowledge_at_hand().types
    )
