"""The medication overview as a certificate (RACSEL 2026, `$meow`): what a document says of the
medicines that somebody takes.

Of the claim only the letters are published: `n, dob, s, id, dt, m[{m, es, ee, da, d, r, a}]`.  They
are read as the fields of the example of that interface: name, start and end of taking, day of the
statement, dosage, reason.  What `a` stands for nobody has said, so that it is left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.certificates.issuing import Signer, issue
from sandbox.ddcc.payloads import stated
from sandbox.ddcc.summaries import Entries, person_of
from sandbox.errors import InvalidResource, NotCertified, NotFound
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding

CLAUSE = "RACSEL 2026 $meow"
DIALECT = "meow"
VALID = timedelta(days=365)
# of these nobody takes the medicine (FHIR R4 MedicationStatement.status)
NOT_TAKEN = ("entered-in-error", "not-taken")


def overview_of(document: Json, *, statement: str = "") -> Json:
    """Returns the content of the certificate.

    Args:
        document: A document Bundle with MedicationStatements.
        statement: The logical id of the one to certify; empty for all.

    Raises:
        InvalidResource: There is no patient, or no medicine that is taken.
        NotCertified: The name or birth date of the person lacks, or the name of a medicine.
        NotFound: There is no statement of that id.
    """
    entries = Entries(document)
    subject = member(entries.composition.get("subject"), "reference")
    patient = entries.find(subject) or entries.first("Patient")
    if patient is None:
        raise InvalidResource("ddcc.no_patient", where="Bundle.entry", clause=CLAUSE)
    person = person_of(patient)
    statements = _chosen(entries, statement)
    content = stated(
        {
            "n": person["name"],
            "dob": person["birthDate"],
            "s": (person["sex"] or {}).get("code"),
            "id": person["identifier"],
            "dt": (person["document"] or {}).get("code"),
            "m": [_medicine(row, entries) for row in statements],
        }
    )
    places = {"n": "Patient.name", "dob": "Patient.birthDate"}
    lacking = [place for name, place in places.items() if name not in content]
    lacking += [
        f"MedicationStatement[{number}].medication[x]"
        for number, medicine in enumerate(content["m"])
        if "m" not in medicine
    ]
    if lacking:
        raise NotCertified([_lacks(place) for place in lacking], type="Bundle")
    return content


def signed_overview(content: Json, signer: Signer, *, now: datetime) -> str:
    """Returns the text of the certificate of an overview."""
    return issue(content, signer, at=now, ends=now + VALID, dialect=DIALECT)


def _chosen(entries: Entries, id: str) -> list[Json]:
    taken = [
        row for row in entries.of_type("MedicationStatement") if row.get("status") not in NOT_TAKEN
    ]
    if not taken:
        raise InvalidResource("ddcc.no_medicine", where="Bundle.entry", clause=CLAUSE)
    chosen = [row for row in taken if row.get("id") == id] if id else taken
    if not chosen:
        known = ", ".join(str(row.get("id", "–")) for row in taken)
        where = "medicationStatementId"
        raise NotFound("ddcc.no_such_medicine", where=where, clause=CLAUSE, found=id, known=known)
    return chosen


def _medicine(statement: Json, entries: Entries) -> Json:
    period = statement.get("effectivePeriod")
    reasons = [_words(reason) for reason in as_list(statement.get("reasonCode"))]
    dosages = [str(member(dose, "text") or "") for dose in as_list(statement.get("dosage"))]
    return stated(
        {
            "m": _name(statement, entries),
            "es": member(period, "start") or statement.get("effectiveDateTime"),
            "ee": member(period, "end"),
            "da": statement.get("dateAsserted"),
            "d": "; ".join(filter(None, dosages)),
            "r": "; ".join(filter(None, reasons)),
        }
    )


def _name(statement: Json, entries: Entries) -> str:
    reference = statement.get("medicationReference")
    medication = entries.find(member(reference, "reference"))
    return (
        _words(statement.get("medicationCodeableConcept"))
        or _words(member(medication, "code"))
        or str(member(reference, "display") or "")
    )


def _words(concept: Any) -> str:
    """Returns what a concept is called: by the words of its first coding, its text, or a code."""
    codings = as_list(member(concept, "coding"))
    displays = [str(member(coding, "display") or "") for coding in codings]
    codes = [str(member(coding, "code") or "") for coding in codings]
    return next(filter(None, [*displays, str(member(concept, "text") or ""), *codes]), "")


def _lacks(place: str) -> Finding:
    key = "ddcc.no_answer"
    return Finding(key, "error", key, where=place, clause=CLAUSE, expected=place)
