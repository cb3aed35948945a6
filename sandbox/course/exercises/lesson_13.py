"""Lesson 13, identity and security: who somebody is (PDQm, PIXm), who may ask (tokens, TLS), and
what is written down of it (AuditEvent).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.course.comparing import as_json, compare, read_any_base64, swapped, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import (
    a_resource,
    a_search,
    as_list,
    as_object,
    at,
    by_name,
    handed_in,
    no_type,
    resources_of,
    wrong_prediction,
)
from sandbox.course.slips import whole_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_13")
BORN = "2001-05-09"
FLOR = {"system": "urn:oid:2.16.604", "value": "90427716"}
SURNAMES = ("family", "name")
NUMBERS = ("identifier", "_id")
# the parameters of ITI-78 that serve here, and those of every search
KNOWN = {*SURNAMES, *NUMBERS, "given", "birthdate", "gender", "active", "_format", "_count"}
WHICH = {
    "reception": "ITI-78",
    "other_number": "ITI-83",
    "unsure": "ITI-119",
    "feed": "ITI-104",
    "audit": "ITI-81",
}
TRANSACTIONS = (*WHICH.values(), "ITI-65", "ITI-67")
PASSPORTS: dict[str, list[str]] = {"rosa": ["P48215377"], "nobody": []}
NATIONAL = "48215377-1"
STATUSES = {"search_nobody": 200, "pix_nobody": 404, "pix_domain": 400, "pix_alone": 200}
OURS = {
    "good": "yes",
    "too_narrow": "yes",
    "other_server": "no",
    "expired": "no",
    "forged": "no",
    "unsigned": "no",
}
REPLIES: dict[str, list[Any]] = {
    "nothing": [401, ""],
    "password": [401, ""],
    "expired": [401, "invalid_token"],
    "too_narrow": [403, "insufficient_scope"],
    "small_letters": [200, ""],
    "good": [200, ""],
}
MEETS = {
    "good": "ok",
    "self_signed": "authority",
    "stranger": "authority",
    "other_name": "name",
    "old": "time",
    "blind": "ok",
}
BOTH_SIDES = {
    "together": "ok",
    "anonymous": "refused",
    "stranger": "refused",
    "impostor": "refused",
    "other_name": "refused",
    "outdated": "refused",
}
WHO = "dra.quispe"
QUERY = f"Patient?family=huaman&birthdate={BORN}"
PATIENT = re.compile(r"(?i)huam|flor\b|90427716|2001-05-09")
AUDIT_CODES = {"type": "rest", "action": "E", "outcome": "4"}


@EXERCISES.exercise(
    "13.1",
    points=2,
    clause="PDQm 2:3.78.4.1.2.1",
    asked=Asked(a_search("Patient"), needs=lambda answer: {"found": answer}),
)
def by_what_she_says(answer: Any, evidence: Evidence) -> Finding | None:
    """A search by family name and date of birth that finds Flor."""
    given = parse_qsl(answer.partition("?")[2], keep_blank_values=True)
    names = [name.partition(":")[0] for name, _ in given]

    def fault(name: str, parameter: str = "") -> Finding:
        form = "Patient?…=…&…=…"
        return wrong(name, expected=form, found=unquote(answer), parameter=parameter)

    unknown = next((name for name in names if name not in KNOWN), None)
    if unknown is not None:
        return fault("no_parameter", parameter=unknown)
    if set(names) & set(NUMBERS):
        return fault("by_number")
    if "birthdate" not in names:
        return fault("no_birth")
    if not set(names) & set(SURNAMES):
        return fault("no_family")
    born = dict(given).get("birthdate", "").removeprefix("eq")
    other = compare("other_birth", born, BORN, where="birthdate")
    if other or _is_flor_among(handed_in(evidence, "found")):
        return other
    is_exact = any(name.endswith(":exact") for name, _ in given)
    return fault("exact" if is_exact else "other_family")


def _is_flor_among(searchset: Json) -> bool:
    patients = resources_of(searchset)
    identifiers = [as_object(each) for p in patients for each in as_list(at(p, "identifier"))]
    return any(FLOR.items() <= each.items() for each in identifiers)


@EXERCISES.exercise(
    "13.2", points=2, clause="PDQm 1:38; PIXm 1:41; BALP 3:5.7", asked=Asked(by_name(*WHICH))
)
def which_transaction(answer: Any, evidence: Evidence) -> Finding | None:
    """Which transaction serves which purpose."""
    for name in WHICH:
        if re.fullmatch(r"(?i)pdqm?|pixm?|atna|balp|mhd|pmir", str(answer[name]).strip()):
            found = as_json(answer[name])
            return wrong("profile_name", where=name, expected="ITI-…", found=found)
    return wrong_prediction(answer, WHICH, TRANSACTIONS)


@EXERCISES.exercise(
    "13.3", points=3, clause="PIXm 2:3.83.4.1.2, 2:3.83.4.2", asked=Asked(by_name(*PASSPORTS))
)
def other_numbers(answer: Any, evidence: Evidence) -> Finding | None:
    """The passports of Rosa, and of a number that nobody has."""
    return _wrong_passports(answer["rosa"]) or _wrong_nobody(answer["nobody"])


def _wrong_passports(given: Any) -> Finding | None:
    right = PASSPORTS["rosa"]

    def fault(name: str) -> Finding:
        return wrong(name, where="rosa", expected='["…"]', found=as_json(given))

    if isinstance(given, dict):
        return fault(whole_of(given) if whole_of(given) == "server_error" else "whole_answer")
    if isinstance(given, str):
        return fault("one_for_list" if given in right else "other_passport")
    values = as_list(given)
    if not values:
        return fault("nothing_found")
    if any(isinstance(value, dict) for value in values):
        return fault("whole_identifier")
    texts = list(map(str, values))
    if any("Patient/" in text for text in texts):
        return fault("target_id")
    if NATIONAL in texts:
        return fault("same_number")
    if any("|" in text for text in texts):
        return fault("with_system")
    return None if texts == right else fault("other_passport")


def _wrong_nobody(given: Any) -> Finding | None:
    name = whole_of(given) or "words_for_nobody"
    return None if given == [] else wrong(name, where="nobody", expected="[]", found=as_json(given))


@EXERCISES.exercise(
    "13.4",
    points=2,
    clause="PIXm 2:3.83.4.2.2; FHIR R4 search.html",
    asked=Asked(by_name(*STATUSES)),
)
def which_status(answer: Any, evidence: Evidence) -> Finding | None:
    """With which status four questions are answered."""
    faults = (compare(name, answer[name], right, where=name) for name, right in STATUSES.items())
    return swapped(answer, STATUSES) or next(filter(None, faults), None)


@EXERCISES.exercise(
    "13.5", points=3, clause="RFC 7519 4.1, 7.2; RFC 8725 3.1", asked=Asked(by_name(*OURS))
)
def is_token_ours(answer: Any, evidence: Evidence) -> Finding | None:
    """Which of six tokens a server takes."""
    words = ["yes" if answer[name] in (True, "yes") else "no" for name in OURS]
    claims = next((name for name in OURS if isinstance(answer[name], dict)), None)
    if claims:
        found = as_json(answer[claims])
        return wrong("claims_for_yes", where=claims, expected="True", found=found)
    if set(words) == {"yes"}:
        return wrong("all_accepted", expected="yes | no", found=as_json(answer))
    if all(answer[name] in (False, "no") for name in OURS):
        return wrong("none_accepted", expected="yes | no", found=as_json(answer))
    return wrong_prediction(answer, OURS, ("yes", "no"))


@EXERCISES.exercise(
    "13.6", points=3, clause="RFC 6750 3, 3.1; RFC 9110 11.1", asked=Asked(by_name(*REPLIES))
)
def what_server_answers(answer: Any, evidence: Evidence) -> Finding | None:
    """Status and error of six requests."""
    return next(filter(None, (_wrong_reply(name, answer[name]) for name in REPLIES)), None)


def _wrong_reply(name: str, given: Any) -> Finding | None:
    status, error = REPLIES[name]

    def fault(sentence: str) -> Finding:
        return wrong(sentence, where=name, expected="[…, …]", found=as_json(given))

    if not isinstance(given, list) or len(given) != 2:
        return fault("status_alone")
    if isinstance(given[0], str):
        return fault("status_text")
    if given[0] != status:
        return fault(name)
    if (given[1] or "") == error:
        return None
    return fault("error_word" if error else "told_too_much")


@EXERCISES.exercise(
    "13.7", points=2, clause="RFC 5280 6.1; RFC 9525 6", asked=Asked(by_name(*MEETS))
)
def whom_a_client_meets(answer: Any, evidence: Evidence) -> Finding | None:
    """At what a client notices six servers."""
    return wrong_prediction(answer, MEETS, ("ok", "authority", "name", "time"))


def _both_sides(answer: Any) -> Any:
    """Reads what came of the handshakes."""
    if isinstance(answer, dict) and set(answer) == {"no_context"}:
        side = as_json(answer["no_context"])
        return wrong("no_context", where="tried", expected="ssl.SSLContext", found=side)
    return by_name(*BOTH_SIDES)(answer)


@EXERCISES.exercise(
    "13.8",
    points=3,
    clause="RFC 8446 4.3.2; IHE ATNA 2:3.19; RFC 9325 3.1",
    asked=Asked(_both_sides),
)
def both_sides_known(answer: Any, evidence: Evidence) -> Finding | None:
    """Who gets through between a server and a client that both show a certificate."""
    return wrong_prediction(answer, BOTH_SIDES, ("ok", "refused"))


@EXERCISES.exercise(
    "13.9",
    points=3,
    clause="BALP 3:5.7; FHIR R4 auditevent.html",
    asked=Asked(a_resource("AuditEvent"), resource=lambda answer, evidence: answer),
)
def written_down(answer: Any, evidence: Evidence) -> Finding | None:
    """An AuditEvent of a refused search: what, who, how it ended, and the question itself."""
    return (
        no_type(answer, "AuditEvent")
        or _wrong_codes(answer)
        or _wrong_agent(answer)
        or _wrong_query(answer)
        or _tells_patient(answer)
    )


def _wrong_codes(answer: Json) -> Finding | None:
    given = {
        "type": at(answer, "type", "code"),
        "action": at(answer, "action"),
        "outcome": at(answer, "outcome"),
    }
    sentences = {"type": "event_type", "action": "action", "outcome": "outcome"}
    for name, right in AUDIT_CODES.items():
        fault = compare(sentences[name], given[name], right, where=f"AuditEvent.{name}")
        if fault:
            return fault
    subtypes = [at(each, "code") for each in as_list(at(answer, "subtype"))]
    if "ITI-78" in subtypes:
        return None
    found = as_json(subtypes)
    return wrong("no_subtype", where="AuditEvent.subtype", expected="ITI-78", found=found)


def _wrong_agent(answer: Json) -> Finding | None:
    agents = as_list(at(answer, "agent"))
    asking = next((agent for agent in agents if at(agent, "requestor") is True), None)

    def fault(name: str, found: Any) -> Finding:
        return wrong(name, where="AuditEvent.agent", expected=WHO, found=as_json(found))

    if asking is None:
        return fault("nobody_asked", agents)
    who = at(asking, "who")
    if not who:
        return fault("no_who", asking)
    names = (at(who, "display"), at(who, "identifier", "value"), at(asking, "altId"))
    return None if WHO in names else fault("other_who", who)


def _wrong_query(answer: Json) -> Finding | None:
    entities = as_list(at(answer, "entity"))
    query = next((each for each in entities if at(each, "role", "code") == "24"), None)

    def fault(name: str, found: Any) -> Finding:
        return wrong(name, where="AuditEvent.entity", expected="base64", found=as_json(found))

    if query is None:
        return fault("no_entity", entities)
    text = at(query, "query")
    if not text:
        return fault("no_query", query)
    content = read_any_base64(text)
    if content is None:
        return fault("query_plain", text)
    asked = unquote(content.decode("utf-8", "replace"))
    return None if QUERY in asked else fault("query_half", asked)


def _tells_patient(answer: Json) -> Finding | None:
    words = str(at(answer, "outcomeDesc") or "")
    if not PATIENT.search(words):
        return None
    return wrong("patient_told", where="AuditEvent.outcomeDesc", expected="403", found=words)
