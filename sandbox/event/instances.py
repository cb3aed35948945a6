"""Starts, moves and reads test instances: every act of a participant, a monitor or a facilitator.

Each is a line in the log of the instance, in the name of whoever did it; whoever acts on what
somebody else has changed meanwhile is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool

from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound, PreconditionFailed
from sandbox.event.additions import Addition, check_addition, row_of_addition
from sandbox.event.bench_proof import BenchResult, bench_results
from sandbox.event.handing_in import hand_in, read_handed_in, role_for
from sandbox.event.identity import NO_TEAM, NOBODY, Person
from sandbox.event.instance import (
    LOG,
    MOVES,
    Instance,
    check_claim,
    may_act,
    move_of,
    part_of,
    read_instance,
    row_of,
)
from sandbox.event.instance_acts import LINES, Case, Words
from sandbox.event.overruling import Ruling, overruling_of
from sandbox.event.plan import PlannedEvent, PlannedTest, bench_tests
from sandbox.event.rights import Whose, allow, may
from sandbox.event.run import Run
from sandbox.event.run_service import RunRequest, RunService
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import Language
from sandbox.ids import NewId
from sandbox.store.instances import InstanceStore
from sandbox.store.runs import Event

Line = tuple[str, Mapping[str, Any]]
NO_WORDS = Words()


class Plans(Protocol):
    """Where the plans of events are found."""

    def find(self, id: str) -> PlannedEvent:
        """Returns an event by its id; raises NotFound."""


class Instances:
    """Holds the instances of all events of one server.

    Args:
        store: Where their rows are kept.
        service: Holds the runs and the systems of the same server.
        plans: Where the planned tests are found.
        clock: What time it is.
        new_id: Makes the id of an instance.
    """

    def __init__(
        self,
        store: InstanceStore,
        service: RunService,
        *,
        plans: Plans,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self.store = store
        self.plans = plans
        self._service = service
        self._logs = service.store
        self._clock = clock
        self._new_id = new_id

    def now(self) -> int:
        """Returns the moment, in milliseconds since 1970."""
        return milliseconds_of(self._clock())

    def start(
        self, event: str, test: str, system: str, person: Person, *, role: str = ""
    ) -> Instance:
        """Starts an instance of a planned test with a system in one of its roles, the first unless
        said otherwise.

        Raises:
            NotFound: The event, test, role or system is not there.
            BadRequest: The system does not take part as that role's actor.
            Forbidden: The system is another team's.
            PreconditionFailed: The test waits for what the sandbox cannot do yet, or it is late and
                only facilitators start new ones.
        """
        plan = self.plans.find(event)
        planned = plan.test(test)
        if plan.is_late and not may(person, "manage_event"):
            raise PreconditionFailed("instances.late", where=event)
        if planned.waits:
            raise PreconditionFailed("instances.waits", where=test, id=test)
        registered = self._service.system(system)
        allow(person, "start", registered.whose)
        part = part_of(planned, role or planned.roles[0].name, registered)
        id = self._new_id()
        body = {
            "event": event,
            "test": test,
            "track": planned.track,
            "part": asdict(part),
            **_who(person),
        }
        return self._write(id, [], [("opened", body)])

    def read(self, id: str) -> Instance:
        """Returns an instance as its log tells it now; raises NotFound."""
        return read_instance(self._events(id))

    def seen_by(self, id: str, person: Person) -> Instance:
        """Returns an instance for somebody who takes part in it, or looks after all of them; raises
        NotFound, Forbidden.
        """
        instance = self.read(id)
        allow(person, "see_run", instance.whose)
        return instance

    def test_of(self, instance: Instance) -> PlannedTest:
        """Returns the planned test of an instance; raises NotFound where the plan lacks it."""
        return self.plans.find(instance.event).test(instance.test)

    def bench(self, instance: Instance) -> list[BenchResult]:
        """Returns what the bench has proven of an instance, for each role and track of its plan."""
        return list(bench_results(instance, self.test_of(instance), self._service.runs.read))

    def act(self, id: str, act: str, person: Person, words: Words = NO_WORDS) -> Instance:
        """Does what a participant, monitor or facilitator may do by a word alone: see MOVES.

        Args:
            id: The instance.
            act: The word, such as `pause`, `submit`, `claim`, `decide`.
            person: Who does it.
            words: What comes with it.

        Returns:
            The instance as it stands then.

        Raises:
            NotFound: There is no such instance, act or role.
            Forbidden: The person may not, or has not claimed it.
            PreconditionFailed: It cannot be done now; the error says why.
            BadRequest: What came with it is wrong or missing.
        """
        line = LINES.get(act)
        if line is None:  # those that bring more than words have a method of their own
            raise NotFound("instances.no_act", where=act, found=act, known=", ".join(LINES))
        events = self._events(id)
        instance = read_instance(events)
        self._allow(act, person, instance)
        move = move_of(act, instance)
        case = Case(instance, self.test_of(instance), partial(self.bench, instance))
        kind, body = line(case, person, words)
        state = body.get("state", move.after)
        return self._write(
            id, events, [(kind, {**body, **({"state": state} if state else {}), **_who(person)})]
        )

    def invite(self, id: str, role: str, system: str, person: Person) -> Instance:
        """Asks the team of a system to take a role; where the person may speak for that team too,
        it has accepted at once.

        Raises:
            NotFound: The role or the system is not there.
            BadRequest: The system does not take part as that role's actor, or is of a team that is
                in the instance already.
            Forbidden, PreconditionFailed: As for every act.
        """
        events = self._events(id)
        instance = read_instance(events)
        allow(person, "take_part", instance.whose)
        move_of("invite", instance)
        planned = self.test_of(instance)
        if role not in instance.open_roles(planned):
            planned.role(role)
            raise PreconditionFailed("instances.role_taken", where=role, role=role)
        part = part_of(planned, role, self._service.system(system))
        teams = {other.team_id for other in instance.parts.values() if other.standing != "declined"}
        if part.team_id != NO_TEAM and part.team_id in teams:
            raise BadRequest("instances.same_team", where=system, team=part.team)
        speaks = may(person, "take_part", Whose(part.team_id))
        row = asdict(part) | {"standing": "accepted" if speaks else "invited"}
        return self._write(id, events, [("invited", {"part": row, **_who(person)})])

    def requests(
        self, id: str, role: str, person: Person, *, given: Mapping[str, str]
    ) -> list[RunRequest]:
        """Returns the runs that the plan asks for of the system in a role.

        Args:
            id: The instance.
            role: The role.
            person: Who starts them.
            given: Inputs of theirs; systems of other roles are added by the plan.

        Raises:
            PreconditionFailed: A role that takes part has no system yet.
            Forbidden, NotFound: As for every act.
        """
        instance = self.read(id)
        allow(person, "take_part", instance.whose)
        move_of("run", instance)
        planned = self.test_of(instance)
        asked = planned.role(role)
        lacking = set(instance.open_roles(planned)) & {role, *asked.inputs.values()}
        if lacking:
            roles = ", ".join(sorted(lacking))
            raise PreconditionFailed("instances.roles_open", where="roles", roles=roles)
        peers = {name: instance.parts[other].system for name, other in asked.inputs.items()}
        system = instance.parts[role].system
        return [
            RunRequest(track, system, tests, {**given, **peers})
            for track, tests in bench_tests(asked)
        ]

    async def run(
        self,
        id: str,
        role: str,
        person: Person,
        *,
        given: Mapping[str, str],
        language: Language,
    ) -> Instance:
        """Starts the runs that the plan asks for of the system in a role, each of them an attempt.

        Args:
            id: The instance.
            role: The role.
            person: Who starts them.
            given: Inputs of theirs.
            language: That of what is sent to people meanwhile.

        Returns:
            The instance with the new attempts.

        Raises:
            SandboxError: As `requests`, `RunService.start` and `attempt` do.
        """
        plan = partial(self.requests, id, role, person, given=given)
        for request in await run_in_threadpool(plan):
            run = await self._service.start(request, person, language)
            await run_in_threadpool(self.attempt, id, role, run, person)
        return await run_in_threadpool(self.read, id)

    def attempt(self, id: str, role: str, run: Run, person: Person) -> Instance:
        """Adds a run as an attempt of the system in a role.

        Raises:
            BadRequest: It is a run of another system or of what the plan does not ask for, or older
                than the instance: a rehearsal.
            Forbidden, NotFound, PreconditionFailed: As for every act.
        """
        events = self._events(id)
        instance = read_instance(events)
        allow(person, "take_part", instance.whose)
        move_of("run", instance)
        planned = self.test_of(instance).role(role)
        part = instance.parts.get(role)
        tracks = [track for track, _ in bench_tests(planned)]
        if part is None or run.system != part.system or run.track.id not in tracks:
            raise BadRequest("instances.other_run", where=run.id, run=run.id, role=role)
        if run.at < instance.at and not run.is_handed_in:
            raise BadRequest("instances.rehearsal", where=run.id, run=run.id)
        body = {"role": role, "track": run.track.id, "run": run.id, **_who(person)}
        return self._write(id, events, [("ran", body)])

    async def hand_in(self, id: str, role: str, content: bytes, person: Person) -> Instance:
        """Takes a run that a team made on its own machine as an attempt of the system in a role,
        and judges it anew; without a role it is the one of the team that the plan asks such runs
        of.

        Raises:
            BadRequest: It is no evidence of a run that the plan asks for, or was changed.
            TooLarge: It is too large.
            Forbidden, NotFound, PreconditionFailed: As for every act.
        """
        instance = await run_in_threadpool(self.read, id)
        allow(person, "take_part", instance.whose)
        move_of("run", instance)
        planned = self.test_of(instance)
        handed = await run_in_threadpool(read_handed_in, content)
        role = role or role_for(handed, instance, planned, person)
        part = instance.parts.get(role)
        if part is None:
            planned.role(role)
            raise PreconditionFailed("instances.roles_open", where="roles", roles=role)
        system = await run_in_threadpool(self._service.system, part.system)
        allow(person, "start", system.whose)
        run = await hand_in(self._service.runs, handed, system, person, clock=self._clock)
        return await run_in_threadpool(self.attempt, id, role, run, person)

    def attach(self, id: str, addition: Addition, person: Person) -> Instance:
        """Adds a file or a link to an instance.

        Raises:
            BadRequest, TooLarge: It cannot be added; the error says why.
            Forbidden, NotFound, PreconditionFailed: As for every act.
        """
        events = self._events(id)
        instance = read_instance(events)
        self._allow("attach", person, instance)
        move_of("attach", instance)
        check_addition(addition, instance, self.test_of(instance))
        blobs = [addition.content] if addition.content else []
        line = ("attached", {"attachment": row_of_addition(addition), **_who(person)})
        return self._write(id, events, [line], blobs=blobs)

    def content(self, instance: Instance, number: int) -> tuple[str, bytes]:
        """Returns the name and the bytes of a file that was added; raises NotFound."""
        for attachment in instance.attachments:
            if attachment.number == number and attachment.hash:
                return attachment.name, self._logs.blob(attachment.hash)
        raise NotFound("instances.no_file", where=str(number), number=number)

    def overrule(self, id: str, ruling: Ruling, person: Person) -> Instance:
        """Sets a verdict of the bench aside, with reason and clause; both stay in the record.

        Raises:
            BadRequest: The verdict is none, or reason or clause is missing.
            NotFound: The run is no attempt of this instance, or has no such test.
            Forbidden, PreconditionFailed: As for every act.
        """
        events = self._events(id)
        instance = read_instance(events)
        allow(person, "verify", instance.whose)
        move_of("overrule", instance)
        check_claim(instance, person)
        body = overruling_of(ruling, instance, self._service.runs.read)
        return self._write(id, events, [("overruled", {"overruling": body, **_who(person)})])

    def close(self, event: str, person: Person) -> int:
        """Closes an event: what is not decided is incomplete; returns how many that are."""
        allow(person, "manage_event")
        closed = 0
        for row in self.store.everything(event):
            if row.state in MOVES["close"].before:
                events = self._events(row.id)
                line = ("closed", {"state": "incomplete", **_who(person)})
                self._write(row.id, events, [line])
                closed += 1
        return closed

    def _allow(self, act: str, person: Person, instance: Instance) -> None:
        """Raises Forbidden where a person may not do something."""
        if not may_act(person, act, instance):
            allow(person, MOVES[act].right, instance.whose)

    def _events(self, id: str) -> list[Event]:
        events = self._logs.events(f"{LOG}{id}")
        if not events:
            raise NotFound("instances.none", where=id, id=id)
        return events

    def _write(
        self,
        id: str,
        events: Sequence[Event],
        lines: Sequence[Line],
        *,
        blobs: Sequence[bytes] = (),
    ) -> Instance:
        """Writes lines behind those that were read, and returns the instance as it stands then."""
        now = self.now()
        log = f"{LOG}{id}"
        behind = events[-1].number if events else -1
        rows = [(kind, now, json.dumps(body, ensure_ascii=False)) for kind, body in lines]
        added = [Event(log, behind + 1 + place, *row) for place, row in enumerate(rows)]
        instance = read_instance([*events, *added])
        self.store.append(log, rows, row_of(instance), behind=behind, blobs=blobs)
        return instance


def _who(person: Person) -> dict[str, str]:
    return {"by": person.name or NOBODY, "by_id": person.id}
