"""Servers that others wrote: what is installed is started and ended, and of all else it is told why it does not play."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from sandbox.replay.others import Others, start_others
from sandbox.replay.script import Other

SAYS = """
import os, time
open("pid", "w").write(str(os.getpid()))
print("http://localhost:1/fhir", flush=True)
time.sleep(60)
"""
Starts = Callable[..., Others]


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    with ExitStack() as stack:

        def start(*command: str, server: str = "theirs", installed: bool = True) -> Others:
            (tmp_path / "installed" / "theirs").mkdir(parents=True)
            (tmp_path / "scratch").mkdir()
            return start_others(
                {"f": Other(server, ("document-recipient",), command)},
                tmp_path / "installed" if installed else None,
                scratch=tmp_path / "scratch",
                at_end=stack.callback,
            )

        yield start


def test_a_server_that_is_installed_plays_where_it_says(starts: Starts) -> None:
    assert starts(sys.executable, "-c", SAYS) == Others({"f": "http://127.0.0.1:1/fhir"}, {})


def test_it_ends_with_the_replay(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "scratch").mkdir()
    other = Other("theirs", (), (sys.executable, "-c", SAYS))
    with ExitStack() as stack:
        start_others({"f": other}, tmp_path, scratch=tmp_path / "scratch", at_end=stack.callback)
        pid = int((tmp_path / "scratch" / "f" / "pid").read_text())
        os.kill(pid, 0)  # it runs
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_ends_before_it_says_where_it_is_did_not_start(starts: Starts) -> None:
    assert starts(sys.executable, "-c", "raise SystemExit(3)").skipped == {"f": "not_started"}


def test_one_that_is_absent_is_told_with_the_reason(starts: Starts) -> None:
    assert starts(sys.executable, server="elsewhere").skipped == {"f": "not_installed"}


def test_one_whose_program_is_absent_is_told_with_the_reason(starts: Starts) -> None:
    assert starts("no-such-program-here").skipped == {"f": "no_program"}


def test_without_a_folder_none_plays(starts: Starts) -> None:
    assert starts(sys.executable, installed=False) == Others(skipped={"f": "not_named"})


def test_who_is_told_to_stop_waits_for_no_server(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "scratch").mkdir()
    pid = tmp_path / "scratch" / "f" / "pid"
    silent = Other("theirs", (), (sys.executable, "-c", SAYS.replace("flush=True", "end=''")))

    def stop() -> None:
        while not (pid.is_file() and pid.read_text()):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=stop).start()
    with ExitStack() as stack:
        start = partial(start_others, scratch=tmp_path / "scratch", at_end=stack.callback)
        with pytest.raises(KeyboardInterrupt):
            start({"f": silent}, tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
