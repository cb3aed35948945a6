"""Each exercise: a blank is not attempted, no answer breaks its check, its words are there; the corpus has the answers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.course import ____
from sandbox.course.client import Client
from sandbox.course.exercise import Result, judge_answer
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.i18n import has_message
from tests.builders import a_client
from tests.conftest import a_sandbox

TABLES = {
    name: import_module(f"tests.sandbox.course.exercises.answers_{name[:2]}") for name in LESSONS
}
IDS = [(lesson, id) for lesson in LESSONS for id in exercises_of(lesson).exercises]
ODD: list[Any] = [
    {}, [], "", 0, -1.5, True, {"resourceType": []}, [[[]]], [None, 1], "Patient/../metadata", "Patient/nobody",
    "Observation/nobody", "Observation?" + "x" * 999, "\x00", {"resourceType": "Bundle", "type": "document", "entry": 3},
]  # fmt: skip
Judge = Callable[[str, str, Any], Result]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Judges answers, each lesson's against a sandbox of its own with what the participants left there."""
    with ExitStack() as opened:
        clients: dict[str, Client] = {}

        def judged(lesson: str, id: str, answer: Any) -> Result:
            if lesson not in clients:
                sandbox = opened.enter_context(
                    a_sandbox(Path(tmp_path_factory.mktemp(lesson)), seed="training")
                )
                TABLES[lesson].plant(sandbox)
                clients[lesson] = a_client(sandbox)
            return judge_answer(exercises_of(lesson).exercises[id], answer, clients[lesson].fetch)

        yield judged


@pytest.mark.parametrize(("lesson", "id"), IDS)
@pytest.mark.parametrize("answer", [____, None, {"patient": ____}, f"Patient/{____}"])
def test_a_blank_is_not_attempted(judge: Judge, lesson: str, id: str, answer: Any) -> None:
    assert judge(lesson, id, answer).outcome == "not_attempted"


@pytest.mark.parametrize(("lesson", "id"), IDS)
def test_every_exercise_says_its_words(lesson: str, id: str) -> None:
    exercise = exercises_of(lesson).exercises[id]
    answered = f"{exercise.room}.ex_{exercise.answer_of.replace('.', '_')}"
    words = [f"{exercise.room}.{exercise.name}.{word}" for word in ("title", "passed")]
    words += [f"{answered}.hint_{number}" for number in (1, 2, 3)]
    assert [word for word in words if not has_message(word)] == []


@pytest.mark.daily("exercises", share=0.25)
@pytest.mark.parametrize(("lesson", "id"), IDS)
@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
def test_no_answer_makes_a_check_fail_itself(
    judge: Judge, lesson: str, id: str, answer: Any
) -> None:
    result = judge(lesson, id, answer)
    assert result.outcome == "failed", result.finding


def test_a_search_that_cannot_be_sent_is_an_error_with_a_reason(judge: Judge) -> None:
    result = judge("01_fhir", "1.5", "Observation?x=\ud800")
    assert (result.outcome, result.finding and result.finding.key) == (
        "error",
        "course.unreachable",
    )


def test_a_translation_before_the_map_is_stored_says_so(trained: TestClient) -> None:
    exercise = exercises_of("04_terminology").exercises["4.5"]
    result = judge_answer(
        exercise, {"snomed": "195967001", "icd11": "CA23"}, a_client(trained).fetch
    )
    assert (result.outcome, result.finding and result.finding.key) == ("failed", "not_stored")
