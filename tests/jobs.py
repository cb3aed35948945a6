"""Functions that tests let a worker do; a worker imports them by name."""

import os
import re
import sys
import time

from sandbox.errors import NotConformant
from sandbox.findings import Finding


def hold_the_interpreter() -> None:
    """Runs in C for years: no signal handler and no other thread of the process gets a turn."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def refuse(error: type[Exception]) -> None:
    if error is NotConformant:
        raise NotConformant([Finding("x", "error", "x")], type="Patient")
    raise error("server.no_id", where="Patient.id", clause="FHIR", name="p")


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def wait_for(file: str) -> None:
    """Goes on when a file is there: work that takes as long as a test says."""
    while not os.path.exists(file):  # noqa: PTH110
        time.sleep(0.01)


def grow() -> int:
    return len(bytearray(3 << 30))


def data_folder() -> str:
    return os.environ["CONNECTATHON_DATA"]


def is_loaded(module: str) -> bool:
    return module in sys.modules


def break_down() -> None:
    raise KeyError("ours")
