"""Where an extension may stand: the contexts and context invariants of its definition (FHIR R4
defining-extensions.html#context).

What cannot be evaluated is said as not evaluated, and refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.fhir.json import Json, as_list
from sandbox.fhirpath import CannotEvaluate, InvalidExpression, Node, OverBudget, compile_fhirpath
from sandbox.fhirpath.nodes import Nodes
from sandbox.validation.context import Place, Validation
from sandbox.validation.extending import NAMES, is_part

CONTEXT = "FHIR R4 defining-extensions.html#context"
# R4's own definitions carry its tooling extensions in places that these do not name: contexts are
# not judged there.
DEFINITIONS = frozenset(
    {
        "CapabilityStatement", "CodeSystem", "CompartmentDefinition", "ConceptMap",
        "ImplementationGuide", "NamingSystem", "OperationDefinition", "SearchParameter",
        "StructureDefinition", "StructureMap", "TerminologyCapabilities", "ValueSet",
    }
)  # fmt: skip
INDEX = re.compile(r"\[\d+\]")


def judge_surroundings(validation: Validation, place: Place, structure: Json) -> None:
    """Holds the element around an extension against the contexts of a definition, any of which is
    enough, and against its invariants, all of which must hold.
    """
    if _path_in_resource(place)[0] in DEFINITIONS:
        return
    _judge_contexts(validation, place, structure)
    for expression in structure.get("contextInvariant", ()):
        _judge_invariant(validation, place, structure["url"], str(expression))


def _judge_contexts(validation: Validation, place: Place, structure: Json) -> None:
    contexts = [
        (str(context.get("type")), str(context.get("expression")))
        for context in structure.get("context", ())
        if isinstance(context, dict)
    ]
    verdicts = (_stands_in(validation, place, *context) for context in contexts)
    if contexts and all(verdict is False for verdict in verdicts):
        root, steps = _path_in_resource(place)
        validation.note(
            "extension_context",
            place,
            clause=CONTEXT,
            name=structure["url"],
            expected=", ".join(expression for _, expression in contexts),
            found=".".join([root, *steps]),
        )


def _stands_in(validation: Validation, place: Place, kind: str, expression: str) -> bool | None:
    """Tells whether an extension stands in one of its contexts, or None where that is not known."""
    if kind == "element":
        if expression == "Element":
            return True
        names = set(_names_of_parent(validation, place))
        return expression in names if names else None
    holder = _holder_of(validation, place)
    if holder is None or kind not in ("extension", "fhirpath"):
        return None
    if kind == "extension":
        is_of_part = "#" in expression
        return None if is_of_part else is_part(place) and holder.value.get("url") == expression
    focus = Place(place.resource, place.path, place.resource, place.full_url, place.container)
    matches = _evaluated(validation, focus, expression, place)
    return None if matches is None else any(_is_same(match, holder) for match in matches)


def _is_same(node: Node, holder: Node) -> bool:
    if holder.sibling is not None:
        return node.sibling is holder.sibling
    return node.value is holder.value


def _judge_invariant(validation: Validation, place: Place, url: str, expression: str) -> None:
    """The focus is the element around, and `%extension` the extension itself."""
    holder = _holder_of(validation, place)
    if holder is None:
        return
    focus = Place(holder, place.path, place.resource, place.full_url, place.container)
    # nothing is not true, as with every invariant
    holds = _evaluated(validation, focus, f"iif({expression}, true, false)", place)
    if holds is not None and not any(node.value is True for node in holds):
        validation.note(
            "extension_invariant",
            place,
            clause=f"{CONTEXT}, contextInvariant",
            name=url,
            expression=expression,
        )


def _evaluated(
    validation: Validation, focus: Place, expression: str, extension: Place
) -> Nodes | None:
    """Returns what an expression finds, or None for one that cannot be evaluated, which is said."""
    environment = validation.environment(focus)
    constants = {**environment.constants, "extension": extension.node}
    try:
        compiled = compile_fhirpath(expression)
        return compiled.evaluate(focus.node, replace(environment, constants=constants))
    except OverBudget as error:
        validation.note_unfinished(extension, error, expression)
    except (CannotEvaluate, InvalidExpression) as error:
        validation.note(
            "not_evaluated",
            extension,
            severity="information",
            name=expression,
            reason=str(error),
        )
    return None


def _holder_of(validation: Validation, place: Place) -> Node | None:
    """Returns the element that an extension stands in; of a primitive its `_` object is known by
    identity.
    """
    waiting = [place.resource]
    while waiting:
        node = waiting.pop()
        validation.budget.spend(1)
        parts = node.value if node.sibling is None else node.sibling
        for name in NAMES:
            if any(each is place.node.value for each in as_list(parts.get(name))):
                return node
        waiting += _parts_of(validation, node if parts is node.value else Node(parts, "Element"))
    return None


def _parts_of(validation: Validation, node: Node) -> Iterator[Node]:
    """Yields the elements within one that may hold an extension; another resource is left out."""
    members = validation.knowledge.types.members(node.type)
    for key, content in node.value.items():
        entry = next(iter(members.by_property.get(key, ())), None)
        if entry is None or entry.type == "Resource":
            continue
        values = _all_of(node.value.get(entry.key))
        for index, part in enumerate(_all_of(content)):
            if not isinstance(part, dict):
                continue
            if key == entry.key:
                yield Node(part, entry.type)
            else:
                yield Node(values[index] if index < len(values) else None, entry.type, part)


def _all_of(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _names_of_parent(validation: Validation, place: Place) -> Iterator[str]:
    """Yields all names of the element around: its path, its type and that type's ancestors, paths
    within data types.
    """
    types = validation.knowledge.types
    root, steps = _path_in_resource(place)
    if "extension" in steps:
        return  # an extension on an extension: rare, and its path says nothing of its context
    yield ".".join([root, *steps])
    yield ".".join([root, *steps]) + "[x]"
    current = [root]
    for step in steps:
        yield from (f"{type}.{step}" for type in current)
        current = [entry.type for type in current for entry in types.members(type).get(step, ())]
    for type in current:
        yield from types.ancestors(type)


def _path_in_resource(place: Place) -> tuple[str, list[str]]:
    """Returns the type of the resource that the extension is in, contained or not, and the elements
    down to it.
    """
    steps = place.path.split(".")[:-1]
    for index in range(len(steps) - 1, 0, -1):
        name = INDEX.sub("", steps[index])
        if name in ("contained", "resource"):
            return place.resource.type, [INDEX.sub("", step) for step in steps[index + 1 :]]
    return place.resource.type, [INDEX.sub("", step) for step in steps[1:]]
