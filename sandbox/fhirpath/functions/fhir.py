"""The functions that FHIR adds to FHIRPath (FHIR R4 fhirpath.html#functions)."""

from __future__ import annotations

from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.functions.registry import argument, function
from sandbox.fhirpath.nodes import Eval, Node, Nodes, Scope, member, truth
from sandbox.fhirpath.operators import single
from sandbox.fhirpath.xhtml import find_html_faults


@function("extension", 1)
def extension(scope: Scope, focus: Nodes, url: Eval) -> Nodes:
    wanted = argument(scope, url, "extension")
    return [
        extension
        for node in focus
        for extension in member(node, "extension", scope.environment.model)
        if isinstance(extension.value, dict) and extension.value.get("url") == wanted
    ]


@function("hasValue")
def has_value(scope: Scope, focus: Nodes) -> Nodes:
    return truth(
        len(focus) == 1 and focus[0].value is not None and not isinstance(focus[0].value, dict)
    )


@function("getValue")
def get_value(scope: Scope, focus: Nodes) -> Nodes:
    return focus if has_value(scope, focus)[0].value else []


@function("resolve")
def resolve(scope: Scope, focus: Nodes) -> Nodes:
    """Follows references within reach of the caller; what cannot be followed is left out."""
    targets: Nodes = []
    for node in focus:
        reference = node.value.get("reference") if isinstance(node.value, dict) else node.value
        target = scope.environment.resolve(reference) if isinstance(reference, str) else None
        if target is not None:
            targets.append(target)
    return targets


@function("htmlChecks")
def html_checks(scope: Scope, focus: Nodes) -> Nodes:
    node = single(focus, "htmlChecks")
    return [] if node is None else truth(not find_html_faults(str(node.value)))


@function("conformsTo", 1)
def conforms_to(scope: Scope, focus: Nodes, profile: Eval) -> Nodes:
    node = single(focus, "conformsTo")
    url = argument(scope, profile, "conformsTo")
    if node is None or url is None:
        return []
    return _verdict(node, url, scope.environment.conforms(node, url))


@function("memberOf", 1)
def member_of(scope: Scope, focus: Nodes, value_set: Eval) -> Nodes:
    node = single(focus, "memberOf")
    url = argument(scope, value_set, "memberOf")
    if node is None or url is None:
        return []
    return _verdict(node, url, scope.environment.member_of(node, url))


def _verdict(node: Node, url: str, verdict: bool | None) -> Nodes:
    if verdict is None:
        raise CannotEvaluate("fhirpath.unknown_canonical", name=url)
    return truth(verdict)
