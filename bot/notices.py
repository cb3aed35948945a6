"""Notices beside a run's card: requests that arrived, its result, a monitor's decision.  Pure.

Each notice has a name, so that it is told once in each place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.cards import Button, Card
from bot.run_cards import OPEN, details, summary_line
from bot.words import Language, say

MOST_LINES = 15  # of a digest: the page has the rest
DECIDED = ("verified", "partially", "failed", "incomplete")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say once; by its `name` it is known again."""

    name: str
    card: Card


def notices_of(
    run: Any, base: str, language: Language, *, calls: tuple[str, ...] = ()
) -> list[Notice]:
    """Returns what the thread of a run should say by now, the oldest first.

    Args:
        run: As `/api/runs/ID` gives it.
        base: The address of the sandbox, for links.
        language: Of the cards.
        calls: Whom the chat wakes once the run has come to its end.
    """
    notices = []
    judged = [test for test in run["tests"] if test["verdict"] not in (None, "skip")]
    # with the count: each time that more was judged is news
    if run["inbox"] and run["state"] in OPEN and judged:
        notices.append(Notice(f"matched:{len(judged)}", arrived(run, language)))
    failures = details(run, language)
    # a card that changes wakes nobody: whoever waits for it is called by an answer below it
    woken = calls if run["state"] == "done" else ()
    if run["state"] not in OPEN and (failures.lines or woken):
        notices.append(Notice("ended", replace(failures, calls=woken)))
    if run["review"]["standing"] in DECIDED:
        notices.append(Notice(f"decided:{run['review']['at']}", decided(run, base, language)))
    return notices


def arrived(run: Any, language: Language) -> Card:
    """Returns that what a client sent was judged, with what did not pass."""
    judged = sum(test["verdict"] not in (None, "skip") for test in run["tests"])
    title = say("said.arrived", language, count=judged, total=len(run["tests"]))
    return replace(
        details(run, language), title=f"{run['track']} → {run['system']}: {title}", tone="busy"
    )


def decided(run: Any, base: str, language: Language) -> Card:
    """Returns what a monitor has decided, and where it is explained; a person's words stay on the
    page.
    """
    standing = say(f"standing.{run['review']['standing']}", language)
    title = say("said.decided", language, name=run["review"]["monitor"], standing=standing)
    lines = (say("said.comment_there", language),) if run["review"]["comment"] else ()
    page = Button(
        say("button.report", language), "report", url=f"{base}/runs/{run['id']}?lang={language}"
    )
    return Card(
        f"{run['track']} → {run['system']} · {run['id']}: {title}",
        "plain",
        lines=lines,
        buttons=(page,),
    )


def ended(run: Any, *, is_better: bool, language: Language) -> Card:
    """Returns the result of a run, for its subscribers.

    Args:
        run: As `/api/runs/ID` gives it.
        is_better: Whether it went better than the run before on the same track; the card says so.
        language: Of the card.
    """
    card = details(run, language)
    return replace(card, lines=(say("said.better", language), *card.lines)) if is_better else card


def digest(runs: list[Any], language: Language) -> Card:
    """Returns the runs of a day as one card.

    Args:
        runs: All of them, the newest first: the title tells how many, the lines the first.
        language: Of the card.
    """
    passed = sum(run["verdict"] in ("pass", "warn") for run in runs)
    title = say("said.digest", language, count=len(runs), passed=passed)
    lines = [summary_line(run, language) for run in runs[:MOST_LINES]]
    if len(runs) > MOST_LINES:
        lines.append(say("said.more", language, count=len(runs) - MOST_LINES))
    return Card(title, lines=tuple(lines))
