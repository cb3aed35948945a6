"""A fault that repeats is written once a minute, with how often it came; another one at once."""

from __future__ import annotations

import logging

from sandbox.web.repeats import OncePerMinute


def record(text: str, *args: object, name: str = "sandbox.event") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, args, None)


def test_a_fault_that_repeats_is_written_once_and_counted() -> None:
    now = [0.0]
    once = OncePerMinute(clock=lambda: now[0])
    assert once.filter(record("run %s failed", "a"))
    assert not any(once.filter(record("run %s failed", name)) for name in "bcdef")
    assert once.filter(record("judging failed"))
    assert once.filter(record("run %s failed", "a", name="sandbox.server"))
    now[0] = 61
    again = record("run %s failed", "g")
    assert once.filter(again)
    assert again.getMessage() == "run g failed (and 5 times more in the last minutes)"
    now[0] = 130
    assert record("run %s failed", "h").getMessage() == "run h failed"


def test_another_exception_under_the_same_words_is_another_fault() -> None:
    once = OncePerMinute(clock=lambda: 0.0)
    for kind in (ValueError, OSError):
        fault = record("failed")
        fault.exc_info = (kind, kind(), None)
        assert once.filter(fault)
        assert not once.filter(fault)
