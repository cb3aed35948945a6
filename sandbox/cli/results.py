"""What the verbs of the test bench share: the store of runs, sending from this machine, and results
as lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.findings import Finding
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.event.access import Access
    from sandbox.event.run import Run
    from sandbox.event.runs import Runs
    from sandbox.store.runs import RunStore
    from sandbox.testbench.script import Test, Track, Verdict

WORDS = {"information": "OK", "warning": "WARN", "error": "FAIL", "fatal": "FAIL"}
# Every other verdict exits with 4: a build must not pass on what could not be established.
EXITS: dict[str, int] = {"pass": 0, "warn": 0, "fail": 1, "error": 3}
# the issue of a finding that says why a script ended early (testbench/engine.py)
ENDING = "transient"


def exit_of(verdict: Verdict) -> int:
    """Returns the exit code: 0 pass, 1 fail, 3 a fault of ours, 4 what could not be found out or
    was all skipped.
    """
    return EXITS.get(verdict, 4)


@contextmanager
def logs_at(data: Path | None) -> Iterator[RunStore]:
    """Opens the logs in a data folder, or in the database that the environment names.

    What plays a run takes as long to load as all else: who reads or writes people needs none of it.
    """
    from sandbox.cli.stored import opened
    from sandbox.store.runs import RunStore

    with opened(data) as partitions:
        yield RunStore(partitions.main)


@contextmanager
def runs_at(data: Path | None) -> Iterator[tuple[Runs, RunStore]]:
    """Opens the runs in a data folder, or in the database that the environment names."""
    from sandbox.clock import utc_now
    from sandbox.event.runs import Runs
    from sandbox.event.signing import EvidenceKey
    from sandbox.ids import random_id

    with logs_at(data) as store:
        runs = Runs(store, clock=utc_now, new_id=random_id)
        runs.key = EvidenceKey(data or data_folder())
        yield runs, store


def access_at(data: Path | None, store: RunStore) -> Access:
    """Returns what lets into the systems of a data folder."""
    from sandbox.event.access import Access
    from sandbox.sealing import Keys
    from sandbox.store.sealed import SealedStore

    return Access(SealedStore(store.database), Keys(data or data_folder()))


def lines_of(
    track: Track, test: Test, verdict: Verdict, findings: Iterable[Finding], language: Language
) -> Iterator[str]:
    """Yields a test with its verdict, each finding, and for what is wrong the next step."""
    title = say(track.title_of(test), language)
    word = say(f"testbench.verdict.{verdict}", language)
    yield f"{test.number} {title}: {word}"
    findings = list(findings)
    for finding in findings:
        is_end = finding.issue == ENDING and finding is findings[-1]
        mark = "????" if is_end else WORDS[finding.severity]
        yield (
            f"  {mark:4} {finding.where}: {text_of(finding, language)}"
            if finding.where
            else f"  {mark:4} {text_of(finding, language)}"
        )
        if is_end or finding.severity != "information":
            yield f"       → {fix_of(finding, language)} [{test.clause}]"


def run_lines(run: Run, language: Language) -> Iterator[str]:
    """Yields all of a run, and last its counts and its verdict."""
    for test in run.tests:
        outcome = run.outcomes.get(test.id)
        if outcome is not None:
            yield from lines_of(run.track, test, outcome.verdict, outcome.findings, language)
        if outcome is not None and test.id in run.known:
            known = run.known[test.id]
            is_so = outcome.verdict == "fail"
            key = "testbench.known_failure" if is_so else "testbench.known_passes"
            yield "  " + say(key, language, until=known.until, reason=known.reason)
    counts = dict.fromkeys(("pass", "warn", "fail"), 0)
    for outcome in run.outcomes.values():
        counts[outcome.verdict] = counts.get(outcome.verdict, 0) + 1
    words = ", ".join(
        f"{say(f'testbench.verdict.{name}', language)} {count}" for name, count in counts.items()
    )
    yield ""
    state = say(f"testbench.state.{run.state}", language)
    yield f"{run.id}  {run.track.id} → {run.system}: {state}, {words}"
