"""How constraints of a profile are counted: the same way in a guide's package and in ours.

One for each minimum above 0, each maximum that is said, each fixed value and pattern, each required
binding, each closed slicing, each invariant that is an error, each demand to contain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Element = Mapping[str, Any]
OBLIGATION = "http://hl7.org/fhir/StructureDefinition/obligation"


def constraints(elements: Iterable[Element]) -> int:
    """Returns how many constraints the elements of a differential make."""
    return sum(_constraints_of(element) for element in elements)


def obligations(elements: Iterable[Element]) -> Counter[tuple[str, str]]:
    """Returns how often each obligation stands at the elements, by actor and code."""
    counted: Counter[tuple[str, str]] = Counter()
    for element in elements:
        for extension in element.get("extension", ()):
            if extension["url"] != OBLIGATION:
                continue
            parts = extension["extension"]
            actors = [str(part.get("valueCanonical")) for part in parts if part["url"] == "actor"]
            for code in (part["valueCode"] for part in parts if part["url"] == "code"):
                counted.update((actor.rpartition("/")[2], code) for actor in actors)
    return counted


def _constraints_of(element: Element) -> int:
    required = element.get("binding", {}).get("strength") == "required"
    closed = element.get("slicing", {}).get("rules") == "closed"
    invariants = [each for each in element.get("constraint", ()) if each["severity"] == "error"]
    contained = any(type.get("aggregation") for type in element.get("type", ()))
    values = [name for name in element if name.startswith(("fixed", "pattern"))]
    return (
        (element.get("min", 0) > 0)
        + (element.get("max", "*") != "*")
        + required
        + closed
        + contained
        + len(values)
        + len(invariants)
    )
