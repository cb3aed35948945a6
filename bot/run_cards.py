"""Cards about runs: the live card, the first failures with reason and fix, one test explained, the
matrix.  Pure.

Of a finding the sentence and the fix are told, which are the rule's, and never what was found in a
resource.
"""

from __future__ import annotations

import re
from typing import Any

from bot.cards import Button, Card, Table, Tone
from bot.words import Language, say

TONES: dict[str, Tone] = {
    "pass": "good",
    "warn": "good",
    "skip": "plain",
    "fail": "bad",
    "error": "bad",
}
# a thread is read on a telephone; the page has the rest
MOST_FAILURES = 5
PATH = re.compile(r"[A-Z]\w*(\.\w+(\[\d+\])?)*")
OPEN = ("queued", "running", "waiting")


def run_card(run: Any, base: str, language: Language) -> Card:
    """Returns the live card of a run: where it stands, how much is done, its result, and what can
    be done next.

    Args:
        run: As `/api/runs/ID` gives it.
        base: The address of the sandbox, for links.
        language: Of the card.
    """
    done = [test for test in run["tests"] if test["verdict"]]
    counts = {
        name: sum(test["verdict"] == name for test in done)
        for name in ("pass", "warn", "fail", "skip")
    }
    # inconclusive, error and review: none of them is decided yet
    undecided = len(done) - sum(counts.values())
    words = [
        f"{say(f'verdict.{name}', language)} {count}" for name, count in counts.items() if count
    ]
    words += [f"{say('verdict.inconclusive', language)} {undecided}"] if undecided else []
    facts = [
        (say("fact.state", language), say(f"state.{run['state']}", language)),
        (say("fact.done", language), f"{len(done)} / {len(run['tests'])}"),
        (say("fact.counts", language), ", ".join(words) or "–"),
    ]
    # the names by which the sandbox knows them: a channel is read by many teams
    who = " · ".join(filter(None, (run["by"], run["team"])))
    if who:
        facts.append((say("fact.asker", language), who))
    if run["review"]["standing"] != "none":
        facts.append(
            (say("fact.review", language), say(f"standing.{run['review']['standing']}", language))
        )
    tone: Tone = "busy" if run["state"] in OPEN else TONES.get(run["verdict"] or "skip", "plain")
    title = f"{run['track']} → {run['system']} · {run['id']}"
    lines = (say("said.waits", language),) if run["state"] == "waiting" else ()
    return Card(title, tone, tuple(facts), lines, buttons=tuple(_buttons(run, base, language)))


def _buttons(run: Any, base: str, language: Language) -> list[Button]:
    id = run["id"]
    is_open = run["state"] in OPEN
    # with the version, so that an old card's button says who was first instead of acting twice
    args = {"run": id, "version": version_of(run)}
    failed = failed_in(run)
    buttons = []
    if run["state"] == "waiting":
        buttons.append(Button(say("button.finish", language), "finish", args))
    if is_open:
        buttons.append(Button(say("button.cancel", language), "cancel", args))
    else:
        buttons.append(Button(say("button.rerun", language), "rerun", args))
        if failed:
            buttons.append(
                Button(say("button.rerun_failed", language), "rerun", {**args, "which": "failed"})
            )
            buttons.append(
                Button(say("button.explain", language), "explain", {"run": id, "test": failed[0]})
            )
        if run["review"]["standing"] == "none":
            buttons.append(Button(say("button.ask", language), "ask", args))
    buttons.append(
        Button(say("button.report", language), "report", url=f"{base}/runs/{id}?lang={language}")
    )
    return buttons


def details(run: Any, language: Language) -> Card:
    """Returns what the thread of a run is told at its end: the first failures, each with the reason
    and the fix.
    """
    failed = [test for test in run["tests"] if test["verdict"] in ("fail", "error")]
    lines = []
    for test in failed[:MOST_FAILURES]:
        lines.append(f"*{test['number']}* {test['title']} [{test['clause']}]")
        lines += [f"→ {finding['public_fix']}" for finding in _grave(test)[:1]]
    if len(failed) > MOST_FAILURES:
        lines.append(say("said.more", language, count=len(failed) - MOST_FAILURES))
    return Card(
        summary_line(run, language),
        TONES.get(run["verdict"] or "skip", "plain"),
        lines=tuple(lines),
    )


def explanation(run: Any, named: str, language: Language) -> Card:
    """Returns one test of a run: what was expected, what to do, the clause and the lesson.

    Args:
        run: As `/api/runs/ID` gives it.
        named: The number or the id of a test; capitals make no difference.
        language: Of the card.
    """
    test = next(
        (
            candidate
            for candidate in run["tests"]
            if named.casefold() in (candidate["number"].casefold(), candidate["id"])
        ),
        None,
    )
    if test is None:
        known = ", ".join(candidate["number"] for candidate in run["tests"][:20])
        return Card(say("said.no_test", language, test=named, run=run["id"]), "bad", lines=(known,))
    verdict = say(f"verdict.{test['verdict'] or 'skip'}", language)
    lines = []
    for finding in _grave(test)[:MOST_FAILURES]:
        place = f"`{public_place(finding['where'])}` " if public_place(finding["where"]) else ""
        lines += [f"{place}{finding['public_text']}", f"→ {finding['public_fix']}"]
    facts = [(say("fact.clause", language), test["clause"])]
    if test["lesson"]:
        facts.append((say("fact.lesson", language), test["lesson"]))
    title = f"{test['number']} · {test['title']}: {verdict}"
    return Card(title, TONES.get(test["verdict"] or "skip", "plain"), tuple(facts), tuple(lines))


def has_test(run: Any, named: str) -> bool:
    """Tells whether a run has come to a verdict on a test.

    Args:
        run: As `/api/runs/ID` gives it.
        named: The number of the test.
    """
    return any(test["number"] == named and test["verdict"] for test in run["tests"])


def first_failure(run: Any) -> str:
    """Returns the number of the first test of a run that did not pass, else of its first one."""
    return str([*failed_in(run), *(test["number"] for test in run["tests"])][0])


def failed_in(run: Any) -> list[str]:
    """Returns the numbers of the tests of a run that did not pass."""
    return [
        str(test["number"])
        for test in run["tests"]
        if test["verdict"] not in (None, "pass", "warn", "skip")
    ]


def summary_line(run: Any, language: Language) -> str:
    """Returns a run in one line."""
    word = (
        say(f"verdict.{run['verdict']}", language)
        if run["verdict"]
        else say(f"state.{run['state']}", language)
    )
    return f"{run['track']} → {run['system']} · {run['id']}: {word}"


def review_buttons(run: Any, language: Language) -> list[Button]:
    """Returns what a monitor can do next about a run that waits."""
    args = {"run": run["id"], "version": version_of(run)}
    labels = {"claim": "button.claim"}
    if run["review"]["monitor"]:
        labels = {"verify": "button.verify", "return": "button.return"}
    return [Button(f"{say(key, language)} {run['id']}", verb, args) for verb, key in labels.items()]


def version_of(run: Any) -> str:
    """Returns what changes with each act on a run: a button is good only for the run as its card
    showed it.
    """
    return f"{run['state']}.{run['review']['standing']}.{run['review']['at']}"


def matrix_table(cells: list[Any], language: Language) -> Table:
    """Returns the newest run of each system on each track."""
    headings = tuple(
        say(f"fact.{name}", language) for name in ("system", "track", "verdict", "done")
    )
    rows = [
        (
            cell["system"],
            cell["track"],
            # a run of some tests has no verdict of the track
            say(f"verdict.{cell['verdict']}", language)
            if cell["is_whole"]
            else say("verdict.part", language, count=cell["played"], total=cell["tests"]),
            f"{cell['passed']} / {cell['tests']}",
        )
        for cell in cells
    ]
    return Table(say("said.matrix", language), headings, tuple(rows))


def _grave(test: Any) -> list[Any]:
    # a test that failed without an error has to say why all the same
    grave = [finding for finding in test["findings"] if finding["severity"] in ("error", "fatal")]
    return grave or list(test["findings"])


def public_place(where: str) -> str:
    """Returns a place in a resource; nothing of what else may stand there, such as an address with
    values.
    """
    return where if PATH.fullmatch(where) else ""
