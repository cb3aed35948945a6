"""Types in expressions: names as written, and whether a node is of one (FHIRPath 2.0.0 #types)."""

from __future__ import annotations

from sandbox.fhirpath.faults import CannotEvaluate, InvalidExpression
from sandbox.fhirpath.nodes import Node, Nodes, TypeModel
from sandbox.fhirpath.parsing import Syntax

SYSTEM_NAMES = frozenset(
    {"Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"}
)


def type_name(tree: Syntax) -> str:
    """Returns the type that an argument such as `Quantity` or `System.String` names."""
    if tree.kind == "member":
        return str(tree.value)
    if tree.kind == "step":
        return ".".join(type_name(part) for part in tree.parts)
    raise InvalidExpression("fhirpath.no_type", where=str(tree.value), name=str(tree.value))


def is_of_type(node: Node, name: str, model: TypeModel) -> bool:
    """Tells whether a node is of a type or of one that descends from it."""
    space, _, plain = name.rpartition(".")
    if node.type.startswith("System."):
        return space in ("", "System") and node.type == f"System.{plain}"
    if space == "System":
        return False
    return model.is_a(node.type, plain)


def is_exactly(node: Node, name: str, model: TypeModel) -> bool:
    """Tells whether `as` and `ofType` keep a node: a primitive by its own type only, the rest by
    descent too.

    Raises CannotEvaluate for a type that nobody knows.
    """
    space, _, plain = name.rpartition(".")
    if plain not in SYSTEM_NAMES and not model.knows(plain):
        raise CannotEvaluate("fhirpath.no_type", name=name)
    if space != "System" and plain[:1].islower():
        return node.type == plain
    return is_of_type(node, name, model)


def type_of(node: Node, model: TypeModel) -> Nodes:
    """Returns the type of a node as an object with namespace and name."""
    if node.type.startswith("System."):
        info = {"namespace": "System", "name": node.type[7:]}
    else:
        info = {"namespace": "FHIR", "name": "BackboneElement" if "." in node.type else node.type}
    return [Node(info, "TypeInfo")]
