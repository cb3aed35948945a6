"""Lesson 09, the rehearsal: from registering a system to what is published of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_list, by_name, unpacked, wrong_prediction
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
MAY = {
    "own_team": "no",
    "partner_team": "no",
    "other_monitor": "yes",
    "bench_alone": "yes",
    "unticked": "no",
    "contested": "yes",
}
PARTNER = {"role": "recipient", "system": "hospital-pa", "meetings": 3}
PUBLISHED = {"verified": "yes", "country": "yes", "failed": "no", "tries": "no", "person": "no"}


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


@EXERCISES.exercise(
    "9.3", points=2, clause="MHD 3:4.65.4.1.2.1", asked=Asked(read=by_name(*FAILURE))
)
def read_failure(answer: Any, evidence: Evidence) -> Finding | None:
    """Which test failed, where, and by which clause."""
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


@EXERCISES.exercise(
    "9.4", points=2, clause="docs/design.md 3, 6 and 8", asked=Asked(read=by_name(*STEPS))
)
def what_to_do(answer: Any, evidence: Evidence) -> Finding | None:
    """What each verdict asks of a team."""
    return wrong_prediction(answer, STEPS, tuple(STEPS.values()))


@EXERCISES.exercise("9.5", points=2, clause="docs/rights.md", asked=Asked(read=by_name(*MAY)))
def who_decides(answer: Any, evidence: Evidence) -> Finding | None:
    """Who may decide about an instance, and what may be done about it."""
    return wrong_prediction(answer, MAY, ("yes", "no"))


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


@EXERCISES.exercise(
    "9.7", points=2, clause="docs/design.md 3, 23", asked=Asked(read=by_name(*PUBLISHED))
)
def what_is_published(answer: Any, evidence: Evidence) -> Finding | None:
    """What is published of a system, and what is not."""
    return wrong_prediction(answer, PUBLISHED, ("yes", "no"))
