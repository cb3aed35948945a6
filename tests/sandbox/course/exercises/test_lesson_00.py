"""Each exercise: the solution passes, a blank is not attempted, known wrong answers get their own message."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.course import ____
from sandbox.course.exercise import judge_answer
from sandbox.course.exercises.lesson_00 import EXERCISES
from sandbox.i18n import LANGUAGES, has_message
from tests.builders import a_client

BUNDLE = {"resourceType": "Bundle", "total": 10}
RIGHT = {"0.1": ["4.0.1"], "0.2": [12], "0.3": ["1", 1, "Track 1", "pista 1", "trilha 1"]}
WRONG: list[tuple[str, Any, str]] = [
    ("0.1", {"resourceType": "CapabilityStatement"}, "whole_document"),
    ("0.1", "R4", "release_name"),
    ("0.1", 4, "release_name"),
    ("0.1", "0.1.0", "software_version"),
    ("0.1", "5.0.0", "other"),
    ("0.1", ["4.0.1"], "other"),
    ("0.2", BUNDLE, "whole_bundle"),
    ("0.2", "12", "text"),
    ("0.2", 3, "one_page"),
    ("0.2", 7, "other"),
    ("0.2", True, "other"),
    ("0.3", "2a", "track_2a"),
    ("0.3", "Track 2b", "track_2b"),
    ("0.3", "IPS", "standard_name"),
    ("0.3", "4", "other"),
]


@pytest.mark.parametrize(("id", "answer"), [(id, answer) for id, answers in RIGHT.items() for answer in answers])
def test_a_right_answer_passes(trained: TestClient, id: str, answer: Any) -> None:
    assert judge_answer(EXERCISES.exercises[id], answer, a_client(trained).fetch).outcome == "passed"


@pytest.mark.parametrize("id", EXERCISES.exercises)
def test_a_blank_is_not_attempted(trained: TestClient, id: str) -> None:
    assert judge_answer(EXERCISES.exercises[id], ____, a_client(trained).fetch).outcome == "not_attempted"


@pytest.mark.parametrize(("id", "answer", "key"), WRONG)
def test_a_known_wrong_answer_gets_its_own_message(trained: TestClient, id: str, answer: Any, key: str) -> None:
    result = judge_answer(EXERCISES.exercises[id], answer, a_client(trained).fetch)
    assert (result.outcome, result.finding and result.finding.key) == ("failed", key)
    exercise = EXERCISES.exercises[id]
    assert all(has_message(f"{exercise.room}.{exercise.name}.{key}", language) for language in LANGUAGES)
