"""The log as JSON: one object a line, with the request that a line belongs to, and no secret."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.operations.logs import EACH, JsonLines, LogStyle, set_up_log
from sandbox.operations.traffic import request_id

SECRET = "a-secret-of-this-process"


def line(text: str, *values: object, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("t").makeRecord("t", 30, "f", 1, text, values, None, extra=extra)
    written = JsonLines().format(record)
    assert "\n" not in written
    return dict(json.loads(written))


def test_a_line_says_when_what_and_of_which_run() -> None:
    token = request_id.set("abc")
    read = line("the log of %s\ncannot be read", "7", run="7", attempt=2)
    request_id.reset(token)
    assert read.pop("at").endswith("Z")
    assert read == {
        "level": "warning",
        "logger": "t",
        "text": "the log of 7\ncannot be read",
        "request": "abc",
        "run": "7",
        "attempt": 2,
    }
    assert "request" not in line("outside of any")


def test_no_secret_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTATHON_TOKEN", SECRET)
    assert SECRET not in str(line("Bearer %s", SECRET))
    assert "pass" not in str(line("https://user:pass@host/"))
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.getLogger("t").makeRecord("t", 40, "f", 1, "x", (), sys.exc_info())
    read = json.loads(JsonLines().format(record))
    assert "ValueError" in read["exception"]
    assert SECRET not in read["exception"]


@contextmanager
def a_log(style: LogStyle) -> Iterator[None]:
    """Lets the log be set up, and gives it back as it was."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    level = root.level
    root.handlers.clear()  # else they would be closed
    set_up_log(style)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in EACH:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize(("style", "lines"), [(LogStyle.json, 3), (LogStyle.text, 0)])
def test_requests_and_jobs_are_lines_of_the_json_log_alone(
    style: LogStyle, lines: int, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_log(style):
        for _ in range(3):
            logging.getLogger(name).info("%s %s %s", "GET", "/health", 200)
    assert capsys.readouterr().err.count("/health") == lines


def test_a_fault_that_repeats_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with a_log(LogStyle.json):
        for _ in range(3):
            logging.getLogger("sandbox").warning("again")
    assert capsys.readouterr().err.count("again") == 1
