"""Starts, moves and reads test instances: every act of a participant, a monitor or a facilitator.

Each is a line in the log of the instance, in the name of whoever did it; whoever acts on what
somebody else has changed meanwhile is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Protocol

from sandbox.clock import Clock
from sandbox.errors import Forbidden, NotFound, PreconditionFailed
from sandbox.event.additions import Addition, check_addition, row_of_addition
from sandbox.event.attempts import check_attempt, requests_of
from sandbox.event.bench_proof import BenchResult, bench_results
from sandbox.event.conduct import Conducts
from sandbox.event.handing_in import hand_in, read_handed_in, role_for, under_rules_of
from sandbox.event.identity import NOBODY, Person
from sandbox.event.in_words import roles_in_words
from sandbox.event.instance import (
    MOVES,
    UNDER_WAY,
    Instance,
    check_claim,
    may_act,
    move_of,
    part_of,
)
from sandbox.event.instance_acts import LINES, Case, Line, Words
from sandbox.event.instance_log import read_instance
from sandbox.event.instance_rows import row_of
from sandbox.event.observing import end_watching
from sandbox.event.overruling import Ruling, is_given, overruling_of
from sandbox.event.partners import Chosen, invitation_of, startable
from sandbox.event.plan import PlannedEvent, PlannedTest
from sandbox.event.rights import allow
from sandbox.event.run import Run
from sandbox.event.run_service import RunService
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import Language
from sandbox.ids import NewId
from sandbox.store.attempts import LOG
from sandbox.store.instances import InstanceStore
from sandbox.store.runs import Event, read_anew
from sandbox.threads import run_in_threadpool

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
        self.conduct = Conducts(service.store, clock=clock)
        self.clock = clock
        self.new_id = new_id

    def now(self) -> int:
        """Returns the moment, in milliseconds since 1970."""
        return milliseconds_of(self.clock())

    @read_anew
    def start(
        self,
        event: str,
        test: str,
        chosen: Chosen,
        person: Person,
        *,
        partner: Chosen | None = None,
    ) -> Instance:
        """Starts an instance of a planned test with a system in one of its roles, and asks a
        partner at once where one is named.

        Args:
            event: The event; empty for the one that runs now.
            test: The number of the planned test.
            chosen: The system; in the first role unless it says otherwise.
            person: Who starts it.
            partner: The system that is asked; in the first role that is open unless it says
                otherwise.

        Raises:
            NotFound, BadRequest: The event, test, role or a system is not there, or does not fit.
            Forbidden: The system is another team's.
            PreconditionFailed: The test waits, or only facilitators start new ones now.
        """
        plan = self.plans.find(event)
        planned = startable(plan, test, person)
        registered = self._service.system(chosen.system)
        allow(person, "start", registered.whose)
        self.conduct.pin(plan.id, planned, person)
        part = part_of(planned, chosen.role or planned.roles[0].name, registered)
        first = {"event": plan.id, "test": test, "track": planned.track, "part": asdict(part)}
        lines: list[Line] = [("opened", {**first, **who(person)})]
        id = self.new_id()
        if partner:
            begun = read_instance(self._added(id, [], lines))
            asked = self._service.system(partner.system)
            body = invitation_of(begun, planned, asked, person, role=partner.role)
            lines.append(("invited", {**body, **who(person)}))
        return self.write(id, [], lines)

    def read(self, id: str) -> Instance:
        """Returns an instance as its log tells it now; raises NotFound."""
        return read_instance(self.lines(id))

    def seen_by(self, id: str, person: Person) -> Instance:
        """Returns an instance for somebody who takes part in it, or looks after all of them; raises
        NotFound, Forbidden.
        """
        instance = self.read(id)
        allow(person, "see_run", instance.whose)
        return instance

    def of_run(self, run: Run, person: Person) -> Instance | None:
        """Returns the instance of a run, for somebody who may see it; None for any other."""
        id = run.through or self.store.attempts.instance_of(run.id)
        with suppress(NotFound, Forbidden):
            return self.seen_by(id, person)
        return None

    def test_of(self, instance: Instance) -> PlannedTest:
        """Returns the planned test of an instance; raises NotFound where the plan lacks it."""
        return self.plans.find(instance.event).test(instance.test)

    def bench(self, instance: Instance) -> list[BenchResult]:
        """Returns what the bench has proven of an instance, for each role and track of its plan."""
        checks = self.conduct.read(instance.event).checks
        read = self._service.runs.read
        return list(bench_results(instance, self.plans.find(instance.event), read, checks))

    @read_anew
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
        events = self.lines(id)
        instance = read_instance(events)
        # the right is asked before the state, so that a stranger learns nothing of an instance
        self._allow(act, person, instance)
        move = move_of(act, instance)
        case = Case(instance, self.test_of(instance), partial(self.bench, instance))
        kind, body = line(case, person, words)
        state = body.get("state", move.after)
        moved = {"state": state} if state else {}
        return self.write(id, events, [(kind, {**body, **moved, **who(person)})])

    @read_anew
    def invite(self, id: str, role: str, system: str, person: Person) -> Instance:
        """Asks the team of a system to take a role; where the person may speak for that team too,
        it has accepted at once.

        Raises:
            NotFound: The role or the system is not there.
            BadRequest: The system does not take part as that role's actor, or is of a team that is
                in the instance already.
            Forbidden, PreconditionFailed: As for every act.
        """
        events = self.lines(id)
        instance = read_instance(events)
        allow(person, "take_part", instance.whose)
        move_of("invite", instance)
        asked = self._service.system(system)
        body = invitation_of(instance, self.test_of(instance), asked, person, role=role)
        return self.write(id, events, [("invited", {**body, **who(person)})])

    async def run(
        self,
        id: str,
        role: str,
        person: Person,
        *,
        given: Mapping[str, str],
        language: Language,
    ) -> Instance:
        """Starts the runs that the plan asks for of the system in a role, each of them an attempt;
        returns the instance with them.

        Args:
            id: The instance.
            role: The role.
            person: Who starts them.
            given: Inputs of theirs.
            language: That of what is sent to people meanwhile.

        Raises:
            SandboxError: As `requests_of`, `RunService.start` and `attempt` do.
        """
        instance = await run_in_threadpool(self.read, id)
        allow(person, "take_part", instance.whose)
        move_of("run", instance)
        plan = await run_in_threadpool(self.plans.find, instance.event)
        for request in requests_of(instance, plan, role, given):
            run = await self._service.start(request, person, language)
            instance = await run_in_threadpool(self.attempt, id, role, run, person)
        return instance

    @read_anew
    def attempt(self, id: str, role: str, run: Run, person: Person) -> Instance:
        """Adds a run as an attempt of the system in a role.

        Raises:
            BadRequest: It is a run of another system or of what the plan does not ask for, or older
                than the instance: a rehearsal.
            Forbidden, NotFound, PreconditionFailed: As for every act.
        """
        events = self.lines(id)
        instance = read_instance(events)
        allow(person, "take_part", instance.whose)
        move_of("run", instance)
        check_attempt(run, instance, self.test_of(instance), role)
        body = {"role": role, "track": run.track.id, "run": run.id, "base": run.base}
        # that of now: a run keeps no version, and an attempt is added right behind its start
        version = self._service.system(run.system).version
        return self.write(id, events, [("ran", {**body, "version": version, **who(person)})])

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
        plan = await run_in_threadpool(self.plans.find, instance.event)
        planned = plan.test(instance.test)
        handed = await run_in_threadpool(read_handed_in, content)
        role = role or role_for(handed, instance, planned, person)
        part = instance.parts.get(role)
        if part is None:
            roles = roles_in_words(planned, [planned.role(role).name])
            raise PreconditionFailed("instances.roles_open", where="roles", roles=roles)
        system = await run_in_threadpool(self._service.system, part.system)
        allow(person, "start", system.whose)
        handed = under_rules_of(plan, planned.role(role), handed)
        run = await hand_in(self._service.runs, handed, system, person, clock=self.clock)
        return await run_in_threadpool(self.attempt, id, role, run, person)

    @read_anew
    def attach(self, id: str, addition: Addition, person: Person) -> Instance:
        """Adds a file or a link to an instance.

        Raises:
            BadRequest, TooLarge: It cannot be added; the error says why.
            Forbidden, NotFound, PreconditionFailed: As for every act.
        """
        events = self.lines(id)
        instance = read_instance(events)
        self._allow("attach", person, instance)
        move_of("attach", instance)
        check_addition(addition, instance, self.test_of(instance))
        line = ("attached", {"attachment": row_of_addition(addition), **who(person)})
        return self.write(id, events, [line], blobs=[*filter(None, [addition.content])])

    def content(self, instance: Instance, number: int) -> tuple[str, bytes]:
        """Returns the name and the bytes of a file that was added; raises NotFound."""
        for attachment in instance.attachments:
            if attachment.number == number and attachment.hash:
                return attachment.name, self._logs.blob(attachment.hash)
        raise NotFound("instances.no_file", where=str(number), number=number)

    @read_anew
    def overrule(self, id: str, ruling: Ruling, person: Person) -> Instance:
        """Sets a verdict of the bench aside, with reason and clause; both stay in the record.

        Raises:
            BadRequest: The verdict is none, or reason or clause is missing.
            NotFound: The run is no attempt of this instance, or has no such test.
            Forbidden, PreconditionFailed: As for every act.
        """
        events = self.lines(id)
        instance = read_instance(events)
        allow(person, "verify", instance.whose)
        move_of("overrule", instance)
        check_claim(instance, person)
        if is_given(ruling, instance, person):
            return instance
        body = overruling_of(ruling, instance, self._service.runs.read)
        return self.write(id, events, [("overruled", {"overruling": body, **who(person)})])

    def close(self, event: str, person: Person) -> int:
        """Closes an event: what is not decided is incomplete; returns how many that are."""
        allow(person, "manage_event")
        return sum(self._close(row.id, person) for row in self.store.everything(event))

    @read_anew
    def _close(self, id: str, person: Person) -> bool:
        events = self.lines(id)
        is_open = read_instance(events).state in MOVES["close"].before
        if is_open:
            self.write(id, events, [("closed", {"state": "incomplete", **who(person)})])
        return is_open

    def _allow(self, act: str, person: Person, instance: Instance) -> None:
        """Raises Forbidden where a person may not do something."""
        if not may_act(person, act, instance):
            allow(person, MOVES[act].right, instance.whose)
            raise Forbidden("instances.answer_first", where=instance.id)

    def lines(self, id: str) -> list[Event]:
        """Returns the log of an instance; raises NotFound."""
        events = self._logs.events(f"{LOG}{id}")
        if not events:
            raise NotFound("instances.none", where=id, id=id)
        return events

    def write(
        self,
        id: str,
        events: Sequence[Event],
        lines: Sequence[Line],
        *,
        blobs: Sequence[bytes] = (),
    ) -> Instance:
        """Writes lines behind those that were read, and returns the instance as it stands then."""
        # read back before it is written, so that a line that nothing can read is never kept
        added = self._added(id, events, lines)
        rows = [(event.kind, event.at, event.body) for event in added]
        instance = read_instance([*events, *added])
        behind = events[-1].number if events else -1
        self.store.append(f"{LOG}{id}", rows, row_of(instance), behind=behind, blobs=blobs)
        if instance.state not in UNDER_WAY:  # what is over is observed no more
            end_watching(self._service.runs, instance)
        return instance

    def _added(self, id: str, events: Sequence[Event], lines: Sequence[Line]) -> list[Event]:
        """Returns lines as they stand in the log behind those that were read."""
        now = self.now()
        return [
            Event(f"{LOG}{id}", number, kind, now, json.dumps(body, ensure_ascii=False))
            for number, (kind, body) in enumerate(lines, len(events))
        ]


def who(person: Person) -> dict[str, str]:
    """Returns who does something, as a line of a log tells it."""
    return {"by": person.name or NOBODY, "by_id": person.id}
