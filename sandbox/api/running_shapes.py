"""What the API takes and answers where tools run much; the fields are those of the JSON."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.event.comparing import Cause
from sandbox.testbench.script import Verdict


class BatchBody(TypedDict):
    """Runs to start against one system, of each track whole; an input goes to those that know
    it.
    """

    system: str
    tracks: list[str]
    inputs: NotRequired[dict[str, str]]


class RerunBody(TypedDict):
    """Which tests of a run to play once more: those that did not pass, or all."""

    failed: NotRequired[bool]


class PlayedTestView(TypedDict):
    """A test that a run would play: the inputs that it lacks, and the tests that must pass
    before.
    """

    test: str
    number: str
    title: str
    lacks: list[str]
    after: list[str]


class RunChangeView(TypedDict):
    """A test that came to something else in another run, and what made the difference."""

    test: str
    was: Verdict | None
    now: Verdict | None
    cause: Cause
