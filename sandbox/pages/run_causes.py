"""What a run tells once although many tests have it: the cause of several failures, and why several
tests were left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.api.shapes import FindingView, OutcomeView
from sandbox.event.required import DEPENDS
from sandbox.event.run import Run


@dataclass(frozen=True, slots=True)
class Cause:
    """What several tests of a run have failed for: told once, with the numbers of the tests.

    Attributes:
        id: Its anchor on the page.
        one: The finding.
        tests: The numbers of all that have it.
        folded: The numbers of those that it says all about: they have found nothing else.
    """

    id: str
    one: FindingView
    tests: tuple[str, ...]
    folded: tuple[str, ...] = ()

    def is_of(self, one: FindingView) -> bool:
        """Tells whether a finding is this one."""
        return _same(self.one) == _same(one)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Tests that were left out for the same reason.

    Attributes:
        waits_for: The number of the test that has to pass first; "" where it is something else.
        findings: The reason.
        tests: In their order.
    """

    waits_for: str
    findings: tuple[FindingView, ...]
    tests: tuple[OutcomeView, ...]


def grouped(findings: Sequence[FindingView]) -> list[tuple[FindingView, list[str]]]:
    """Returns findings, each once, with the places at which the same was found."""
    places: dict[tuple[str, ...], tuple[FindingView, list[str]]] = {}
    for one in findings:
        _, where = places.setdefault(_same(one), (one, []))
        if one["where"]:
            where.append(one["where"])
    return list(places.values())


def causes_of(tests: Sequence[OutcomeView]) -> list[Cause]:
    """Returns what was found alike in several tests that did not pass, the most frequent first.

    Args:
        tests: Those of a run.
    """
    wrong = [test for test in tests if test["verdict"] not in ("pass", "skip")]
    found: dict[tuple[str, ...], tuple[FindingView, dict[str, None]]] = {}
    for test in wrong:
        for one in test["findings"]:
            found.setdefault(_same(one), (one, {}))[1][test["number"]] = None
    shared = [(one, tuple(numbers)) for one, numbers in found.values() if len(numbers) > 1]
    shared.sort(key=lambda pair: -len(pair[1]))
    told = {_same(one): place for place, (one, _) in enumerate(shared)}
    folded: list[list[str]] = [[] for _ in shared]
    for test in wrong:
        places = [told.get(_same(one), -1) for one in test["findings"]]
        if places and -1 not in places:
            folded[min(places)].append(test["number"])
    return [
        Cause(f"cause-{n}", one, numbers, tuple(folded[n - 1]))
        for n, (one, numbers) in enumerate(shared, 1)
    ]


def left_out(run: Run, tests: Sequence[OutcomeView]) -> list[LeftOut]:
    """Returns the tests of a run that were left out, by their reason, the most frequent first.

    Args:
        run: Knows which test one waits for.
        tests: Those of the run.
    """
    by_reason: dict[tuple[tuple[str, ...], ...], list[OutcomeView]] = {}
    for test in tests:
        if test["verdict"] == "skip":
            reason = tuple(_same(one) for one in test["findings"])
            by_reason.setdefault(reason, []).append(test)
    groups = sorted(by_reason.values(), key=lambda group: -len(group))
    return [
        LeftOut(_waits_for(run, group[0]["id"]), tuple(group[0]["findings"]), tuple(group))
        for group in groups
    ]


def _waits_for(run: Run, id: str) -> str:
    numbers = [one.params["test"] for one in run.outcomes[id].findings if one.key == DEPENDS]
    return str(numbers[0]) if numbers else ""


def _same(one: FindingView) -> tuple[str, ...]:
    return (one["severity"], one["text"], one["fix"], one["clause"] or "")
