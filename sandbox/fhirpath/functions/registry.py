"""How a function is registered: name, how many arguments, and whether they name types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.fhirpath.nodes import Eval, Node, Nodes, Scope
from sandbox.fhirpath.operators import single

Work = Callable[..., Nodes]


@dataclass(frozen=True, slots=True)
class Function:
    """`work` gets scope, focus and the arguments, which are expressions still to be evaluated, or
    names of types.
    """

    work: Work
    least: int
    most: int
    takes_type: bool = False


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str, least: int = 0, most: int | None = None, *, takes_type: bool = False
) -> Callable[[Work], Work]:
    """Registers a function that takes from `least` to `most` arguments."""

    def register(work: Work) -> Work:
        FUNCTIONS[name] = Function(work, least, least if most is None else most, takes_type)
        return work

    return register


def argument(scope: Scope, expression: Eval | None, name: str) -> Any:
    """Returns the value of an argument that must be one item, or None when it is empty or left
    out.
    """
    node = argument_node(scope, expression, name)
    return None if node is None else node.value


def argument_node(scope: Scope, expression: Eval | None, name: str) -> Node | None:
    """Returns the only item of an argument, or None."""
    return None if expression is None else single(expression(scope, scope.this), name)
