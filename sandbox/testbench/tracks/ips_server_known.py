"""Whether a summary tells what is known: the record that a test has written, element by element."""

from __future__ import annotations

from typing import Any

from sandbox.fhir.json import Json, as_list, member
from sandbox.testbench.comparing import Comparison, told
from sandbox.testbench.known_patient import WORD, known_record, loading
from sandbox.testbench.script import (
    Given,
    Script,
    depends_on,
    get,
    nothing_there,
    post,
)
from sandbox.testbench.submissions import urn

CLAUSE = "IPS 2.0.0 Composition.section"
COMPARED = {
    "Patient": "IPS 2.0.0 Patient-uv-ips",
    "AllergyIntolerance": "IPS 2.0.0 sectionAllergies",
    "MedicationStatement": "IPS 2.0.0 sectionMedications",
    "Condition": "IPS 2.0.0 sectionProblems",
    "Immunization": "IPS 2.0.0 sectionImmunizations",
}


def loaded(given: Given) -> Script:
    """The record of a patient of whom everything is known is taken (IPS-08); a system that takes
    no writes is asked for patients of its own alone.
    """
    answer = yield post("", loading(given))
    first = next(iter(as_list(member(answer.json, "entry"))), None)
    location = str(member(member(first, "response"), "location") or "")
    place = "/".join(location.partition("/_history/")[0].rstrip("/").split("/")[-2:])
    if answer.status != 200 or not place:
        yield nothing_there()
        return {}
    return {"known_patient": place}


def kept(given: Given, *, type: str) -> Script:
    """The summary says of the known patient what was written, no more, no less, no other (IPS-09
    to IPS-13).
    """
    answer = yield get(f"{given['known_patient']}/$summary")
    if answer.status != 200 or member(answer.json, "type") != "document":
        yield depends_on("IPS-01")
        return
    entries = as_list(member(answer.json, "entry"))
    came = _of_type(entries, type)
    patients = _of_type(entries, "Patient")
    # a document has addresses of its own, often urn:uuid: hers is that of its one patient
    place = next(
        (
            str(member(entry, "fullUrl"))
            for entry in entries
            if patients and member(entry, "resource") is patients[0]
        ),
        given["known_patient"],
    )
    comparison = Comparison(places={urn(given, WORD, "Patient"): place})
    yield from told(comparison.items(type, known_record(given)[type], came), COMPARED[type])


def _of_type(entries: list[Any], type: str) -> list[Json]:
    resources = [member(entry, "resource") for entry in entries]
    return [
        resource
        for resource in resources
        if isinstance(resource, dict) and resource.get("resourceType") == type
    ]
