"""What the API answers about what an event came to; the fields are those of the JSON."""

from __future__ import annotations

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.api.shapes import FindingView
from sandbox.event.stuck import Cause


class FrequentView(TypedDict):
    """A finding: in how many runs, of which systems, and the first of them, in a test of a run.

    Systems and run are those that the asker may see; `others` is how many more systems there are.
    """

    runs: int
    systems: list[str]
    others: int
    test: str
    run: str
    example: FindingView


class PracticeView(TypedDict):
    """A clause that many systems do not follow, with the first finding about it.

    Systems and run are those that the asker may see; `others` is how many more systems there are.
    """

    clause: str
    systems: list[str]
    others: int
    test: str
    run: str
    example: FindingView


class FindingsView(TypedDict):
    """What was found most often, and where practice and specification differ."""

    frequent: list[FrequentView]
    practice: list[PracticeView]


class FailingView(TypedDict):
    """Attempts in a row that did not pass, `lately` of them within the last hour; `run` is the
    newest, which began at `last`, `check` the number of the test that has the finding.
    """

    run: str
    role: str
    track: str
    tries: int
    lately: int
    last: int
    check: str
    finding: FindingView | None


class StuckView(TypedDict):
    """Something that does not go on, and why; `since` in milliseconds since 1970, 0 where nothing
    ever began.
    """

    cause: Cause
    systems: list[str]
    teams: list[str]
    test: str
    title: str
    instance: str
    since: int
    failing: FailingView | None
