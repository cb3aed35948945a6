"""What flows through an expression: nodes with a value and its type, and the model that knows the types.

Values are raw JSON; a FHIR primitive and a System value of the same kind compare as equals (FHIR R4 fhirpath.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sandbox.fhir.json import Json

SYSTEM = {
    "boolean": "Boolean", "integer": "Integer", "positiveInt": "Integer", "unsignedInt": "Integer",
    "decimal": "Decimal", "date": "Date", "dateTime": "DateTime", "instant": "DateTime", "time": "Time",
}  # fmt: skip
TEXTS = frozenset(
    {"string", "code", "id", "uri", "url", "canonical", "oid", "uuid", "markdown", "base64Binary", "xhtml"}
)
QUANTITIES = frozenset({"Quantity", "Age", "Distance", "Duration", "Count", "MoneyQuantity", "SimpleQuantity"})


class Node:
    """A value with its type (`Patient`, `code`, `System.Integer`, `Patient.contact`); `sibling` is its `_` object."""

    __slots__ = ("sibling", "type", "value")

    def __init__(self, value: Any, type: str, sibling: Json | None = None) -> None:
        self.value = value
        self.type = type
        self.sibling = sibling

    def __repr__(self) -> str:
        return f"{self.type}:{self.value!r}"


Nodes = list[Node]


@dataclass(frozen=True, slots=True)
class Member:
    """One JSON property of a type: the element it stands for and the type of its value."""

    key: str
    name: str
    type: str


class TypeModel(Protocol):
    """What the evaluator asks about FHIR types."""

    def members(self, type: str) -> Mapping[str, tuple[Member, ...]]:
        """Returns, by element name, the JSON properties that can hold it."""
        ...

    def is_a(self, type: str, ancestor: str) -> bool:
        """Tells whether a type is another or descends from it."""
        ...

    def knows(self, type: str) -> bool:
        """Tells whether a type of that name exists."""
        ...


@dataclass(slots=True)
class Environment:
    """What an expression may use besides its focus; `resolve` finds the target of a reference."""

    model: TypeModel
    constants: Mapping[str, Any] = field(default_factory=dict)
    resolve: Callable[[str], Node | None] = lambda _: None
    now: datetime | None = None
    conforms: Callable[[Node, str], bool | None] = lambda _node, _url: None
    member_of: Callable[[Node, str], bool | None] = lambda _node, _url: None


class Scope:
    """Where a part of an expression is evaluated: $this, $index, $total and what defineVariable added."""

    __slots__ = ("environment", "index", "this", "total", "variables")

    def __init__(
        self, environment: Environment, this: Nodes, *, index: int = 0, total: Nodes | None = None,
        variables: Mapping[str, Nodes] | None = None,
    ) -> None:  # fmt: skip
        self.environment = environment
        self.this = this
        self.index = index
        self.total = total
        self.variables = variables or {}

    def on(self, node: Node, index: int) -> Scope:
        """Returns the scope inside a criterion, for one item."""
        return Scope(self.environment, [node], index=index, total=self.total, variables=dict(self.variables))


Eval = Callable[[Scope, Nodes], Nodes]

TRUE = Node(True, "System.Boolean")
FALSE = Node(False, "System.Boolean")


def truth(value: bool) -> Nodes:
    """Returns a boolean as a collection."""
    return [TRUE if value else FALSE]


def number(value: int | Decimal) -> Nodes:
    """Returns a number as a collection."""
    return [Node(value, "System.Decimal" if isinstance(value, Decimal) else "System.Integer")]


def text(value: str) -> Nodes:
    """Returns a text as a collection."""
    return [Node(value, "System.String")]


def system_type(node: Node) -> str:
    """Returns the System type as which a node computes: Integer, String, Quantity …, or an empty string."""
    if node.type.startswith("System."):
        return node.type[7:]
    known = SYSTEM.get(node.type)
    if known:
        return known
    if node.type in TEXTS:
        return "String"
    return "Quantity" if node.type in QUANTITIES else ""


def children(node: Node, model: TypeModel) -> Iterator[Node]:
    """Yields all children of a node, in the order of the type's elements."""
    source = node.value if isinstance(node.value, dict) else node.sibling
    if isinstance(source, dict):
        for name in model.members(node.type if isinstance(node.value, dict) else "Element"):
            yield from member(node, name, model)


def member(node: Node, name: str, model: TypeModel) -> Iterator[Node]:
    """Yields the values of one element; `id` and `extension` of a primitive come from its sibling."""
    if isinstance(node.value, dict):
        if node.type == "TypeInfo" and name in node.value:
            yield Node(node.value[name], "System.String")
        for entry in model.members(node.type).get(name, ()):
            yield from _values(node.value, entry)
    elif node.sibling and name in ("id", "extension"):
        for entry in model.members("Element").get(name, ()):
            yield from _values(node.sibling, entry)


def _values(source: Json, entry: Member) -> Iterator[Node]:
    value, sibling = source.get(entry.key), source.get("_" + entry.key)
    if value is None and sibling is None:
        return
    if not isinstance(value, list) and not isinstance(sibling, list):
        yield _node(value, entry.type, sibling)
        return
    values = value if isinstance(value, list) else []
    siblings = sibling if isinstance(sibling, list) else []
    for index in range(max(len(values), len(siblings))):
        yield _node(
            values[index] if index < len(values) else None,
            entry.type,
            siblings[index] if index < len(siblings) else None,
        )


def _node(value: Any, type: str, sibling: Any) -> Node:
    if type == "Resource" and isinstance(value, dict):
        type = str(value.get("resourceType", type))
    return Node(value, type, sibling if isinstance(sibling, dict) else None)
