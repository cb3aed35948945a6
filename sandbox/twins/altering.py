"""One thing altered in what a server answers: an element removed, doubled, put in another order, or
with another value, which may be another patient's.

`AllergyIntolerance.code:other` names an element below a type and what becomes of it; a header is
named by `header.Content-Type:remove`.  Whatever stands in an answer is altered, at any depth, and
nothing else.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json

ACTIONS = ("remove", "other", "duplicate", "reorder", "somebody")
SOMEBODY = "Patient/somebody-else"
FAULT = re.compile(r"(?P<type>[A-Z][A-Za-z]+|header)\.(?P<path>[\w.-]+):(?P<action>[a-z]+)")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T.*)?)?)?")
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
# What the same element says of another patient.
SOMEBODYS: dict[str, Any] = {
    "birthDate": "1931-12-01",
    "name": [{"family": "Ajena", "given": ["Otra", "Persona"]}],
    "identifier": [{"system": "urn:oid:2.999.152", "value": "somebody-else"}],
    "address": [{"city": "Otra Parte", "country": "UY"}],
    "code": {"coding": [{"system": SNOMED, "code": "716186003"}]},  # no known allergy
    "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "B01AA03"}]},  # warfarin
    "vaccineCode": {"coding": [{"system": ATC, "code": "J07AN01"}]},  # BCG
}
# Another valid code where a value set is required; any other text is changed as text.
OTHER_CODES = {
    "female": "male", "male": "female", "current": "superseded", "active": "inactive",
    "final": "amended", "completed": "not-done", "confirmed": "refuted", "high": "low",
    "allergy": "intolerance", "working": "snapshot", "medication": "food", "usual": "official",
    "official": "old",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is altered: an element of a type, or a header; and how."""

    type: str
    path: str
    action: str

    def __str__(self) -> str:
        return f"{self.type}.{self.path}:{self.action}"


def read_fault(text: str) -> Fault:
    """Reads a fault as a person writes it.

    Raises:
        BadRequest: It is none; the sentence shows how one is written.
    """
    found = FAULT.fullmatch(text)
    if found is None or found["action"] not in ACTIONS:
        raise BadRequest("testbench.bad_fault", where=text, found=text, known=", ".join(ACTIONS))
    return Fault(found["type"], found["path"], found["action"])


def altered(value: Any, fault: Fault) -> Any:
    """Returns JSON with a fault in each resource of its type, at any depth; the same value where
    there is none.
    """
    if isinstance(value, list):
        return [altered(item, fault) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: altered(item, fault) for name, item in value.items()}
    if inner.get("resourceType") != fault.type:
        return inner
    *_, name = fault.path.split(".")
    change = ALTERATIONS.get(fault.action) or partial(_somebodys, name)
    return _at(inner, fault.path.split("."), change)


def faults_of(resource: Json) -> Iterator[Fault]:
    """Yields what can be altered in a resource: each element, by each action that fits it."""
    type = resource["resourceType"]
    for path, value in _elements(resource):
        yield Fault(type, path, "remove")
        if isinstance(value, list):
            yield Fault(type, path, "duplicate")
            if any(item != value[0] for item in value):
                yield Fault(type, path, "reorder")
        if path in SOMEBODYS and isinstance(value, SOMEBODYS[path].__class__):
            yield Fault(type, path, "somebody")
        if path.endswith("reference") and not str(value).startswith("#"):
            yield Fault(type, path, "somebody")
        elif not isinstance(value, dict | list):
            yield Fault(type, path, "other")


def _elements(resource: Json, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the paths of a resource with their values, without the places in lists."""
    seen = set()
    for name, value in resource.items():
        if name in ("resourceType", "contained", "resource"):
            continue
        path = f"{above}.{name}".lstrip(".")
        yield path, value
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                for inner in _elements(item, path):
                    if inner[0] not in seen:
                        seen.add(inner[0])
                        yield inner


def _at(value: Json, path: list[str], change: Callable[[Any], Any]) -> Json:
    name, *rest = path
    if name not in value:
        return value
    if not rest:
        new = change(value[name])
        return {key: item for key, item in {**value, name: new}.items() if item is not None}
    inner = value[name]
    if isinstance(inner, list):
        changed: Any = [
            _at(item, rest, change) if isinstance(item, dict) else item for item in inner
        ]
    else:
        changed = _at(inner, rest, change) if isinstance(inner, dict) else inner
    return {**value, name: changed}


def other(value: Any) -> Any:
    """Returns another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if not isinstance(value, str):
        return value
    if value in OTHER_CODES:
        return OTHER_CODES[value]
    if DATE.fullmatch(value):
        return f"1999{value[4:]}" if not value.endswith("02-29", 0, 10) else f"1996{value[4:]}"
    if re.fullmatch(r"[A-Za-z0-9+/]{27}=", value):  # a SHA-1, as an attachment states it
        return base64.b64encode(bytes(20)).decode()
    return f"{value}1" if value[-1:].isdigit() else f"{value}-x"


def _somebodys(name: str, value: Any) -> Any:
    """Returns what an element of this name says of another patient."""
    new = SOMEBODYS.get(name, SOMEBODY)
    return new if isinstance(value, type(new)) else value


ALTERATIONS: dict[str, Callable[[Any], Any]] = {
    "remove": lambda value: None,
    "other": other,
    "duplicate": lambda value: [*value, *value[-1:]] if isinstance(value, list) else value,
    "reorder": lambda value: value[::-1] if isinstance(value, list) else value,
}
