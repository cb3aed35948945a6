from sandbox.course.grading.attempts import read_attempts


def an_event(exercise: str, event: str, **details: object) -> dict[str, object]:
    return {"exercise": exercise, "event": event, **details}


def test_an_attempt_beats_a_blank_and_the_last_attempt_counts() -> None:
    attempts = read_attempts(
        [
            an_event("1.1", "check", answer=1),
            an_event("1.1", "check", answer={"a": 2}),
            an_event("1.1", "check", answer=None),
            an_event("1.1", "submit", answer=["x", "____"]),
        ]
    )
    assert attempts.last("1.1") == {"a": 2}
    assert attempts.earlier("1.1") == ["1"]


def test_without_an_attempt_there_is_none() -> None:
    attempts = read_attempts([an_event("1.1", "check"), an_event("1.2", "hint", answer=5)])
    assert attempts.last("1.1") is None
    assert attempts.last("1.2") is None
    assert attempts.earlier("1.1") == []


def test_hints_and_opened_solutions_are_counted() -> None:
    events = [an_event("1.1", "hint"), an_event("1.1", "hint"), an_event("1.2", "solution")]
    attempts = read_attempts(events)
    assert attempts.hints == {"1.1": 2}
    assert attempts.solutions == {"1.2"}


def test_a_long_attempt_is_cut_where_it_is_shown() -> None:
    events = [an_event("1.1", "check", answer="x" * 500), an_event("1.1", "check", answer=1)]
    assert len(read_attempts(events).earlier("1.1")[0]) == 120
