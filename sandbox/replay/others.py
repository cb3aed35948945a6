"""Servers that others wrote, as systems of teams: what is installed is started, and of all else it
is told why it does not play.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Literal

from sandbox.replay.script import Other

PATIENCE_SECONDS = 600.0
"""How long a server may take to start: Java's took more than three minutes on a machine on which
much else was at work.  One that ends is given up at once."""
POLL_SECONDS = 0.2
STOP_SECONDS = 20
Why = Literal["not_named", "not_installed", "no_program", "not_started"]


@dataclass(frozen=True, slots=True)
class Others:
    """The FHIR bases of the servers that run, and why others do not, both by the team's letter."""

    bases: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, Why] = field(default_factory=dict)


def start_others(
    others: Mapping[str, Other],
    folder: Path | None,
    *,
    scratch: Path,
    at_end: Callable[[Callable[[], None]], object],
) -> Others:
    """Starts the servers of a script that are installed, all at once.

    Args:
        others: Those that the script names, by the team's letter.
        folder: Where servers are installed, each in a folder of its name; None for nowhere.
        scratch: An empty folder for what they print and leave behind.
        at_end: Takes what ends a server that was started.
    """
    if folder is None or not others:
        return Others(skipped=dict.fromkeys(others, "not_named"))
    is_stopped = Event()
    waits = partial(_address, is_stopped=is_stopped)
    start = partial(_start, folder=folder.resolve(), scratch=scratch, at_end=at_end, waits=waits)
    with ThreadPoolExecutor(len(others)) as pool:
        try:
            started = dict(zip(others, pool.map(start, others, others.values()), strict=True))
        except BaseException:
            # the pool ends when its threads do, which wait for servers
            is_stopped.set()
            raise
    bases = {letter: answer for letter, (answer, why) in started.items() if why is None}
    return Others(bases, {letter: why for letter, (_, why) in started.items() if why is not None})


def _start(
    letter: str,
    other: Other,
    *,
    folder: Path,
    scratch: Path,
    at_end: Callable[[Callable[[], None]], object],
    waits: Callable[[subprocess.Popen[bytes], Path], str],
) -> tuple[str, Why | None]:
    """Returns the base of a server that was started, or why it was not."""
    home = folder / other.server
    if not home.is_dir():
        return "", "not_installed"
    if shutil.which(other.command[0]) is None:
        return "", "no_program"
    command = [word.replace("{folder}", str(home)) for word in other.command]
    place = scratch / letter
    place.mkdir()
    printed = place / "printed"
    # a file, not a pipe: nobody reads what it prints later, and a full pipe would stop it
    with printed.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=place, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL
        )
    at_end(partial(_stop, process))
    base = waits(process, printed)
    return base, None if base else "not_started"


def _address(process: subprocess.Popen[bytes], printed: Path, *, is_stopped: Event) -> str:
    """Returns the address that a server prints in its first line; "" where it ends before, or
    prints none in time, or where nobody waits for it any more.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline and not is_stopped.is_set():
        line, end, _ = printed.read_text(encoding="utf-8", errors="replace").partition("\n")
        if end:
            return line.strip().replace("//localhost", "//127.0.0.1")
        time.sleep(POLL_SECONDS)
    return ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
