"""The reader meets what people type: nothing is changed that was not meant, and nearly all is understood."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandbox.i18n import LANGUAGES
from tests.places import PROJECT
from tests.utterances.__main__ import EVENT, FRESH, OTHERS, STRANGERS, sets, table
from tests.utterances.reacting import reaction_to
from tests.utterances.scoring import HERE, Line, Reaction, Wish, judge

LEAST_RIGHT = 0.80
LEAST_MET = 0.95
SETS = [
    *sorted(tag for tag in LANGUAGES if (HERE / f"{tag}.txt").is_file()),
    *FRESH,
    EVENT,
    STRANGERS,
    "others",
]


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("utterances")]  # each line is read once


@pytest.mark.parametrize("name", SETS)
def test_most_lines_are_met_and_none_does_what_was_not_meant(name: str) -> None:
    if name == "others" and not OTHERS.is_file():
        pytest.skip("the lines of others are not here")
    lines = sets()[name]
    verdicts = [(line, *judge(line, reaction_to(line))) for line in lines]
    wrong_acts = [line.text for line, _, is_wrong_act in verdicts if is_wrong_act]
    assert wrong_acts == []
    right = sum(verdict == "right" for _, verdict, _ in verdicts)
    met = sum(verdict != "wrong" for _, verdict, _ in verdicts)
    assert right >= LEAST_RIGHT * len(lines)
    assert met >= LEAST_MET * len(lines)


def test_there_are_as_many_lines_as_were_promised() -> None:
    own = {name: lines for name, lines in sets().items() if name in LANGUAGES}
    assert sum(map(len, own.values())) >= 400
    assert all(len({line.text for line in lines}) > 100 for lines in own.values())


@pytest.mark.parametrize(
    ("reaction", "verdict", "is_wrong_act"),
    [
        (Reaction(Wish("run", {"track": "a", "system": "b"})), "right", False),
        (Reaction(Wish("run", {"track": "a", "system": "sandbox"})), "wrong", True),
        (Reaction(Wish("status")), "wrong", False),
        (Reaction(None, (Wish("run", {"track": "a", "system": "b"}),)), "helpful", False),
        (Reaction(None, (Wish("run"), Wish("status"), Wish("help"))), "wrong", False),
        (Reaction(None, (*[Wish("help")] * 3, Wish("run", {"track": "a", "system": "b"}))), "wrong", False),
        (Reaction(), "wrong", False),
    ],
)  # fmt: skip
def test_the_judge_tells_right_from_helpful_and_from_wrong(
    reaction: Reaction, verdict: str, is_wrong_act: bool
) -> None:
    line = Line("run a on b", (Reaction(Wish("run", {"track": "a", "system": "b"})),), "en")
    assert judge(line, reaction) == (verdict, is_wrong_act)


@pytest.mark.daily("long", share=0.25)
def test_a_line_is_met_alike_in_every_process() -> None:
    """The order of a set differs from one process to the next, and what is offered must not."""
    program = "from tests.utterances.__main__ import table; print(table())"
    # this process has another one: by chance, or whatever somebody has chosen for it
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert elsewhere == f"{table()}\n"
