"""Lesson 09, the rehearsal: from registering a system to what is published of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_list, by_name, unpacked, wrong_prediction
from sandbox.course.slips import artefact_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_09")
COUNTRY = "PY"
ACTOR = "document-source"
OTHER_COUNTRY = {"PRY": "three_letters", "600": "numeric_country", "PARAGUAY": "country_name"}
REQUIRED = ["1.4", "1.8", "1.9"]
OPTIONAL = {"1.12"}
FAILURE = {
    "test": "SRC-13",
    "where": "Bundle.entry[1].resource.content[0].attachment.hash",
    "clause": "MHD 3:4.65.4.1.2.1",
}
STEPS = {
    "fail": "mend",
    "warn": "explain",
    "skip": "add",
    "inconclusive": "repeat",
    "error": "report",
}
NIGHT = {
    "fail": ["SRC-13", "SRC-26"],
    "warn": ["SRC-07"],
    "skip": ["SRC-22"],
    "inconclusive": ["RCP-01"],
    "error": ["RCP-02"],
}
PASSED = {"SRC-01", "RCP-03"}
WALL = {STEPS[verdict]: numbers for verdict, numbers in NIGHT.items()}
MAY = {"ana": "no", "eva": "no", "luz": "yes", "ivo": "no", "teo": "no", "sol": "yes"}
PARTNER = {"role": "recipient", "system": "hospital-pa", "meetings": 3}
SHOWN = {"system": "salud-py", "country": "PY"}
PUBLISHED: list[dict[str, Any]] = [
    {"test": "1.4", **SHOWN, "state": "verified", "peers": []},
    {"test": "1.8", **SHOWN, "state": "partially", "peers": ["hospital-pa"]},
]
NOT_REACHED = {"1.9": "failed", "1.12": "undecided"}
PRIVATE = ("tries", "person")


@EXERCISES.exercise(
    "9.1",
    points=2,
    clause="FHIR R4 http.html#root; ISO 3166-1 alpha-2; MHD 1:33.1.1",
    asked=Asked(read=by_name("name", "base", "team", "country", "actors")),
)
def registered_system(answer: Any, evidence: Evidence) -> Finding | None:
    """A name, a FHIR base, two letters of a country, and the actor of a Source."""
    name = answer["name"]
    if not isinstance(name, str) or re.search(r"\s", name.strip()):
        return wrong("name_with_blanks", where="name", expected="salud-py", found=as_json(name))
    return (
        _wrong_base(answer["base"])
        or _wrong_country(answer["country"])
        or _wrong_actors(answer["actors"])
    )


def _wrong_base(base: Any) -> Finding | None:
    def fault(name: str) -> Finding:
        return wrong(name, where="base", expected="http://…/fhir", found=as_json(base))

    if not isinstance(base, str) or not base.startswith(("http://", "https://")):
        return fault("no_address")
    parts = urlsplit(base)
    if parts.username:
        return fault("password_in_address")
    if parts.query or re.search(r"/([A-Z]\w+|metadata)(/|\Z)", parts.path):
        return fault("below_the_base")
    return None if parts.path.rstrip("/").endswith("/fhir") else fault("above_the_base")


def _wrong_country(country: Any) -> Finding | None:
    # capitals make no difference: the sandbox writes them itself
    text = str(country).strip().upper()
    if text == COUNTRY:
        return None
    name = OTHER_COUNTRY.get(text, "another_country")
    return wrong(name, where="country", expected=COUNTRY, found=as_json(country))


def _wrong_actors(actors: Any) -> Finding | None:
    if isinstance(actors, str):
        name = "one_for_list" if actors == ACTOR else "actor_words"
        return wrong(name, where="actors", expected=as_json([ACTOR]), found=as_json(actors))
    names = [str(actor) for actor in as_list(actors)]
    if ACTOR in names:
        return None
    alike = [name.lower().replace(" ", "-").replace("_", "-") for name in names]
    name = "actor_words" if ACTOR in alike else "other_actor"
    return wrong(name, where="actors", expected=as_json([ACTOR]), found=as_json(actors))


def _ids(answer: Any) -> Any:
    value = unpacked(answer)
    if artefact_of(value):
        return wrong(artefact_of(value), expected='["…", "…"]', found=as_json(answer))
    if isinstance(value, str):
        return wrong("one_for_list", expected='["…", "…"]', found=as_json(answer))
    if not isinstance(value, list):
        return wrong("no_list", expected='["…", "…"]', found=as_json(answer))
    return value


@EXERCISES.exercise("9.2", points=2, clause="LACPASS 2023, Track 1", asked=Asked(read=_ids))
def required_tests(answer: Any, evidence: Evidence) -> Finding | None:
    """The ids of the planned tests that are required of a Document Source."""

    def fault(name: str) -> Finding:
        return wrong(name, expected=as_json(REQUIRED), found=as_json(answer))

    if not answer:
        return fault("nothing_found")
    if any(isinstance(item, dict) for item in answer):
        return fault("whole_tasks")
    if any(isinstance(item, float) for item in answer):
        return fault("as_numbers")
    ids = {str(item).strip() for item in answer}
    if any(re.fullmatch(r"[A-Z]{3}-\d+", id) for id in ids):
        return fault("bench_tests")
    if not any(re.match(r"\d", id) for id in ids):
        return fault("titles")
    if ids & OPTIONAL:
        return fault("optional")
    if ids - set(REQUIRED):
        return fault("other_roles")
    return fault("one_lost") if set(REQUIRED) - ids else None


def _failures(answer: Any) -> Any:
    """Reads what is said of each failure; that of a single one may stand alone."""
    value = unpacked(answer)
    if not isinstance(value, list) or any(isinstance(item, str) for item in value):
        read = by_name(*FAILURE)(value)
        return read if isinstance(read, Finding) else [read]
    # a list for each test, with its findings in it
    flat = [part for item in value for part in (item if isinstance(item, list) else [item])]
    if not flat:
        return wrong("no_failures", expected="SRC-…", found=as_json(value))
    if any(isinstance(item, dict) and "findings" in item for item in flat):
        return wrong("whole_tests", expected=", ".join(FAILURE), found=as_json(value))
    read = [by_name(*FAILURE)(item) for item in flat]
    return next((item for item in read if isinstance(item, Finding)), read)


@EXERCISES.exercise("9.3", points=2, clause="MHD 3:4.65.4.1.2.1", asked=Asked(read=_failures))
def read_failure(answer: Any, evidence: Evidence) -> Finding | None:
    """Which test failed, where, and by which clause."""
    if len(answer) > 1 and any(item["test"] == FAILURE["test"] for item in answer):
        found = as_json([item["test"] for item in answer])
        return wrong("more_failures", expected=as_json([FAILURE["test"]]), found=found)
    return _not_the_failure(answer[0])


def _not_the_failure(answer: Mapping[str, Any]) -> Finding | None:
    test = answer["test"]
    if test == "mhd.source.hash_and_size":
        test = FAILURE["test"]  # its other name, which never changes either
    if test == "1.4":
        return wrong("planned_test", where="test", expected=FAILURE["test"], found=test)
    if str(test).startswith("SRC-") and test != FAILURE["test"]:
        return wrong("another_test", where="test", expected=FAILURE["test"], found=test)
    if str(answer["clause"]).startswith("http"):
        return wrong(
            "link_for_clause", where="clause", expected=FAILURE["clause"], found=answer["clause"]
        )
    if str(answer["where"]).startswith(("http", "/")):
        return wrong(
            "address_for_place", where="where", expected=FAILURE["where"], found=answer["where"]
        )
    given = {**answer, "test": test}
    faults = (compare(f"wrong_{name}", given[name], FAILURE[name], where=name) for name in FAILURE)
    return next(filter(None, faults), None)


def _wall(answer: Any) -> Any:
    """Reads the numbers under each step, whatever else stands there."""
    value = unpacked(answer)
    if not isinstance(value, dict):
        return by_name(*WALL)(value)
    if value and set(value) <= {*STEPS, "pass"}:
        return wrong("by_verdict", expected=", ".join(WALL), found=", ".join(value))
    for step, numbers in value.items():
        name = "" if isinstance(numbers, list) else "no_numbers"
        name = "one_for_list" if isinstance(numbers, str) else name
        name = "counted" if isinstance(numbers, int) else name
        if name or any(not isinstance(number, str) for number in numbers):
            return wrong(name or "whole_tests", where=step, found=as_json(numbers))
    return value


@EXERCISES.exercise("9.4", points=2, clause="docs/design.md 3, 6 and 8", asked=Asked(read=_wall))
def what_to_do(answer: Any, evidence: Evidence) -> Finding | None:
    """What each verdict asks of a team, for a whole run."""
    steps = {number: step for step, numbers in answer.items() for number in numbers}
    if PASSED & set(steps):
        return wrong("passed_too", where=", ".join(sorted(PASSED & set(steps))))
    if not steps:
        return wrong("empty_list", expected=", ".join(WALL), found=as_json(answer))
    taken = {verdict: steps.get(numbers[0], "") for verdict, numbers in NIGHT.items()}
    lost = [number for numbers in NIGHT.values() for number in numbers if number not in steps]
    if lost:
        return wrong("number_lost", where=lost[0], found=as_json(answer), missing=lost[0])
    if sum(map(len, answer.values())) > len(steps):
        return wrong("number_twice", found=as_json(answer))
    return wrong_prediction(taken, STEPS, tuple(STEPS.values()))


@EXERCISES.exercise("9.5", points=2, clause="docs/rights.md", asked=Asked(read=by_name(*MAY)))
def who_decides(answer: Any, evidence: Evidence) -> Finding | None:
    """Who may verify an instance, and who may not."""
    given = {name: word for name, word in answer.items() if name in MAY}
    if all(isinstance(word, bool) for word in given.values()):
        if all(given.values()):
            return wrong("everybody", expected=as_json(MAY), found=as_json(given))
        if not any(given.values()):
            return wrong("nobody", expected=as_json(MAY), found=as_json(given))
    elif all(isinstance(word, (list, dict)) for word in given.values()):
        return wrong("no_truth", expected="True | False", found=as_json(given))
    # one by one: of a function, two wrong answers are not two that were mistaken for each other
    faults = (wrong_prediction(answer, {name: MAY[name]}, ("yes", "no")) for name in MAY)
    return next(filter(None, faults), None)


@EXERCISES.exercise(
    "9.6", points=2, clause="LACPASS 2023, planned test 1.8", asked=Asked(read=by_name(*PARTNER))
)
def partner_abroad(answer: Any, evidence: Evidence) -> Finding | None:
    """The partner's role and system, and how many meetings are asked."""
    if answer["role"] == "source":
        return wrong("own_role", where="role", expected="recipient", found="source")
    if answer["role"] == "document-recipient":
        return wrong("actor_for_role", where="role", expected="recipient", found=answer["role"])
    if answer["system"] in ("Equipo Panamá", "PA", "Panamá"):
        return wrong(
            "team_for_system", where="system", expected=PARTNER["system"], found=answer["system"]
        )
    if str(answer["system"]).startswith("http"):
        return wrong(
            "address_for_name", where="system", expected=PARTNER["system"], found=answer["system"]
        )
    faults = (compare(f"wrong_{n}", answer[n], PARTNER[n], where=n) for n in PARTNER)
    return next(filter(None, faults), None)


def _lines(answer: Any) -> Any:
    """Reads the lines of what is published."""
    value = unpacked(answer)
    if artefact_of(value):
        return wrong(artefact_of(value), expected="[{…}, …]", found=as_json(answer))
    if not isinstance(value, list) or any(not isinstance(line, dict) for line in value):
        found = as_json(answer)
        name = "values_alone" if isinstance(value, list) and value else "no_lines"
        return wrong(name, expected="[{…}, …]", found=found)
    return value


@EXERCISES.exercise("9.7", points=2, clause="docs/design.md 3, 23", asked=Asked(read=_lines))
def what_is_published(answer: Any, evidence: Evidence) -> Finding | None:
    """What is published of a system, and what is not."""

    def fault(name: str, where: str = "") -> Finding:
        return wrong(name, where=where, expected=as_json(PUBLISHED), found=as_json(answer))

    if not answer:
        return fault("nothing_left")
    for name in PRIVATE:
        if any(name in line for line in answer):
            return fault(name, where=name)
    by_test = {line.get("test"): line for line in answer}
    unknown = [test for test in by_test if not isinstance(test, str)]
    if unknown:
        return fault("no_test", where="test")
    more = next((test for test in NOT_REACHED if test in by_test), "")
    if more:
        return fault(NOT_REACHED[more], where=more)
    lost = next((line["test"] for line in PUBLISHED if line["test"] not in by_test), "")
    if lost:
        return fault("verified" if lost == "1.4" else "partially", where=lost)
    if len(answer) != len(by_test):
        return fault("line_twice")
    return _unlike(by_test)


def _unlike(by_test: Mapping[str, Mapping[str, Any]]) -> Finding | None:
    """Says which part of a line is not as the event knows it."""
    for right in PUBLISHED:
        line = by_test[right["test"]]
        for name, value in right.items():
            where = f"{right['test']}.{name}"
            if name not in line:
                key = "country" if name == "country" else "part_lost"
                return wrong(key, where=where, expected=as_json(right), found=as_json(line))
            fault = compare("part_changed", line[name], value, where=where)
            if fault:
                return fault
        more = next((name for name in line if name not in right), "")
        if more:
            return wrong("part_added", where=more, expected=", ".join(right), found=as_json(line))
    return None
