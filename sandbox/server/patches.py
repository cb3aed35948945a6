"""Patches: a resource changed by JSON Patch (RFC 6902) or FHIRPath Patch (FHIR R4 fhirpatch.html).
Pure.

A patch is all or nothing: the first operation that cannot be carried out is said, and the resource
stays as it was.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import jsonpatch

from sandbox.errors import InvalidResource, SandboxError
from sandbox.fhir.json import Json
from sandbox.fhirpath import Environment, Node, compile_tree
from sandbox.fhirpath.budget import Budget
from sandbox.fhirpath.nodes import member
from sandbox.fhirpath.parsing import Syntax, parse_fhirpath
from sandbox.limits import PATCH_STEPS
from sandbox.validation import knowledge_at_hand

JSON_PATCH = "RFC 6902"
FHIRPATH_PATCH = "FHIR R4 fhirpatch.html"
# On a malformed patch the library lets plain Python errors escape.
JSON_PATCH_FAULTS = (
    jsonpatch.JsonPatchException,
    jsonpatch.JsonPointerException,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
)
# Functions that choose among the items of an element without leaving it.
FILTERS = ("where", "first", "last", "single", "skip", "take", "tail")
OPERATIONS = ("add", "insert", "delete", "replace", "move")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a path leads: the object, the property in it, and the place in its list, if it is
    one.
    """

    holder: Json
    key: str
    index: int | None

    def replace(self, value: Any) -> None:
        """Puts a value in its place."""
        if self.index is None:
            self.holder[self.key] = value
        else:
            self.holder[self.key][self.index] = value

    def delete(self) -> None:
        """Takes the element away, and its list when it was the last one."""
        if self.index is not None:
            del self.holder[self.key][self.index]
        if self.index is None or not self.holder[self.key]:
            del self.holder[self.key]


def apply_json_patch(resource: Json, operations: list[Any]) -> Json:
    """Returns the changed resource (RFC 6902); the given one stays as it was.

    Raises:
        InvalidResource: Names the number of the operation that failed.
    """
    changed: Any = copy.deepcopy(resource)
    for number, operation in enumerate(operations):
        try:
            # One at a time, so that the failing operation can be named.
            changed = jsonpatch.JsonPatch([operation]).apply(changed, in_place=True)
        except JSON_PATCH_FAULTS:
            shown = (
                f"{operation.get('op')} {operation.get('path')}"
                if isinstance(operation, dict)
                else str(operation)
            )
            raise InvalidResource(
                "server.patch_failed",
                where=f"[{number}]",
                clause=JSON_PATCH,
                number=number + 1,
                operation=shown[:80],
            ) from None
    if not isinstance(changed, dict):
        raise InvalidResource(
            "server.not_an_object", where="[0]", clause=JSON_PATCH, found=type(changed).__name__
        )
    return changed


def apply_merge_patch(resource: Json, changes: Json) -> Json:
    """Returns the changed resource: null takes an element away, lists are replaced (RFC 7396)."""
    changed = dict(resource)
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        elif isinstance(value, dict):
            current = changed.get(name)
            changed[name] = apply_merge_patch(current if isinstance(current, dict) else {}, value)
        else:
            changed[name] = value
    return changed


def apply_fhirpath_patch(resource: Json, parameters: Json) -> Json:
    """Returns the changed resource (FHIR R4 fhirpatch.html); the given one stays as it was.

    Raises:
        InvalidResource: Names the place of the operation that failed.
    """
    changed = copy.deepcopy(resource)
    listed = parameters.get("parameter")
    given = (
        [parameter for parameter in listed if isinstance(parameter, dict)]
        if isinstance(listed, list)
        else []
    )
    if not any(parameter.get("name") == "operation" for parameter in given):
        raise InvalidResource(
            "server.patch_empty", where="Parameters.parameter", clause=FHIRPATH_PATCH
        )
    for number, parameter in enumerate(given):
        if parameter.get("name") != "operation":
            continue
        parts = _parts_of(parameter)
        try:
            _carry_out(changed, parts)
        except SandboxError as error:
            where = f"Parameters.parameter[{number}]"
            raise InvalidResource(
                error.key, where=where, clause=FHIRPATH_PATCH, **error.params
            ) from None
    return changed


def _carry_out(resource: Json, parts: dict[str, Json]) -> None:
    kind = _text(parts, "type")
    path = _text(parts, "path")
    if kind not in OPERATIONS:
        raise InvalidResource("server.patch_type", found=kind, known=", ".join(OPERATIONS))
    if kind == "add":
        _add(resource, path, _text(parts, "name"), _value(parts))
    elif kind == "insert":
        values = _list_at(resource, path)
        values.insert(_number(parts, "index", len(values)), _value(parts))
    elif kind == "move":
        values = _list_at(resource, path)
        source = _number(parts, "source", len(values) - 1)
        place = _number(parts, "destination", len(values) - 1)
        values.insert(place, values.pop(source))
    else:
        _replace_or_delete(resource, path, kind, parts)


def _replace_or_delete(resource: Json, path: str, kind: str, parts: dict[str, Json]) -> None:
    targets = _targets(resource, path)
    if len(targets) > 1 or (not targets and kind == "replace"):
        raise InvalidResource("server.patch_not_one", path=path, count=len(targets))
    if not targets:
        return  # what is not there needs no deleting (fhirpatch.html#concept)
    target = targets[0]
    if kind == "replace":
        target.replace(_value(parts))
    else:
        target.delete()


def _add(resource: Json, path: str, name: str, value: Any) -> None:
    nodes = _evaluate(resource, path)
    if len(nodes) != 1 or not isinstance(nodes[0].value, dict):
        raise InvalidResource("server.patch_not_one", path=path, count=len(nodes))
    types = knowledge_at_hand().types
    type = nodes[0].type
    key = _key_of(type, name)
    if name in types.repeating(type):
        nodes[0].value.setdefault(key, []).append(value)
    elif key in nodes[0].value:
        raise InvalidResource("server.patch_present", path=path, name=name)
    else:
        nodes[0].value[key] = value


def _key_of(type: str, name: str) -> str:
    """Returns the JSON property of an element; a choice is named by its property
    (`valueString`).
    """
    for entries in knowledge_at_hand().types.members(type).values():
        for entry in entries:
            if name in (entry.key, entry.name) and (name == entry.key or len(entries) == 1):
                return entry.key
    raise InvalidResource("server.patch_no_element", type=type, name=name)


def _list_at(resource: Json, path: str) -> list[Any]:
    targets = _targets(resource, path)
    if not targets or targets[0].index is None:
        raise InvalidResource("server.patch_no_list", path=path)
    values: list[Any] = targets[0].holder[targets[0].key]
    return values


def _targets(resource: Json, path: str) -> list[Target]:
    """Finds the last step's element below each of its parents; a filter or an index narrows it."""
    tree = parse_fhirpath(path)
    nodes = _evaluate(resource, path)
    # a filter that nothing passes leads nowhere, not to all that it was to choose from
    if not nodes:
        return []
    base, name = _parent(tree)
    model = knowledge_at_hand().types
    targets = []
    for parent in _evaluate_tree(resource, base):
        for entry in model.members(parent.type).get(name, ()):
            if isinstance(parent.value, dict) and entry.key in parent.value:
                targets += _in(
                    parent.value, entry.key, list(member(parent, name, model)), nodes, tree
                )
    return targets


def _in(
    holder: Json, key: str, nodes: list[Node], matched: list[Node], tree: Syntax
) -> list[Target]:
    if not isinstance(holder[key], list):
        return [Target(holder, key, None)]
    # By identity, because a list may hold two equal items.
    wanted = {id(match.value) for match in matched if isinstance(match.value, dict)}
    if wanted:
        return [
            Target(holder, key, index)
            for index, node in enumerate(nodes)
            if id(node.value) in wanted
        ]
    if tree.kind == "index":
        place = int(tree.parts[1].value) if tree.parts[1].kind == "number" else -1
        return [Target(holder, key, place)] if 0 <= place < len(nodes) else []
    return [Target(holder, key, index) for index in range(len(nodes))]


def _parent(tree: Syntax) -> tuple[Syntax, str]:
    """Takes index and filter off a path, and splits it into the way to the parent and the element's
    name.
    """
    while tree.kind == "index" or (tree.kind == "step" and tree.parts[1].value in FILTERS):
        tree = tree.parts[0]
    if tree.kind != "step" or tree.parts[1].kind != "member":
        raise InvalidResource("server.patch_path")
    return tree.parts[0], str(tree.parts[1].value)


def _evaluate(resource: Json, path: str) -> list[Node]:
    # not remembered: whoever sends patches would fill memory with what is asked once
    return _evaluate_tree(resource, parse_fhirpath(path))


def _evaluate_tree(resource: Json, tree: Syntax) -> list[Node]:
    node = Node(resource, str(resource["resourceType"]))
    return compile_tree(tree).evaluate(node, _environment(node))


def _environment(node: Node) -> Environment:
    return Environment(
        knowledge_at_hand().types,
        constants={"resource": node, "context": node, "rootResource": node},
        # evaluated by the server itself, within its transaction: a path needs no more
        budget=Budget(PATCH_STEPS),
    )


def _parts_of(parameter: Json) -> dict[str, Json]:
    parts = parameter.get("part")
    return (
        {str(part.get("name")): part for part in parts if isinstance(part, dict)}
        if isinstance(parts, list)
        else {}
    )


def _text(parts: dict[str, Json], name: str) -> str:
    part = parts.get(name, {})
    value = next((value for key, value in part.items() if key.startswith("value")), None)
    if not isinstance(value, str):
        raise InvalidResource("server.patch_part", name=name)
    return value


def _number(parts: dict[str, Json], name: str, most: int) -> int:
    value = parts.get(name, {}).get("valueInteger")
    if not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidResource("server.patch_number", name=name, most=most)
    return value


def _value(parts: dict[str, Json]) -> Any:
    """The value stands as value[x], or, for a type that value[x] lacks, in parts named for its
    elements.
    """
    given = parts.get("value")
    if given is None:
        raise InvalidResource("server.patch_part", name="value")
    for key, value in given.items():
        if key.startswith("value"):
            return value
    inner = _parts_of(given)
    if not inner:
        raise InvalidResource("server.patch_part", name="value")
    return {name: _value({"value": part}) for name, part in inner.items()}
