"""Reports of a run: the same bytes from the same log.  Pure.

JUnit's XML as continuous integration reads it, and FHIR's TestReport (R4) with the least TestScript
that it must name.
"""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from sandbox.clock import fhir_instant
from sandbox.event.outcomes import Outcome
from sandbox.event.run import Run
from sandbox.fhir.dates import moment_of
from sandbox.fhir.json import Json, write_json
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of
from sandbox.testbench.script import Test, Verdict

# Verdict → result of a TestReport, and of one of its actions (FHIR R4 testreport.html).
RESULTS: dict[Verdict, tuple[str, str]] = {
    "pass": ("pass", "pass"), "warn": ("pass", "warning"), "fail": ("fail", "fail"),
    "skip": ("pending", "skip"), "inconclusive": ("pending", "error"),
    "error": ("pending", "error"), "review": ("pending", "warning"),
}  # fmt: skip
STATES = {
    "queued": "waiting",
    "running": "in-progress",
    "waiting": "waiting",
    "done": "completed",
    "cancelled": "stopped",
}


def junit(run: Run, language: Language) -> bytes:
    """Returns a run as one test suite: a failure for `fail`, an error for what is ours or could not
    be found out.

    A known failure is skipped with its reason, as other tools have it.
    """
    cases = [_case(run, test, run.outcomes.get(test.id), language) for test in run.tests]
    verdicts = [outcome.verdict for outcome in run.outcomes.values()]
    known = len(run.known_failures)
    counts = {
        "tests": len(run.tests),
        "failures": verdicts.count("fail") - known,
        "errors": verdicts.count("error") + verdicts.count("inconclusive"),
        "skipped": verdicts.count("skip") + len(run.tests) - len(verdicts) + known,
    }
    words = " ".join(f'{name}="{count}"' for name, count in counts.items())
    name = quoteattr(f"{run.track.id} {run.system}")
    head = f"<testsuite name={name} id={quoteattr(run.id)} {words}"
    when = fhir_instant(moment_of(run.at))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'{head} timestamp="{when}">',
        *cases,
        "</testsuite>",
        "",
    ]
    return "\n".join(lines).encode()


def as_test_report(run: Run, language: Language) -> bytes:
    """Returns a run as a TestReport that contains the TestScript it is about, with an action for
    each test.
    """
    outcomes = [(test, run.outcomes[test.id]) for test in run.tests if test.id in run.outcomes]
    passed = sum(result.verdict in ("pass", "warn") for _, result in outcomes)
    script = {
        "resourceType": "TestScript",
        "id": "script",
        "url": f"urn:connectathon-sandbox:track:{run.track.id}",
        "name": run.track.id,
        "status": "active",
    }
    report: Json = {
        "resourceType": "TestReport",
        "id": run.id,
        "contained": [script],
        "name": f"{run.track.id} {run.system}",
        "status": STATES[run.state],
        "testScript": {"reference": "#script"},
        "result": RESULTS[run.verdict][0],
        "issued": fhir_instant(moment_of(run.at)),
        "participant": [{"type": "server", "uri": run.base, "display": run.system}],
        "test": [
            {
                "name": test.number,
                "description": say(run.track.title_of(test), language),
                "action": [{"assert": _assertion(outcome, language)}],
            }
            for test, outcome in outcomes
        ],
    }
    # a score of nothing would be read as 0 %
    if outcomes:
        report["score"] = round(100 * passed / len(outcomes), 1)
    if not outcomes:
        del report["test"]
    return write_json(report)


REPORTS: dict[str, tuple[str, Callable[[Run, Language], bytes]]] = {
    "junit": ("application/xml", junit),
    "testreport": ("application/fhir+json", as_test_report),
}


def _assertion(outcome: Outcome, language: Language) -> Json:
    message = "; ".join(_words(outcome, language))
    return {"result": RESULTS[outcome.verdict][1], **({"message": message} if message else {})}


def _case(run: Run, test: Test, outcome: Outcome | None, language: Language) -> str:
    name = quoteattr(f"{test.number} {say(run.track.title_of(test), language)}")
    head = f"  <testcase classname={quoteattr(test.id)} name={name}"
    kinds = {"fail": "failure", "error": "error", "inconclusive": "error", "skip": "skipped"}
    kind = "skipped" if outcome is None else kinds.get(outcome.verdict)
    if outcome is None or kind is None:
        return f"{head}/>" if kind is None else f"{head}><skipped/></testcase>"
    words = _words(outcome, language)
    if test.id in run.known_failures:
        known = run.known[test.id]
        kind = "skipped"
        words.insert(
            0, say("testbench.known_failure", language, until=known.until, reason=known.reason)
        )
    return f"{head}><{kind} message={quoteattr('; '.join(words))}/></testcase>"


def _words(outcome: Outcome, language: Language) -> list[str]:
    findings = [
        finding for finding in outcome.findings if finding.severity != "information"
    ] or list(outcome.findings)
    return [
        f"{shown.where}: {text_of(shown, language)} → {fix_of(shown, language)}".removeprefix(": ")
        for shown in findings
    ]
