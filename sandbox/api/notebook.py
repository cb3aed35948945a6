"""A test of a run as a notebook: what was found, each exchange, and the check to run again.
Pure.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.event.run import Run
from sandbox.i18n import Language, say
from sandbox.limits import NOTEBOOK_SHOWN
from sandbox.sentences import fix_of, text_of
from sandbox.testbench.script import Test


def notebook_of(run: Run, test: Test, *, root: str, language: Language) -> bytes:
    """Returns the notebook (nbformat 4.5); `root` is the address of the server that keeps the
    run.
    """
    outcome = run.outcomes.get(test.id)
    told = [
        f"- `{one.where or '–'}` {text_of(one, language)} → {fix_of(one, language)}"
        for one in (outcome.findings if outcome else ())
    ]
    title = (
        f"# {test.number} · {say(run.track.title_of(test), language)}\n\n"
        f"{run.track.id} → {run.system} · {test.clause}"
    )
    lesson = (
        f"\n\n{say('testbench.notebook.lesson', language, number=test.lesson)}"
        if test.lesson
        else ""
    )
    address = f"{root}/api/runs/{run.id}/report/evidence"
    cells = [
        _prose("title", "\n\n".join([title, *(["\n".join(told)] if told else [])]) + lesson),
        _code(
            "open",
            "from sandbox.course import evidence\n\n"
            f'run = evidence("{address}", lang="{language}")\nrun',
        ),
        _prose("look", say("testbench.notebook.look", language)),
        *(
            _code(f"exchange-{number}", f"run.exchange({number})")
            for number in (outcome.exchanges if outcome else ())[:NOTEBOOK_SHOWN]
        ),
        _prose("again", say("testbench.notebook.again", language)),
        _code("judge", f'run.judge("{test.number}")'),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1).encode()


def _prose(id: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def _code(id: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": id,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": text,
    }
