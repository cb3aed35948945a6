"""FHIRPath 2.0.0 over raw JSON: `compile_fhirpath(text).evaluate(node, environment)`; a model knows
the types.
"""

from sandbox.fhirpath.budget import Budget
from sandbox.fhirpath.evaluating import compile_fhirpath, compile_tree
from sandbox.fhirpath.expressions import Expression
from sandbox.fhirpath.faults import CannotEvaluate, InvalidExpression, OverBudget
from sandbox.fhirpath.nodes import Environment, Node

__all__ = [
    "Budget",
    "CannotEvaluate",
    "Environment",
    "Expression",
    "InvalidExpression",
    "Node",
    "OverBudget",
    "compile_fhirpath",
    "compile_tree",
]
