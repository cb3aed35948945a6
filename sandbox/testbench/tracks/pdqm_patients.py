"""The two patients that a run loads into a Patient Demographics Supplier: one family name, and
unlike in all else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.findings import Finding
from sandbox.testbench.comparing import Comparison, told
from sandbox.testbench.reading import resources_of
from sandbox.testbench.script import Given
from sandbox.testbench.submissions import PATIENTS

ANSWERING = "PDQm 3:4.78.4.2"


def amparo(given: Given) -> Json:
    """Returns the patient whom most searches are to find."""
    address = {"city": "Temuco", "state": "Araucanía", "postalCode": "4780000", "country": "CL"}
    return _patient(
        given,
        "Amparo",
        "amparo",
        {
            "active": True,
            "gender": "female",
            "birthDate": "1981-03-01",
            "address": [address],
            "telecom": [{"system": "phone", "value": "+56221234567"}],
        },
    )


def benito(given: Given) -> Json:
    """Returns the other one, who is unlike her in all but the family name."""
    address = {"city": "Panamá", "state": "Chiriquí", "postalCode": "0401", "country": "PA"}
    return _patient(
        given,
        "Benito",
        "benito",
        {
            "active": False,
            "gender": "male",
            "birthDate": "1975-11-20",
            "address": [address],
            "telecom": [{"system": "phone", "value": "+5077654321"}],
        },
    )


def _patient(given: Given, name: str, word: str, more: Json) -> Json:
    identifier = [{"system": PATIENTS, "value": f"{given['run']}-{word}"}]
    names = [{"family": family(given), "given": [name]}]
    return {"resourceType": "Patient", "identifier": identifier, "name": names, **more}


def family(given: Given) -> str:
    """Returns the family name of the run's patients: nobody else has it."""
    return f"Ensayo{given['run']}"


def shown_as_read(read: Json, search: Exchange) -> Iterator[Finding]:
    """Tells where a search shows a patient otherwise than a read does: whoever shows what it finds
    reads it no second time.

    Args:
        read: The patient as read.
        search: That found her, among others.
    """
    for patient in resources_of(search, "Patient"):
        if patient.get("id") == read.get("id"):
            differences = Comparison(grows=frozenset()).differences(read, patient)
            yield from told(differences, ANSWERING, added="warning")


def told_of(given: Given, patient: Any) -> Iterator[Finding]:
    """Tells where the first patient is told otherwise than she was loaded."""
    yield from told(Comparison().differences(amparo(given), patient), ANSWERING, added="warning")
