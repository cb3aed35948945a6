"""The synthetic person and her medicines: the document of which a medication overview is made.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.fhir.json import Json
from sandbox.testbench.submissions import the_patient, urn
from sandbox.testbench.submitted_documents import a_document

TAKEN: tuple[Json, ...] = (
    {
        "id": "enalapril", "status": "active",
        "medicationCodeableConcept": {"text": "Enalapril 10 mg"},
        "effectivePeriod": {"start": "2025-01-20", "end": "2027-01-20"},
        "dateAsserted": "2026-02-03",
        "dosage": [{"text": "Una cada 12 horas"}], "reasonCode": [{"text": "Hipertensión"}],
    },
    {
        "id": "warfarina", "status": "active",
        "medicationCodeableConcept": {"text": "Warfarina 5 mg"},
        "effectivePeriod": {"start": "2026-03-11"}, "dosage": [{"text": "Una al día"}],
    },
)  # fmt: skip
# nobody takes it (FHIR R4 MedicationStatement.status)
NOT_TAKEN: Json = {
    "id": "metotrexato", "status": "not-taken",
    "medicationCodeableConcept": {"text": "Metotrexato 2,5 mg"},
    "effectivePeriod": {"start": "2024-05-06"},
}  # fmt: skip


def document_with(given: Mapping[str, str], word: str, statements: tuple[Json, ...]) -> Json:
    """Returns a summary of the run's patient whose medicines are the given ones.

    Args:
        given: What the test takes.
        word: Of which document of the run; another word is another document.
        statements: MedicationStatements, each with the logical id that it has in the document.
    """
    document = a_document(given, word)
    about = urn(given, word, "document/patient")
    addresses = {
        row["id"]: urn(given, word, f"document/medicine/{row['id']}") for row in statements
    }
    kept = [
        entry
        for entry in document["entry"]
        if entry["resource"]["resourceType"] != "MedicationStatement"
    ]
    for row in statements:
        resource = {"resourceType": "MedicationStatement", **row, "subject": {"reference": about}}
        kept.append({"fullUrl": addresses[row["id"]], "resource": resource})
    composition = kept[0]["resource"]
    sections = [
        {**section, "entry": [{"reference": address} for address in addresses.values()]}
        if section["code"]["coding"][0]["code"] == "10160-0"
        else section
        for section in composition["section"]
    ]
    kept[0] = {**kept[0], "resource": {**composition, "section": sections}}
    return {**document, "entry": kept}


def person_in(given: Mapping[str, str]) -> dict[str, str]:
    """Returns what an overview says of the run's patient, by the letters of its claim.

    Args:
        given: What the test takes; `known` chooses the person.
    """
    patient = the_patient(given)
    (name,) = patient["name"]
    return {
        "n": " ".join([*name["given"], name["family"]]),
        "dob": patient["birthDate"],
        "s": patient["gender"],
        "id": patient["identifier"][0]["value"],
    }


def claim_of(statement: Json) -> dict[str, str]:
    """Returns what an overview says of a medicine, by the letters of its claim.

    Args:
        statement: A MedicationStatement of the document; what it does not say has no letter.
    """
    period = statement.get("effectivePeriod", {})
    said = {
        "m": statement["medicationCodeableConcept"]["text"],
        "es": period.get("start"),
        "ee": period.get("end"),
        "da": statement.get("dateAsserted"),
        "d": "; ".join(dose["text"] for dose in statement.get("dosage", [])),
        "r": "; ".join(reason["text"] for reason in statement.get("reasonCode", [])),
    }
    return {letter: str(value) for letter, value in said.items() if value}
