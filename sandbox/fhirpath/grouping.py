"""Looking an item up among many without comparing it with each (FHIRPath 2.0.0 #equality).

Equality of dates, quantities and decimals is no equality of texts.  The key of a node only says
which ones may be equal to it; within that group each is compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from sandbox.fhirpath.comparing import MOMENTS, NUMBERS, equal_nodes
from sandbox.fhirpath.moments import in_utc, parse_moment
from sandbox.fhirpath.nodes import Node, Nodes, system_type
from sandbox.fhirpath.quantities import as_quantity, in_base_unit


class Group:
    """A collection that knows quickly whether it has an equal of an item."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._by_key: dict[Hashable, Nodes] = {}
        for node in nodes:
            self.add(node)

    def __contains__(self, node: Node) -> bool:
        return any(equal_nodes(node, candidate) for candidate in self._by_key.get(key_of(node), ()))

    def add(self, node: Node) -> bool:
        """Adds an item and returns True, unless it has an equal here already."""
        candidates = self._by_key.setdefault(key_of(node), [])
        if any(equal_nodes(node, candidate) for candidate in candidates):
            return False
        candidates.append(node)
        return True


def distinct(nodes: Nodes) -> Nodes:
    """Returns the items without repetitions, in order."""
    group = Group()
    return [node for node in nodes if group.add(node)]


def key_of(node: Node) -> Hashable:
    """Returns a value that is the same for all items that are equal to a node."""
    kind = system_type(node)
    if kind in MOMENTS:
        moment = parse_moment(node)
        if moment is None:
            return object()  # what cannot be read equals nothing
        has_no_zone = moment.zone is None and len(moment.parts) > 3
        return moment.kind == "Time", has_no_zone, in_utc(moment).parts
    if kind in NUMBERS or kind == "Quantity":
        quantity = as_quantity(node)
        return object() if quantity is None else in_base_unit(quantity)
    return kind, _frozen(node.value)


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return frozenset((name, _frozen(child)) for name, child in value.items())
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return value if isinstance(value, Hashable) else repr(value)
