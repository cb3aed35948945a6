"""A test of a run as a notebook: what was found, each exchange, and the check to run again.
Pure.

What was sent, or stands in a header, reaches a cell of code as a literal and one of prose as text.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from sandbox.event.run import Run
from sandbox.i18n import Language, say
from sandbox.limits import NOTEBOOK_SHOWN
from sandbox.sentences import fix_of, text_of
from sandbox.testbench.script import Test

MARKUP = re.compile(r"[\\`*_\[\]!$|~]")


def notebook_of(run: Run, test: Test, *, root: str, language: Language) -> bytes:
    """Returns the notebook (nbformat 4.5); `root` is the address of the server that keeps the
    run.
    """
    outcome = run.outcomes.get(test.id)
    remarks = [
        f"- `{_quoted(finding.where or '–')}` {_plain(text_of(finding, language))}"
        f" → {_plain(fix_of(finding, language))}"
        for finding in (outcome.findings if outcome else ())
    ]
    title = (
        f"# {test.number} · {say(run.track.title_of(test), language)}\n\n"
        f"{run.track.id} → {_plain(run.system)} · {_plain(test.clause)}"
    )
    lesson = (
        f"\n\n{say('testbench.notebook.lesson', language, number=test.lesson)}"
        if test.lesson
        else ""
    )
    address = f"{root}/api/runs/{run.id}/report/evidence"
    cells = [
        _prose("title", "\n\n".join([title, *(["\n".join(remarks)] if remarks else [])]) + lesson),
        _code(
            "open",
            "from sandbox.course import evidence\n\n"
            f"run = evidence({_literal(address)}, lang={_literal(language)})\nrun",
        ),
        _prose("look", say("testbench.notebook.look", language)),
        *(
            _code(f"exchange-{number}", f"run.exchange({number})")
            for number in (outcome.exchanges if outcome else ())[:NOTEBOOK_SHOWN]
        ),
        _prose("again", say("testbench.notebook.again", language)),
        _code("judge", f"run.judge({_literal(test.number)})"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1).encode()


def _literal(text: str) -> str:
    """Returns a text as a literal of JSON, which is one of Python too."""
    return json.dumps(text, ensure_ascii=False)


def _plain(text: str) -> str:
    """Returns a line that Markdown shows as it is: no HTML, link, picture or formula."""
    return MARKUP.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))


def _quoted(text: str) -> str:
    """Returns a text that stays within its backticks."""
    return " ".join(text.replace("`", "'").split())


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
