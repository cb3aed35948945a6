"""Lesson 01, FHIR fundamentals: patient, observation, search, version, transaction, errors on
purpose.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    codings_of,
    handed_in,
    not_a_place,
    place,
    resources_of,
)
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_01")
MARISOL = {"system": "urn:oid:2.16.600", "value": "4567012"}
BORN = "1992-07-14"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
WEIGHT = "29463-7"
HBA1C = "4548-4"
# what national systems and HL7 version 2 write; FHIR's own words are in English everywhere
FEMALE_ELSEWHERE = {"f", "w", "femenino", "feminino", "mujer", "mulher", "woman", "fem"}
# what is right is asked of the server: a class may have stored more measurements by then
ROSA_HBA1C_OF_2024 = f"Observation?patient=Patient/rosa-fuenzalida&code={LOINC}|{HBA1C}&date=ge2024"
STATUSES = {"unknown_type": 404, "wrong_body": 400, "deleted": 410, "stale": 412}


@EXERCISES.exercise("1.1", points=2, clause="FHIR R4 patient.html; datatypes.html#date")
def patient_as_resource(answer: Any, evidence: Evidence) -> Finding | None:
    """Marisol's data stand in the elements and formats of Patient."""
    patient = as_object(answer)
    if patient.get("resourceType") != "Patient":
        kind = patient.get("resourceType", type(answer).__name__)
        return wrong("type", where="Patient.resourceType", expected="Patient", found=kind)
    name = patient.get("name")
    if not isinstance(name, list):
        return wrong("name_not_list", where="Patient.name", expected="[{…}]", found=name)
    if at(name, 0, "family") != "Ayala Benítez" or at(name, 0, "given") != ["Marisol"]:
        expected = '{"family": "Ayala Benítez", "given": ["Marisol"]}'
        return wrong("name_parts", where="Patient.name[0]", expected=expected, found=at(name, 0))
    gender = patient.get("gender")
    if gender != "female":
        key = "gender_local" if str(gender).lower() in FEMALE_ELSEWHERE else "gender"
        return wrong(
            key, where="Patient.gender", expected="male | female | other | unknown", found=gender
        )
    birth = patient.get("birthDate")
    if birth != BORN:
        # another day is a slip; another form, such as 14/07/1992, is what the lesson is about
        key = "date_other" if isinstance(birth, str) and interval_of(birth) else "date_format"
        return wrong(key, where="Patient.birthDate", expected="YYYY-MM-DD", found=birth)
    if not _is_marisol(patient):
        where = "Patient.identifier"
        return wrong("identifier", where=where, expected=[MARISOL], found=patient.get("identifier"))
    return None


@EXERCISES.exercise(
    "1.2", clause="FHIR R4 http.html#create", needs=lambda answer: _read(answer, "Patient")
)
def patient_on_server(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is the relative reference of a patient on the server, and that patient is
    Marisol.
    """
    misread = not_a_place(answer, "Patient")
    if misread:
        return misread
    stored = evidence["stored"]
    if stored.status != 200:
        return wrong("not_there", expected="200", found=stored.status, where=answer)
    if not _is_marisol(as_object(stored.json)):
        return wrong(
            "other_patient",
            where="Patient.identifier",
            expected=MARISOL,
            found=at(stored.json, "identifier", 0),
        )
    return None


@EXERCISES.exercise("1.3", clause="FHIR R4 datatypes.html#Coding; terminologies-systems.html")
def coding_of_weight(answer: Any, evidence: Evidence) -> Finding | None:
    """Body weight as a LOINC coding: the exact URI and the code."""
    if isinstance(answer, list):
        return wrong("list", where="Coding", expected="{…}", found="[…]")
    coding = as_object(answer)
    system = coding.get("system")
    if system != LOINC:
        # https, www or a slash too many: a system is compared letter by letter (terminologies.html)
        plain = re.sub(r"^https?://(www\.)?", "", str(system).lower()).rstrip("/")
        key = "uri_differs" if plain == "loinc.org" and "/" in str(system) else "name_not_uri"
        return wrong(key, where="Coding.system", expected=LOINC, found=system)
    if coding.get("code") != WEIGHT:
        return wrong("other_code", where="Coding.code", expected=WEIGHT, found=coding.get("code"))
    return None


@EXERCISES.exercise(
    "1.4",
    points=2,
    clause="FHIR R4 observation.html; references.html#literal",
    needs=lambda answer: (
        _read(answer, "Observation") | {"marisol": "Patient?identifier=urn:oid:2.16.600|4567012"}
    ),
)
def observation_on_server(answer: Any, evidence: Evidence) -> Finding | None:
    """A weight with a unit of UCUM, coded in LOINC, about Marisol."""
    misread = not_a_place(answer, "Observation")
    if misread:
        return misread
    if evidence["stored"].status != 200:
        return wrong("not_there", expected="200", found=evidence["stored"].status, where=answer)
    observation = as_object(evidence["stored"].json)
    reference = at(observation, "subject", "reference")
    if reference is None:
        return wrong(
            "no_subject",
            where="Observation.subject.reference",
            expected="Patient/…",
            found=reference,
        )
    if place(reference) is None:
        return wrong(
            "bare_id", where="Observation.subject.reference", expected="Patient/…", found=reference
        )
    patients = resources_of(evidence["marisol"].json)
    if reference not in {f"Patient/{patient.get('id')}" for patient in patients}:
        return wrong("other_subject", where="Observation.subject.reference", found=reference)
    code = observation.get("code")
    if not any(c.get("system") == LOINC and c.get("code") == WEIGHT for c in codings_of(code)):
        where = "Observation.code.coding"
        return wrong("code", where=where, expected=f"{LOINC}|{WEIGHT}", found=code)
    return _wrong_quantity(observation)


def _wrong_quantity(observation: Json) -> Finding | None:
    quantity = as_object(observation.get("valueQuantity"))
    value = quantity.get("value")
    if not quantity or isinstance(value, str):
        where = "Observation.valueQuantity.value"
        return wrong(
            "value_text", where=where, expected="62.4", found=repr(value) if quantity else "–"
        )
    if quantity.get("system") != UCUM or quantity.get("code") != "kg":
        unit = {name: quantity.get(name) for name in ("unit", "system", "code")}
        return wrong("unit", where="Observation.valueQuantity", expected=f"{UCUM}|kg", found=unit)
    # 62.40 is as right: how many digits were measured is not asked here
    if float(value or 0) != 62.4:
        return wrong("value", where="Observation.valueQuantity.value", found=value)
    return None


@EXERCISES.exercise(
    "1.5",
    points=2,
    clause="FHIR R4 search.html#date, search.html#token, search.html#chaining",
    needs=lambda answer: (
        {"found": answer, "wanted": ROSA_HBA1C_OF_2024} if _is_search(answer) else {}
    ),
)
def search_for_one(answer: Any, evidence: Evidence) -> Finding | None:
    """The search finds Rosa's HbA1c of 2024 and nothing else, whatever way it is written."""
    if not _is_search(answer):
        given = answer if isinstance(answer, str) else type(answer).__name__
        return wrong("not_a_search", expected="Observation?…", found=given)
    # whoever knows the id has looked it up, and has not searched
    if "_id=" in answer:
        return wrong("by_id", where="_id", found=answer)
    response = evidence["found"]
    if response.status != 200:
        reason = at(response.json, "issue", 0, "details", "text")
        return wrong("refused", expected="200", found=f"{response.status}: {reason}", where=answer)
    ids = {resource.get("id") for resource in resources_of(response.json)}
    wanted = {resource.get("id") for resource in resources_of(evidence["wanted"].json)}
    # by what it finds, not by how it is written: there are many right searches
    if ids == wanted:
        return None
    key = "nothing" if not ids else "too_many" if wanted < ids else "others"
    return wrong(key, where="Bundle.total", expected=len(wanted), found=at(response.json, "total"))


@EXERCISES.exercise(
    "1.6",
    points=2,
    clause="FHIR R4 http.html#update, http.html#concurrency",
    needs=lambda answer: {"history": f"{answer}/_history"} if place(answer, "Patient") else {},
)
def second_version(answer: Any, evidence: Evidence) -> Finding | None:
    """Marisol's patient has a second version, with a telephone and with all she had before."""
    misread = not_a_place(answer, "Patient")
    if misread:
        return misread
    versions = resources_of(evidence["history"].json)
    if evidence["history"].status != 200 or not versions or not _is_marisol(versions[-1]):
        return wrong(
            "other_patient",
            expected=MARISOL,
            found=at(versions, -1, "identifier") or "–",
            where=answer,
        )
    if len(versions) < 2:
        return wrong("one_version", where="Bundle.total", expected="2", found=len(versions))
    # a history gives the newest first (FHIR R4 http.html#history)
    newest = versions[0]
    if not _is_marisol(newest) or not newest.get("name"):
        return wrong("lost", where="Patient", found=", ".join(sorted(newest)))
    phones = [as_object(contact) for contact in as_list(newest.get("telecom"))]
    if not any(contact.get("system") == "phone" and contact.get("value") for contact in phones):
        expected = '[{"system": "phone", "value": "…"}]'
        return wrong("no_phone", where="Patient.telecom", expected=expected, found=phones)
    return None


@EXERCISES.exercise("1.7", points=2, clause="FHIR R4 http.html#transaction, bundle.html#references")
def transaction_bundle(answer: Any, evidence: Evidence) -> Finding | None:
    """A transaction with a patient and a condition that points to it by its fullUrl."""
    bundle = as_object(answer)
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        return wrong(
            "bundle_type", where="Bundle.type", expected="transaction", found=bundle.get("type")
        )
    entries = [as_object(entry) for entry in as_list(bundle.get("entry"))]
    by_type = {at(entry, "resource", "resourceType"): entry for entry in entries}
    # no third entry: what the others refer to must be among them
    if set(by_type) != {"Patient", "Condition"}:
        return wrong(
            "entries",
            where="Bundle.entry",
            expected="Patient, Condition",
            found=", ".join(map(str, by_type)),
        )
    for index, entry in enumerate(entries):
        request = as_object(entry.get("request"))
        kind = at(entry, "resource", "resourceType")
        if request.get("method") != "POST" or request.get("url") != kind:
            where = f"Bundle.entry[{index}].request"
            return wrong(
                "request",
                where=where,
                expected={"method": "POST", "url": kind},
                found=request or "–",
            )
    full_url = by_type["Patient"].get("fullUrl")
    if not str(full_url).startswith("urn:uuid:"):
        return wrong(
            "full_url", where="Bundle.entry.fullUrl", expected="urn:uuid:…", found=full_url
        )
    reference = at(by_type["Condition"], "resource", "subject", "reference")
    if reference != full_url:
        key = "real_reference" if place(reference) else "dangling"
        return wrong(key, where="Condition.subject.reference", expected=full_url, found=reference)
    return None


@EXERCISES.exercise("1.8", points=2, clause="FHIR R4 http.html#Status-Codes, http.html#concurrency")
def predicted_statuses(answer: Any, evidence: Evidence) -> Finding | None:
    """The statuses that FHIR gives for four requests that go wrong."""
    predictions = as_object(answer)
    for name, status in STATUSES.items():
        guess = predictions.get(name)
        if guess == status:
            continue
        if isinstance(guess, str):
            return wrong("text", where=name, expected="404, 410 …", found=repr(guess))
        # 5xx would say that the server is to blame for what the client did
        if isinstance(guess, int) and guess >= 500:
            return wrong("blames_server", where=name, expected="4xx", found=guess)
        if isinstance(guess, int) and guess < 300:
            return wrong("accepts", where=name, expected="4xx", found=guess)
        return wrong(name, where=name, found=guess)
    return None


def _read_both(answer: Any) -> dict[str, str]:
    """Asks for the two resources of the open task, as far as they are named."""
    named = {"patient": at(answer, "patient"), "immunization": at(answer, "immunization")}
    return {name: path for name, path in named.items() if place(path, name.capitalize())}


@EXERCISES.exercise(
    "1.9a", clause="FHIR R4 patient.html; IPS 2.0.0 Patient", needs=_read_both, hidden_part_of="1.9"
)
def open_patient(answer: Any, evidence: Evidence) -> Finding | None:
    """The patient can be identified: an identifier with an absolute system, a name, a birth
    date.
    """
    patient = handed_in(evidence, "patient")
    if not patient:
        return wrong(
            "not_there", where="patient", expected="Patient/…", found=at(answer, "patient")
        )
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    absolute = re.compile(r"^(urn:|https?://)")
    if not any(absolute.match(str(i.get("system", ""))) and i.get("value") for i in identifiers):
        where = "Patient.identifier.system"
        return wrong("identifier", where=where, expected="urn:… | http…", found=identifiers)
    if not at(patient, "name", 0) or not interval_of(str(patient.get("birthDate"))):
        return wrong(
            "incomplete",
            where="Patient",
            expected="name, birthDate",
            found=", ".join(sorted(patient)),
        )
    return None


@EXERCISES.exercise(
    "1.9b", clause="FHIR R4 immunization.html", needs=_read_both, hidden_part_of="1.9"
)
def open_immunization(answer: Any, evidence: Evidence) -> Finding | None:
    """The vaccination happened and its vaccine has a system and a code."""
    immunization = handed_in(evidence, "immunization")
    if not immunization:
        return wrong(
            "not_there",
            where="immunization",
            expected="Immunization/…",
            found=at(answer, "immunization"),
        )
    if immunization.get("status") != "completed":
        where = "Immunization.status"
        return wrong("status", where=where, expected="completed", found=immunization.get("status"))
    vaccine = immunization.get("vaccineCode")
    if not any(coding.get("system") and coding.get("code") for coding in codings_of(vaccine)):
        where = "Immunization.vaccineCode.coding"
        return wrong("vaccine", where=where, expected="system, code", found=vaccine)
    return None


@EXERCISES.exercise(
    "1.9c", clause="FHIR R4 references.html#literal", needs=_read_both, hidden_part_of="1.9"
)
def open_reference(answer: Any, evidence: Evidence) -> Finding | None:
    """The vaccination points to the patient that was handed in."""
    reference = at(handed_in(evidence, "immunization"), "patient", "reference")
    if reference == at(answer, "patient") and handed_in(evidence, "patient"):
        return None
    if reference is None:
        key = "no_reference"
    elif place(reference) is None:
        key = "not_a_reference"
    else:
        key = "other_reference"
    where = "Immunization.patient.reference"
    return wrong(key, where=where, expected=at(answer, "patient"), found=reference)


@EXERCISES.exercise(
    "1.9d",
    clause="FHIR R4 immunization.html; datatypes.html#date",
    needs=_read_both,
    hidden_part_of="1.9",
)
def open_dates(answer: Any, evidence: Evidence) -> Finding | None:
    """Nobody is vaccinated before birth."""
    given = handed_in(evidence, "immunization").get("occurrenceDateTime")
    born = interval_of(str(handed_in(evidence, "patient").get("birthDate")))
    interval = interval_of(str(given))
    if interval is None:
        key = "no_date" if given is None else "date_format"
        return wrong(
            key, where="Immunization.occurrenceDateTime", expected="YYYY-MM-DD", found=given
        )
    # intervals: a vaccination in 2020 is not before a birth in May 2020
    if born is None or interval[1] < born[0]:
        return wrong("before_birth", where="Immunization.occurrenceDateTime", found=given)
    return None


def _is_marisol(patient: Json) -> bool:
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    return any(
        i.get("system") == MARISOL["system"] and i.get("value") == MARISOL["value"]
        for i in identifiers
    )


def _read(answer: Any, resource_type: str) -> dict[str, str]:
    return {"stored": answer} if place(answer, resource_type) else {}


def _is_search(answer: Any) -> bool:
    return isinstance(answer, str) and answer.startswith("Observation?")
