"""What a planned test requires of the bench, check by check: what is to be given before a run, and
what of it a run has left unjudged.  Pure.

A check that was left out proves nothing.  Two kinds may be left out all the same where the plan
names a whole track: those of an option that the system does not declare, and those that tell that
the system has none of what they are about.  A check that the plan names itself is never one of
them: naming it is how a plan requires what its text promises.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.event.plan import PlannedEvent, RoleInTest, bench_tests
from sandbox.event.presets import presets
from sandbox.event.run import Run
from sandbox.testbench.engine import ENDINGS
from sandbox.testbench.script import Given, Test
from sandbox.testbench.tracks import TRACKS, declared_inputs, inputs_of

Why = Literal["lacking", "absent", "waited", "unable"]
"""The team can give what a check lacks; the system has none of what the plan requires; it waited
for a check that failed and that a monitor has set aside; or the bench itself could not judge it,
which is for a person to look at."""
MISSING = "testbench.missing_input"
MORE_OFFERS = "testbench.one_more_offer"
ABSENT = "testbench.nothing_there"
DEPENDS = "testbench.depends"
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A check that the plan requires and a run has left out, with the inputs that it lacks."""

    test: str
    why: Why
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Required:
    """What a plan requires of the bench on a track: `tests`, all of them for none; those that it
    names itself; and the inputs that the event gives to every run.
    """

    tests: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    def has(self, test: Test) -> bool:
        """Tells whether it asks for a check."""
        return not self.tests or test.id in self.tests

    def does_without(self, test: Test, inputs: Collection[str]) -> bool:
        """Tells whether a check may be left out for want of these inputs."""
        if test.id in self.named or self.fixed & set(inputs):
            return False
        return test.is_optional or all(map(_is_option, inputs))


def event_inputs(plan: PlannedEvent) -> dict[str, str]:
    """Returns the inputs that an event fixes beside its preset: the year whose rules it judges by,
    where it is one.
    """
    return {"ruleset": plan.rulesets[0]} if len(plan.rulesets) == 1 else {}


def named_tests(role: RoleInTest) -> frozenset[str]:
    """Returns the ids of the bench tests that the plan names, and not their track alone."""
    return frozenset(role.bench) - TRACKS.keys()


def options_of(role: RoleInTest) -> dict[str, str]:
    """Returns the options that a plan requires by naming a check of each."""
    named = named_tests(role)
    names = {
        name
        for track, _ in bench_tests(role)
        for test in TRACKS[track].tests
        if test.id in named
        for name in test.inputs
    }
    return {name: "yes" for name in sorted(names) if _is_option(name)}


def lacking_inputs(plan: PlannedEvent, role: RoleInTest, registered: Given) -> tuple[str, ...]:
    """Returns the names of the inputs that are to be asked for before the system in a role is
    tested: what its checks need, and neither the event nor the plan nor the system tells.

    Args:
        plan: The event.
        role: The role.
        registered: The inputs of the system.
    """
    preset = presets().get(plan.preset)
    known = {
        **registered,
        **(preset.inputs if preset else {}),
        **event_inputs(plan),
        **options_of(role),
        **role.inputs,
    }
    names = [
        name
        for track, required in required_of(plan, role).items()
        for test in TRACKS[track].tests
        if required.has(test)
        for name in test.lacking(known)
        if not required.does_without(test, [name])
    ]
    return tuple(dict.fromkeys(names))


def required_of(plan: PlannedEvent, role: RoleInTest) -> dict[str, Required]:
    """Returns what a plan requires of the system in a role, by track."""
    preset = presets().get(plan.preset)
    fixed = frozenset({*(preset.inputs if preset else ()), *event_inputs(plan)})
    named = named_tests(role)
    return {track: Required(frozenset(tests), named, fixed) for track, tests in bench_tests(role)}


def unjudged(run: Run, required: Required, ruled: Collection[str] = ()) -> Iterator[Unjudged]:
    """Yields what a run has left out of what a plan requires.

    Args:
        run: The run.
        required: What the plan requires on its track.
        ruled: The tests whose verdict a monitor has set aside.
    """
    for test in run.track.tests:
        if not required.has(test) or test.id in ruled:
            continue
        left = _left_out(run, test, required, frozenset(ruled), behind=frozenset())
        if left is not None:
            yield Unjudged(test.id, left.why, left.inputs)
        elif test.id in required.named and _is_skipped(run, test):
            yield Unjudged(test.id, "absent")


def _left_out(
    run: Run, test: Test, required: Required, ruled: frozenset[str], *, behind: frozenset[str]
) -> Unjudged | None:
    """Returns why a check was left out, where the plan does not do without it for that."""
    outcome = run.outcomes.get(test.id)
    if outcome is None or outcome.verdict != "skip" or test.id in behind:
        return None
    for finding in outcome.findings:
        if finding.key == MISSING:
            inputs = _inputs_in(str(finding.params.get("name", "")))
            if not required.does_without(test, inputs):
                return Unjudged(test.id, "lacking", inputs)
        elif finding.key.startswith(MORE_OFFERS):
            return Unjudged(test.id, "lacking", ("offers",))
        elif finding.key == DEPENDS:
            before = _numbered(run, str(finding.params.get("test", "")))
            if before is not None and not _is_skipped(run, before):
                return _behind_one_that_gave_nothing(run, test, before, ruled)
            if before is not None:
                return _left_out(run, before, required, ruled, behind=behind | {test.id})
        elif ENDINGS.get(finding.key) == "skip" and finding.key != ABSENT:
            return Unjudged(test.id, "unable")
    return None


def _behind_one_that_gave_nothing(
    run: Run, test: Test, before: Test, ruled: frozenset[str]
) -> Unjudged | None:
    """Returns why a check was left out whose earlier one was judged; that one's failure is told
    already, unless a monitor has set it aside: then nothing tells of what waited for it.
    """
    if before.id in ruled:
        return Unjudged(test.id, "waited")
    outcome = run.outcomes.get(before.id)
    is_passed = outcome is not None and outcome.verdict in ("pass", "warn")
    return Unjudged(test.id, "unable") if is_passed else None


def _numbered(run: Run, number: str) -> Test | None:
    return next((test for test in run.track.tests if test.number == number), None)


def _is_skipped(run: Run, test: Test) -> bool:
    outcome = run.outcomes.get(test.id)
    return outcome is not None and outcome.verdict == "skip"


def _is_option(name: str) -> bool:
    """Tells whether an input only affirms that a system does more than it must."""
    declared = declared_inputs().get(name)
    return declared is not None and declared.kind == "yes"


def _inputs_in(text: str) -> tuple[str, ...]:
    """Returns the inputs that a finding names, without the place in one that holds several."""
    known = declared_inputs()
    return tuple(name for name in NAME.findall(text) if name in known)


def given_for(plan: PlannedEvent, role: RoleInTest, track: str) -> Mapping[str, str]:
    """Returns the inputs that event and plan fix for the runs of a role on a track."""
    known = inputs_of(track)
    fixed = {**event_inputs(plan), **options_of(role)}
    return {name: value for name, value in fixed.items() if name in known}
