"""Lesson 01, FHIR fundamentals: patient, observation, search, version, transaction, errors on
purpose.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.course.comparing import as_json, compare, differs, keeps, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import (
    a_reference,
    a_resource,
    a_search,
    as_list,
    as_object,
    at,
    by_name,
    differs_coding,
    handed_in,
    leads_to,
    no_type,
    not_coded,
    not_there,
    place,
    resources_of,
)
from sandbox.course.slips import is_alike, slip_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_01")
MARISOL = {"system": "urn:oid:2.16.600", "value": "4567012"}
BORN = "1992-07-14"
TELEPHONE = "+595981555014"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
WEIGHT = {"system": LOINC, "code": "29463-7"}
HBA1C = "4548-4"
UUID = re.compile(r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# what national systems and HL7 version 2 write; FHIR's own words are in English everywhere
FEMALE_ELSEWHERE = {"f", "w", "femenino", "feminino", "mujer", "mulher", "woman", "fem"}
# what is right is asked of the server: a class may have stored more measurements by then
ROSA_HBA1C_OF_2024 = f"Observation?patient=Patient/rosa-fuenzalida&code={LOINC}|{HBA1C}&date=ge2024"
STATUSES = {"unknown_type": 404, "wrong_body": 400, "deleted": 410, "stale": 412}


def _stored(answer: Any, evidence: Evidence) -> Any:
    return handed_in(evidence, "stored")


@EXERCISES.exercise(
    "1.1",
    points=2,
    clause="FHIR R4 patient.html; datatypes.html#date",
    asked=Asked(read=a_resource("Patient"), resource=lambda answer, _: answer),
)
def patient_as_resource(answer: Any, evidence: Evidence) -> Finding | None:
    """Marisol's data stand in the elements and formats of Patient."""
    fault = no_type(answer, "Patient")
    if fault:
        return fault
    if not isinstance(answer.get("name"), list):
        where = "Patient.name"
        return wrong(
            "name_not_list",
            where=where,
            expected="[{…}]",
            found=as_json(answer["name"]) if "name" in answer else "–",
        )
    return _wrong_name(answer["name"]) or _wrong_facts(answer)


def _wrong_name(names: list[Any]) -> Finding | None:
    """Says what is wrong with a name, where none of them is Marisol's."""
    faults = [
        compare("name_parts", at(name, "family"), "Ayala Benítez", where="Patient.name.family")
        or compare("name_parts", at(name, "given"), ["Marisol"], where="Patient.name.given")
        for name in names
    ]
    if None in faults:
        return None
    return faults[0] if faults else wrong("name_parts", where="Patient.name", found="[]")


def _wrong_facts(patient: Json) -> Finding | None:
    gender = patient.get("gender")
    name = "gender_local" if str(gender).lower() in FEMALE_ELSEWHERE else "gender"
    name = "gender_other" if gender in ("male", "other", "unknown") else name
    return (
        compare(name, gender, "female", where="Patient.gender")
        # another day is a slip; another form, such as 14/07/1992, is what the lesson is about
        or compare("date_other", patient.get("birthDate"), BORN, where="Patient.birthDate")
        or _wrong_identifier(patient)
    )


def _wrong_identifier(patient: Json) -> Finding | None:
    """Says how the identifiers differ from Marisol's; others may stand beside hers."""
    if _is_marisol(patient):
        return None
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    first = identifiers[0] if identifiers else {}
    where = "Patient.identifier"
    for part in ("value", "system"):
        slip = slip_of(first.get(part), MARISOL[part])
        if slip:
            return differs(slip, first[part], MARISOL[part], where=f"{where}.{part}")
    return differs("identifier", identifiers, [MARISOL], where=where)


@EXERCISES.exercise(
    "1.2",
    clause="FHIR R4 http.html#create",
    asked=Asked(
        read=a_reference("Patient", relative=True),
        needs=lambda answer: {
            "stored": answer,
            "by_number": f"Patient?identifier={answer.partition('/')[2]}",
        },
        resource=_stored,
    ),
)
def patient_on_server(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is the relative reference of a patient on the server, and that patient is
    Marisol.
    """
    if at(evidence["by_number"].json, "total") and evidence["stored"].status != 200:
        return wrong("identifier_for_id", expected="Patient/…", found=answer)
    return not_there(evidence, "stored", answer) or _not_marisol(_stored(answer, evidence))


def _not_marisol(patient: Json) -> Finding | None:
    if _is_marisol(patient):
        return None
    given = at(patient, "identifier", 0)
    return differs("other_patient", given, MARISOL, where="Patient.identifier")


@EXERCISES.exercise(
    "1.3",
    clause="FHIR R4 datatypes.html#Coding; terminologies-systems.html",
    asked=Asked(read=a_resource("Coding")),
)
def coding_of_weight(answer: Any, evidence: Evidence) -> Finding | None:
    """Body weight as a LOINC coding: the exact URI and the code."""
    if "coding" in answer:
        return wrong("concept", where="Coding", expected="{system, code}", found=as_json(answer))
    if "resourceType" in answer:
        return wrong("whole_resource", where="Coding", found=answer["resourceType"])
    return differs_coding("other_code", answer, WEIGHT, where="Coding")


@EXERCISES.exercise(
    "1.4",
    points=2,
    clause="FHIR R4 observation.html; references.html#literal",
    asked=Asked(
        read=a_reference("Observation"),
        needs=lambda answer: {
            "stored": answer,
            "marisol": "Patient?identifier=urn:oid:2.16.600|4567012",
        },
        resource=_stored,
    ),
)
def observation_on_server(answer: Any, evidence: Evidence) -> Finding | None:
    """A weight with a unit of UCUM, coded in LOINC, about Marisol."""
    observation = _stored(answer, evidence)
    return (
        not_there(evidence, "stored", answer)
        or _wrong_subject(observation, evidence)
        or not_coded("code", observation.get("code"), WEIGHT, where="Observation.code.coding")
        or _wrong_quantity(observation)
    )


def _wrong_subject(observation: Json, evidence: Evidence) -> Finding | None:
    where = "Observation.subject"
    subject = observation.get("subject")
    reference = at(subject, "reference")
    where = f"{where}.reference"
    if reference is None:
        name = "identifier_only" if at(subject, "identifier") else "no_subject"
        return wrong(name, where=where, expected="Patient/…", found=as_json(subject))
    if place(reference) is None:
        return wrong("bare_id", where=where, expected="Patient/…", found=reference)
    patients = [
        f"Patient/{patient.get('id')}" for patient in resources_of(evidence["marisol"].json)
    ]
    if any(leads_to(reference, patient, evidence) for patient in patients):
        return None
    return wrong("other_subject", where=where, found=reference)


def _wrong_quantity(observation: Json) -> Finding | None:
    where = "Observation.valueQuantity"
    quantity = as_object(observation.get("valueQuantity"))
    value = quantity.get("value")
    if not quantity and not any(name.startswith("value") for name in observation):
        return wrong("no_value", where=where, expected="62.4 kg", found="–")
    if not quantity or isinstance(value, str):
        given = value if quantity else "–"
        return wrong("value_text", where=f"{where}.value", expected="62.4", found=as_json(given))
    if quantity.get("system") != UCUM or not quantity.get("code"):
        unit = {name: quantity.get(name) for name in ("unit", "system", "code")}
        return wrong("unit", where=where, expected=f"{UCUM}|kg", found=as_json(unit))
    # 62.40 is as right: how many digits were measured is not asked here
    return compare("other_unit", quantity["code"], "kg", where=f"{where}.code") or (
        None
        if float(value or 0) == 62.4
        else differs("value", float(value or 0), 62.4, where=f"{where}.value")
    )


@EXERCISES.exercise(
    "1.5",
    points=2,
    clause="FHIR R4 search.html#date, search.html#token, search.html#chaining",
    asked=Asked(
        read=a_search("Observation"),
        needs=lambda answer: {"found": answer, "wanted": ROSA_HBA1C_OF_2024},
    ),
)
def search_for_one(answer: Any, evidence: Evidence) -> Finding | None:
    """The search finds Rosa's HbA1c since 2024 and nothing else, whatever way it is written."""
    # whoever knows the id has looked it up, and has not searched
    if "_id=" in answer:
        return wrong("by_id", where="_id", found=answer)
    response = evidence["found"]
    if response.status != 200:
        reason = at(response.json, "issue", 0, "details", "text")
        return wrong("refused", expected="200", found=f"{response.status}: {reason}", where=answer)
    total = at(response.json, "total")
    wanted = {resource.get("id") for resource in resources_of(evidence["wanted"].json)}
    ids = {resource.get("id") for resource in resources_of(response.json)}
    # by what it finds, not by how it is written: there are many right searches
    if ids <= wanted and total == len(wanted):
        # today it finds the same, and next year's result it will not
        is_one_year = re.search(r"[?&]date=(eq)?2024(&|$)", answer)
        return wrong("only_that_year", where="date", found=answer) if is_one_year else None
    is_part = isinstance(total, int) and total > len(ids)
    key = "nothing" if not ids else "too_many" if ids & wanted or is_part else "others"
    return wrong(key, where="Bundle.total", expected=len(wanted), found=total)


# what an update is about, and what each version has anew
RENEWED = ("telecom", "meta", "text")


@EXERCISES.exercise(
    "1.6",
    points=2,
    clause="FHIR R4 http.html#update, http.html#concurrency",
    asked=Asked(
        read=a_reference("Patient"),
        needs=lambda answer: {"history": f"{answer}/_history"},
        resource=lambda answer, evidence: at(evidence["history"].json, "entry", 0, "resource"),
    ),
)
def second_version(answer: Any, evidence: Evidence) -> Finding | None:
    """Marisol's patient has a second version, with her telephone and with all she had before."""
    versions = resources_of(evidence["history"].json)
    fault = not_there(evidence, "history", answer) or _not_marisol(versions[-1] if versions else {})
    if fault:
        return fault
    if len(versions) < 2:
        return wrong("one_version", where="Bundle.total", expected="2", found=len(versions))
    # a history gives the newest first (FHIR R4 http.html#history)
    newest = versions[0]
    first = versions[-1].items()
    lost = [n for n, value in first if n not in RENEWED and not keeps(newest.get(n), value)]
    if lost:
        return wrong("lost", where="Patient", expected=", ".join(lost), found=", ".join(newest))
    return _wrong_telephone(newest.get("telecom"))


def _wrong_telephone(telecom: Any) -> Finding | None:
    where = "Patient.telecom"
    if isinstance(telecom, dict):
        return wrong("one_for_list", where=where, expected="[{…}]", found=as_json(telecom))
    contacts = [as_object(contact) for contact in as_list(telecom)]
    phones = [contact for contact in contacts if contact.get("system") == "phone"]
    if any(re.sub(r"[^+0-9]", "", str(phone.get("value"))) == TELEPHONE for phone in phones):
        return None
    if phones:
        given = phones[0].get("value")
        return differs("other_number", given, "+595 981 555 014", where=f"{where}.value")
    given = contacts[0].get("system") if contacts else None
    return compare("no_phone", given, "phone", where=f"{where}.system")


@EXERCISES.exercise(
    "1.7",
    points=2,
    clause="FHIR R4 http.html#transaction, bundle.html#references",
    asked=Asked(read=a_resource("Bundle"), resource=lambda answer, _: answer),
)
def transaction_bundle(answer: Any, evidence: Evidence) -> Finding | None:
    """A transaction with a patient and a condition that points to it by its fullUrl."""
    if str(answer.get("type")).endswith("-response"):
        return wrong("server_response", where="Bundle.type", found=answer["type"])
    if answer.get("resourceType") != "Bundle" or answer.get("type") != "transaction":
        given = answer.get("type") or answer.get("resourceType")
        return wrong("bundle_type", where="Bundle", expected="transaction", found=given)
    entries = [as_object(entry) for entry in as_list(answer.get("entry"))]
    by_type = {at(entry, "resource", "resourceType"): entry for entry in entries}
    # no third entry: what the others refer to must be among them
    if set(by_type) != {"Patient", "Condition"}:
        given = ", ".join(map(str, by_type))
        return wrong("entries", where="Bundle.entry", expected="Patient, Condition", found=given)
    return _wrong_requests(entries) or _wrong_names(by_type["Patient"], by_type["Condition"])


def _wrong_requests(entries: list[Json]) -> Finding | None:
    for index, entry in enumerate(entries):
        request = as_object(entry.get("request"))
        type = at(entry, "resource", "resourceType")
        where = f"Bundle.entry[{index}].request"
        url = str(request.get("url"))
        if url.startswith("http"):
            return wrong("absolute", where=f"{where}.url", expected=type, found=url)
        if url != type and url.strip("/") == type:
            return wrong("stray_slash", where=f"{where}.url", expected=type, found=url)
        fault = compare("request", request.get("method"), "POST", where=where)
        if fault or url != type:
            right = {"method": "POST", "url": type}
            return fault or differs("request", request, right, where=where)
    return None


# what refers to the name is wrong with it
def _wrong_names(patient: Json, condition: Json) -> Finding | None:
    """Says what is wrong with the temporary name of the patient, or with the reference to it."""
    name = patient.get("fullUrl")
    if not str(name).startswith("urn:uuid:"):
        return wrong("full_url", where="Bundle", expected="urn:uuid:…", found=name)
    if not UUID.match(str(name)):
        return wrong("no_uuid", where="Bundle", expected="urn:uuid:…", found=name)
    where = "Bundle.entry.resource.subject"
    subject = at(condition, "resource", "subject")
    reference = at(subject, "reference")
    if isinstance(reference, str) and not is_alike(reference, name):
        if place(reference):
            return wrong("real_reference", where=where, expected=name, found=reference)
        if reference and reference.lstrip("#").removeprefix("urn:uuid:") in str(name):
            return wrong(
                "around" if "#" in reference else "no_prefix",
                where=where,
                expected=name,
                found=reference,
            )
    return compare("dangling", reference, name, where=f"{where}.reference")


@EXERCISES.exercise(
    "1.8",
    points=2,
    clause="FHIR R4 http.html#Status-Codes, http.html#concurrency",
    asked=Asked(read=by_name(*STATUSES)),
)
def predicted_statuses(answer: Any, evidence: Evidence) -> Finding | None:
    """The statuses that FHIR gives for four requests that go wrong."""
    for name, status in STATUSES.items():
        guess = answer[name]
        if is_alike(guess, status):
            continue
        key = slip_of(guess, status) or name
        if isinstance(guess, int) and key == name:
            # 5xx would say that the server is to blame for what the client did
            if guess >= 500:
                key = "blames_server"
            elif 200 <= guess < 300:
                key = "accepts"
            elif guess < 100:
                key = "no_status"
        return wrong(key, where=name, expected="4xx", found=as_json(guess))
    return None


def _is_marisol(patient: Json) -> bool:
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    return any(
        i.get("system") == MARISOL["system"] and i.get("value") == MARISOL["value"]
        for i in identifiers
    )
