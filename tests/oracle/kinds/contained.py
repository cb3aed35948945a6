"""Contained resources: ids, nesting, metadata, and what refers to them (references.html#contained, domainresource.html)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import PROBE, domain_resources
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 references.html#contained"
NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}


def _organization(**members: Any) -> Json:
    return {"resourceType": "Organization", "id": "probe", "name": "Probe", **members}


def _hold(contained: list[Json], holder: Json, *, reference: str | None = "#probe") -> bool:
    """Contains resources and, but for None, refers to the first from an extension."""
    holder.setdefault("contained", []).extend(contained)
    if reference is not None:
        holder.setdefault("extension", []).append(
            {"url": PROBE, "valueReference": {"reference": reference}}
        )
    return True


def _nested() -> Json:
    inner = {"resourceType": "Practitioner", "id": "inner", "name": [{"text": "Inner"}]}
    return _organization(
        contained=[inner],
        contact=[{"extension": [{"url": PROBE, "valueReference": {"reference": "#inner"}}]}],
    )


def _without_id() -> Json:
    return {"resourceType": "Organization", "name": "Probe"}


# fmt: off
CASES: tuple[tuple[str, str, Callable[[], list[Any]], str | None, Expected], ...] = (
    ("right", "", lambda: [_organization()], "#probe", "ok"),
    ("refers to its container", ": # alone is the container",
     lambda: [_organization(extension=[{"url": PROBE, "valueReference": {"reference": "#"}}])], None, "ok"),
    ("right, with tags", ": tags are not refused", lambda: [_organization(meta={"tag": [{"system": "urn:a", "code": "b"}]})], "#probe", "ok"),
    ("right, with profile", ": a profile is not refused", lambda: [_organization(meta={"profile": ["http://hl7.org/fhir/StructureDefinition/Organization"]})], "#probe", "ok"),
    ("without id", ": resolved by its id, so it has one", lambda: [_without_id()], None, "error"),
    ("two with one id", ": ids are unique in the container", lambda: [_organization(), _organization(name="Other")], "#probe", "error"),
    ("nested", ", dom-2: contained resources SHALL NOT contain", lambda: [_nested()], "#probe", "error"),
    ("versionId", ", dom-4: no meta.versionId", lambda: [_organization(meta={"versionId": "1"})], "#probe", "error"),
    ("lastUpdated", ", dom-4: no meta.lastUpdated", lambda: [_organization(meta={"lastUpdated": "2020-01-31T10:00:00Z"})], "#probe", "error"),
    ("security", ", dom-5: no security label", lambda: [_organization(meta={"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]})], "#probe", "error"),
    ("not referred to", ", dom-3: SHALL be referred to", lambda: [_organization()], None, "error"),
    ("reference without #", ": a contained resource is referred to by a fragment", lambda: [_organization()], "probe", "error"),
    ("id with #", ": the # is of the reference alone", lambda: [_organization(id="#probe")], "#probe", "error"),
    ("reference to another id", ", ref-1", lambda: [_organization()], "#Probe", "error"),
    ("without resourceType", ": is a resource", lambda: [{"id": "probe", "name": "Probe"}], "#probe", "error"),
    ("unknown resourceType", ": is a resource", lambda: [{"resourceType": "Hospital", "id": "probe"}], "#probe", "error"),
    ("wrong inside", ": is a right resource", lambda: [_organization(name=["Probe"])], "#probe", "error"),
    ("invariant broken inside", ", org-1", lambda: [{"resourceType": "Organization", "id": "probe", "active": True}], "#probe", "error"),
    ("a text", ": is an object", lambda: ["Organization/probe"], None, "error"),
    ("null", ": is never null", lambda: [None], None, "error"),
)
# fmt: on


def _register(
    name: str,
    rule: str,
    contained: Callable[[], list[Any]],
    reference: str | None,
    expected: Expected,
) -> None:
    @kind(f"contained: {name}", PAGE + rule, expected=expected)
    def contain(resource: Json, random: random.Random) -> bool:
        candidates = domain_resources(resource)
        return bool(candidates) and _hold(
            contained(), random.choice(candidates), reference=reference
        )


for case in CASES:
    _register(*case)


@kind(
    "contained: narrative",
    PAGE + ", dom-1 of earlier releases: SHOULD NOT have narrative",
    expected="warning",
)
def contain_narrative(resource: Json, random: random.Random) -> bool:
    candidates = domain_resources(resource)
    return bool(candidates) and _hold(
        [_organization(text=dict(NARRATIVE))], random.choice(candidates)
    )


@kind("contained: its resource taken away", PAGE + ", ref-1: the reference leads nowhere")
def take_contained(resource: Json, random: random.Random) -> bool:
    holders = [each for each in domain_resources(resource) if each.get("contained")]
    if not holders:
        return False
    holder = random.choice(holders)
    del holder["contained"]
    return True


@kind("contained: an object, not a list", "FHIR R4 json.html#repeat: what may repeat is an array")
def contain_object(resource: Json, random: random.Random) -> bool:
    holders = [each for each in domain_resources(resource) if "contained" not in each]
    if not holders:
        return False
    holder = random.choice(holders)
    _hold([], holder)
    holder["contained"] = _organization()
    return True
