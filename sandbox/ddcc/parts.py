"""Small parts of FHIR that every document of WHO is built of.  Pure."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.fhir.json import Json

LOINC = "http://loinc.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def urn(hcid: str, name: str) -> str:
    """Returns the address that a certificate gives to a part of its document.

    Args:
        hcid: The identifier of the certificate, as its publication.
        name: What the part is, such as `Patient`.
    """
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{hcid}/{name}')}"


def concept(system: str, code: Any) -> Json:
    """Returns a CodeableConcept of one code.

    Args:
        system: The canonical of its code system.
        code: The code.
    """
    return {"coding": [{"system": system, "code": code}]}


def extension(url: str, kind: str, value: Any) -> Json | None:
    """Returns an extension; None where there is nothing to say.

    Args:
        url: Its canonical.
        kind: The member that holds its value, such as `valueCoding`.
        value: The value.
    """
    return {"url": url, kind: value} if value else None


def unknown() -> Json:
    """Returns what stands for a needed value that nobody knows."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
