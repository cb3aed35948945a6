"""Where an instance under way is held up, as far as lists can tell: its bench does not pass, is at
work or has passed, a partner lacks, or a monitor has sent it back.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from sandbox.event.failing import FAILING
from sandbox.event.instance import UNDER_WAY
from sandbox.event.plan import PlannedEvent, bench_tests
from sandbox.store.attempts import Attempted
from sandbox.store.instances import InstanceRow

HeldUp = Literal["returned", "failing", "waiting", "alone", "ready"]
HELD_UP: tuple[HeldUp, ...] = get_args(HeldUp)
OVER = ("done", "cancelled")
PASSED = ("pass", "warn", "review")


def is_returned(row: InstanceRow) -> bool:
    """Tells whether a monitor has sent an instance back, and nobody has handed it in since."""
    return row.state in UNDER_WAY and row.waiting > 0


def held_up(
    plan: PlannedEvent,
    rows: Iterable[InstanceRow],
    attempts: Iterable[Attempted],
    ruled: Collection[str] = (),
) -> dict[str, HeldUp]:
    """Returns where instances under way are held up, by their ids; those of which there is nothing
    to tell are left out.

    Args:
        plan: The event.
        rows: The instances.
        attempts: Those of these instances, of one role and track together, the newest first.
        ruled: The instances in which a monitor has set a verdict aside: of them no run tells alone.
    """
    newest: dict[str, dict[tuple[str, str], Attempted]] = {}
    for one in attempts:
        if one.state != "cancelled":
            newest.setdefault(one.instance, {}).setdefault((one.role, one.track), one)
    found = {}
    for row in rows:
        tries = {} if row.id in ruled else newest.get(row.id, {})
        for standing in _standing(plan, row, tries):
            found[row.id] = standing
            break
    return found


def _standing(
    plan: PlannedEvent, row: InstanceRow, newest: Mapping[tuple[str, str], Attempted]
) -> Iterator[HeldUp]:
    if row.state != "started":
        return
    if is_returned(row):
        yield "returned"
    if any(one.state == "done" and one.verdict in FAILING for one in newest.values()):
        yield "failing"
    if any(one.state not in OVER for one in newest.values()):
        yield "waiting"
    # what was begun for a plan that has changed since is nobody's next step
    roles = next((test.roles for test in plan.tests if test.id == row.test), ())
    accepted = {part.role for part in row.parts if part.standing == "accepted"}
    if {role.name for role in roles} - accepted:
        yield "alone"
    asked = [(role.name, track) for role in roles for track, _ in bench_tests(role)]
    if asked and _all_passed(asked, newest):
        yield "ready"


def _all_passed(
    asked: Sequence[tuple[str, str]], newest: Mapping[tuple[str, str], Attempted]
) -> bool:
    return all((one := newest.get(place)) and one.verdict in PASSED for place in asked)
