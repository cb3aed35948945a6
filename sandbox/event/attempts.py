"""Attempts of a test instance: which runs the plan asks of the system in a role, and which run is
one of them.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.event.in_words import roles_in_words
from sandbox.event.instance import Instance
from sandbox.event.plan import PlannedEvent, PlannedTest, bench_tests
from sandbox.event.required import given_for
from sandbox.event.run import Run
from sandbox.event.run_service import RunRequest
from sandbox.testbench.tracks import inputs_of


def requests_of(
    instance: Instance, plan: PlannedEvent, role: str, given: Mapping[str, str]
) -> list[RunRequest]:
    """Returns the runs that the plan asks for of the system in a role.

    Args:
        instance: The instance.
        plan: Its event.
        role: The role.
        given: Inputs of theirs; what the event fixes goes before them, and systems of other roles
            are added by the plan.

    Raises:
        NotFound: There is no such role.
        PreconditionFailed: A role that takes part has no system yet.
    """
    planned = plan.test(instance.test)
    asked = planned.role(role)
    lacking = set(instance.open_roles(planned)) & {role, *asked.inputs.values()}
    if lacking:
        roles = roles_in_words(planned, lacking)
        raise PreconditionFailed("instances.roles_open", where="roles", roles=roles)
    peers = {name: instance.parts[other].system for name, other in asked.inputs.items()}
    system = instance.parts[role].system
    runs = list(bench_tests(asked))
    # what one of its tracks takes is no slip for the others
    elsewhere = {name for track, _ in runs for name in inputs_of(track)}
    wanted = []
    for track, tests in runs:
        known = {**given, **peers, **given_for(plan, asked, track)}
        meant = inputs_of(track) | (known.keys() - elsewhere)
        inputs = {name: value for name, value in known.items() if name in meant}
        wanted.append(RunRequest(track, system, tests, inputs, preset=plan.preset))
    return wanted


def check_attempt(run: Run, instance: Instance, planned: PlannedTest, role: str) -> None:
    """Raises BadRequest for a run that is no attempt: of another system, of what the plan does not
    ask for, or, as a rehearsal, older than the instance; NotFound for a role that is none;
    PreconditionFailed for one about which a monitor was asked by itself.
    """
    part = instance.parts.get(role)
    tracks = [track for track, _ in bench_tests(planned.role(role))]
    if part is None or run.system != part.system or run.track.id not in tracks:
        title = roles_in_words(planned, [role])
        raise BadRequest("instances.other_run", where=run.id, run=run.id, role=title)
    # asked about twice, two monitors could decide it in two ways
    if run.review.standing == "to_verify":
        raise PreconditionFailed("instances.run_waits", where=run.id, run=run.id)
    # one that was handed in is older by its nature, and is marked instead
    if run.at < instance.at and not run.is_handed_in:
        raise BadRequest("instances.rehearsal", where=run.id, run=run.id)
