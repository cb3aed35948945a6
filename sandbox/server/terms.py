"""The terminology that operations see: the definitions at hand, and the terminology resources
stored on this server.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from sandbox.definitions.store import Definitions
from sandbox.definitions.stripping import strip
from sandbox.errors import NotConformant
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.findings import Finding
from sandbox.server.call import Call, Services
from sandbox.server.search.criteria import Scope
from sandbox.store.resources import PageRequest
from sandbox.terminology.membership import Terminology
from sandbox.validation import Options, knowledge_at_hand, validate
from sandbox.validation.knowledge import Knowledge

KINDS = ("CodeSystem", "ValueSet", "ConceptMap")
MOST = 500
# Small, because each entry holds the parsed terminology of one store at one moment.
KEPT = 4
# What a finding of the judge is called when a value is not of the shape that its type has.
SHAPES = frozenset({
    "unknown_type", "not_an_object", "array", "no_array", "empty_array", "null", "two_choices",
    "too_many", "primitive_kind", "primitive_empty",
})  # fmt: skip


def scope_of(call: Call, services: Services) -> Scope:
    """Returns where the query of a call is read: value sets and units are also those stored
    here.
    """
    return Scope(
        call.base,
        terminology=partial(terminology_at_hand, services),
        unit_codes=services.store.unit_codes,
    )


def terminology_at_hand(services: Services, *added: Json) -> Terminology:
    """Returns the definitions at hand together with the terminology stored on this server.

    Args:
        services: Whose store to read, up to MOST resources of each kind.
        *added: Resources of the call itself, such as a ValueSet in its body.

    Returns:
        A terminology that ignores stored resources of a shape that cannot be read.

    Raises:
        NotConformant: A resource of the call has such a shape.
    """
    stored = [
        row.body
        for kind in KINDS
        for row in services.store.search(kind, [], PageRequest(count=MOST, is_counted=False)).rows
        if row.body
    ]
    for resource in added:
        faults = shape_faults(resource)
        if faults:
            raise NotConformant(faults, type=str(resource.get("resourceType")))
    keys = tuple(sha256(body).digest() for body in (*map(write_json, added), *stored))
    known = knowledge_at_hand()
    if not keys:
        return known.terminology
    cached = _TERMINOLOGIES.get(keys)
    # The definitions change when a package is added or removed.
    if cached is None or cached[0] is not known:
        resources = [*(strip(resource) for resource in added), *map(_stripped, stored)]
        readable = [
            resource for resource in resources if resource is not None and "url" in resource
        ]
        cached = known, Terminology(Definitions(readable, below=known.definitions))
        while len(_TERMINOLOGIES) >= KEPT:
            # With a default, because another thread may have removed the same one.
            _TERMINOLOGIES.pop(next(iter(_TERMINOLOGIES)), None)
        _TERMINOLOGIES[keys] = cached
    return cached[1]


def shape_faults(resource: Json) -> list[Finding]:
    """Returns what is wrong with a resource in ways that keep a program from reading it."""
    return [
        finding
        for finding in validate(resource, options=Options(declared=False))
        if finding.severity == "error" and _is_of_shape(finding)
    ]


def _is_of_shape(finding: Finding) -> bool:
    name = finding.key.removeprefix("validation.")
    return name in SHAPES or (name == "missing" and "." in finding.where)


def _stripped(body: bytes) -> Json | None:
    key = sha256(body).digest()
    if key not in _STRIPPED:
        if len(_STRIPPED) >= len(KINDS) * MOST:
            _STRIPPED.clear()
        resource = parse_json(body)
        _STRIPPED[key] = None if shape_faults(resource) else strip(resource)
    return _STRIPPED[key]


# Both by hashes of what is stored: what changes gets another place.
_STRIPPED: dict[bytes, Json | None] = {}
_TERMINOLOGIES: dict[tuple[bytes, ...], tuple[Knowledge, Terminology]] = {}
