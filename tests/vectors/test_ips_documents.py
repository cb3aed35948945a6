"""Documents made by others: no crash, the same findings twice; ten faults seeded in a right one are all found."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.findings import Finding
from sandbox.validation import validate
from tests.conftest import VECTORS

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
DOCUMENTS = sorted((VECTORS / "ips").glob("*.json")) if VECTORS.is_dir() else [Path("absent.json")]
BASE = "CA_verosource_ips_uwashington_patient_14599.json"
Document = dict[str, Any]
pytestmark = pytest.mark.needs("vectors")


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity in ("error", "fatal")]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_a_collected_document_is_judged_and_judged_the_same_again(file: Path) -> None:
    document = parse_json(file.read_bytes())
    assert validate(document, profiles=[IPS]) == validate(document, profiles=[IPS])


def composition(document: Document) -> Document:
    found: Document = document["entry"][0]["resource"]
    return found


def patient(document: Document) -> Document:
    return next(
        e["resource"] for e in document["entry"] if e["resource"]["resourceType"] == "Patient"
    )


def remove_allergies(document: Document) -> None:
    sections = composition(document)["section"]
    composition(document)["section"] = [
        s for s in sections if s["code"]["coding"][0]["code"] != "48765-2"
    ]


def point_to_nothing(document: Document) -> None:
    section = next(s for s in composition(document)["section"] if s.get("entry"))
    section["entry"][0]["reference"] = "urn:uuid:00000000-0000-0000-0000-000000000000"


def empty_section(document: Document) -> None:
    for name in ("text", "entry", "emptyReason"):
        composition(document)["section"][0].pop(name, None)


def composition_last(document: Document) -> None:
    document["entry"] = document["entry"][1:] + document["entry"][:1]


FAULTS: dict[str, tuple[Callable[[Document], Any], str, str]] = {
    "no allergy section": (remove_allergies, "missing_slice", "Bundle.entry[0].resource"),
    "gender femal": (lambda d: patient(d).update(gender="femal"), "not_in_value_set", ".gender"),
    "dangling entry": (point_to_nothing, "dangling", ".entry[0].reference"),
    "no birth date": (lambda d: patient(d).pop("birthDate"), "missing", ".resource"),
    "empty section": (empty_section, "invariant", ".section[0]"),
    "unknown element": (
        lambda d: patient(d).update(favouriteColour="blue"),
        "unknown_property",
        ".favouriteColour",
    ),
    "nameless name": (
        lambda d: patient(d).update(name=[{"use": "official"}]),
        "invariant",
        ".name[0]",
    ),
    "collection": (lambda d: d.update(type="collection"), "fixed", "Bundle.type"),
    "wrong type": (
        lambda d: composition(d)["type"]["coding"][0].update(code="11503-0"),
        "pattern",
        ".type",
    ),
    "composition last": (composition_last, "invariant", "Bundle"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_found_at_the_right_place(name: str) -> None:
    right = parse_json((VECTORS / "ips" / BASE).read_bytes())
    assert errors(validate(right, profiles=[IPS])) == []
    broken = copy.deepcopy(right)
    spoil, key, place = FAULTS[name]
    spoil(broken)
    found = errors(validate(broken, profiles=[IPS]))
    assert any(
        finding.key == f"validation.{key}" and finding.where.endswith(place) for finding in found
    ), found
    assert len(found) <= 3, found
