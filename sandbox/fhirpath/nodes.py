"""What flows through an expression: nodes with a value and its type, and the model that knows the
types.

Values are raw JSON; a FHIR primitive and a System value of the same kind compare as equals (FHIR R4
fhirpath.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Protocol

from sandbox.fhir.json import Json
from sandbox.fhirpath.budget import Budget
from sandbox.limits import INTEGER_BITS, NUMBER_DIGITS

SYSTEM = {
    "boolean": "Boolean", "integer": "Integer", "positiveInt": "Integer", "unsignedInt": "Integer",
    "decimal": "Decimal", "date": "Date", "dateTime": "DateTime", "instant": "DateTime",
    "time": "Time",
}  # fmt: skip
TEXTS = frozenset(
    {
        "string",
        "code",
        "id",
        "uri",
        "url",
        "canonical",
        "oid",
        "uuid",
        "markdown",
        "base64Binary",
        "xhtml",
    }
)
QUANTITIES = frozenset(
    {"Quantity", "Age", "Distance", "Duration", "Count", "MoneyQuantity", "SimpleQuantity"}
)


class Node:
    """A value with its type (`Patient`, `code`, `System.Integer`, `Patient.contact`); `sibling` is
    its `_` object.
    """

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
    """One JSON property of a type: its element and the type of its value; `beside` is its `_`
    property.
    """

    key: str
    name: str
    type: str
    beside: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beside", f"_{self.key}")


class Members(dict[str, tuple[Member, ...]]):
    """The members of a type by element name, in the order of its definition, and what was learnt of
    them.
    """

    def __init__(self, by_name: Mapping[str, tuple[Member, ...]]) -> None:
        super().__init__(by_name)
        self.entries = [entry for entries in by_name.values() for entry in entries]
        self.by_key = {entry.key: entry for entry in self.entries}
        self.places = {entry.key: place for place, entry in enumerate(self.entries)}
        self.places |= {entry.beside: place for place, entry in enumerate(self.entries)}
        self.by_property = {key: (self.entries[place],) for key, place in self.places.items()}
        """By property name, those that begin with `_` included: the one member that it belongs to.
        """
        self.spoken_of: dict[object, frozenset[str]] = {}
        """By invariant, the properties of this type that it speaks of."""
        self.settled: dict[tuple[object, frozenset[str]], bool] = {}
        """Whether an invariant holds, by which of these are there; False: not, or it must be
        evaluated.
        """


class TypeModel(Protocol):
    """What the evaluator asks about FHIR types."""

    def members(self, type: str) -> Members:
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
    is_strict: bool = False
    """Whether an element that no type of the focus has is a fault of the expression, or nothing as
    in R4 invariants.
    """
    budget: Budget = field(default_factory=Budget)


class Scope:
    """Where a part of an expression is evaluated: $this, $index, $total and what defineVariable
    added.

    `memo` holds what is the same for every item of one evaluation.
    """

    __slots__ = ("environment", "index", "memo", "this", "total", "variables")

    def __init__(self, environment: Environment, this: Nodes, memo: dict[object, Nodes]) -> None:
        self.environment = environment
        self.this = this
        self.memo = memo
        self.index = 0
        self.total: Nodes | None = None
        self.variables: Mapping[str, Nodes] = {}

    def on(self, node: Node, index: int) -> Scope:
        """Returns the scope inside a criterion, for one item."""
        self.environment.budget.spend(1)
        inner = Scope(self.environment, [node], self.memo)
        inner.index = index
        inner.total = self.total
        inner.variables = self.variables
        return inner


Eval = Callable[[Scope, Nodes], Nodes]

TRUE = Node(True, "System.Boolean")
FALSE = Node(False, "System.Boolean")


def truth(value: bool) -> Nodes:
    """Returns a boolean as a collection."""
    return [TRUE if value else FALSE]


def number(value: int | Decimal) -> Nodes:
    """Returns a number as a collection."""
    return [Node(value, "System.Decimal" if isinstance(value, Decimal) else "System.Integer")]


def within_range(value: int | Decimal) -> Nodes:
    """Returns a computed number, or nothing for an integer that is too large (FHIRPath 2.0.0
    #math).
    """
    is_too_large = isinstance(value, int) and value.bit_length() > INTEGER_BITS
    return [] if is_too_large else number(value)


def whole(value: Decimal) -> int:
    """Returns the integer of a decimal, its fraction cut off; raises OverflowError before that
    takes long.
    """
    if value and value.adjusted() > NUMBER_DIGITS:
        raise OverflowError(value)
    return int(value)


def text(value: str) -> Nodes:
    """Returns a text as a collection."""
    return [Node(value, "System.String")]


def system_type(node: Node) -> str:
    """Returns the System type as which a node computes: Integer, String, Quantity …, or an empty
    string.
    """
    if node.type.startswith("System."):
        return node.type[7:]
    known = SYSTEM.get(node.type)
    if known:
        return known
    if node.type in TEXTS:
        return "String"
    return "Quantity" if node.type in QUANTITIES else ""


def children(node: Node, model: TypeModel) -> Nodes:
    """Returns all children of a node, in the order of the type's elements."""
    source = node.value if isinstance(node.value, dict) else node.sibling
    if not isinstance(source, dict):
        return []
    members = model.members(node.type if isinstance(node.value, dict) else "Element")
    places = members.places
    nodes: Nodes = []
    # a property and its `_` have one place
    for place in sorted({places[key] for key in source if key in places}):
        add_values(nodes, source, members.entries[place])
    return nodes


def member(node: Node, name: str, model: TypeModel) -> Nodes:
    """Returns the values of one element; `id` and `extension` of a primitive come from its
    sibling.
    """
    nodes: Nodes = []
    value = node.value
    if isinstance(value, dict):
        if node.type == "TypeInfo" and name in value:
            return text(value[name])
        for entry in model.members(node.type).get(name, ()):
            if entry.key in value or entry.beside in value:  # a choice has up to fifty
                add_values(nodes, value, entry)
    elif node.sibling and name in ("id", "extension"):
        for entry in model.members("Element").get(name, ()):
            add_values(nodes, node.sibling, entry)
    return nodes


def add_values(nodes: Nodes, source: Json, entry: Member) -> None:
    """Adds the values of one property of an object, each with what stands beside it."""
    value = source.get(entry.key)
    sibling = source.get(entry.beside)
    type = entry.type
    if sibling is None and type != "Resource":  # nearly all
        if isinstance(value, list):
            nodes += [Node(item, type) for item in value]
        elif value is not None:
            nodes.append(Node(value, type))
    elif isinstance(value, list) or isinstance(sibling, list):
        values = value if isinstance(value, list) else []
        siblings = sibling if isinstance(sibling, list) else []
        nodes += [node_of(item, type, beside) for item, beside in zip_longest(values, siblings)]
    elif value is not None or sibling is not None:
        nodes.append(node_of(value, type, sibling))


def node_of(value: Any, type: str, sibling: Any) -> Node:
    """Returns the node of a value; a resource has the type that it names."""
    if type == "Resource" and isinstance(value, dict):
        type = str(value.get("resourceType", type))
    return Node(value, type, sibling if isinstance(sibling, dict) else None)
