"""The recording proxies of test instances: opens one, finds it by its token, and gives its runs."""

from __future__ import annotations

from dataclasses import asdict, replace

from sandbox.errors import NotFound, PreconditionFailed
from sandbox.event.identity import Person
from sandbox.event.in_words import roles_in_words
from sandbox.event.instance import Instance, Through, move_of
from sandbox.event.instance_log import read_instance
from sandbox.event.instances import Instances, who
from sandbox.event.observing import NONE, Side, end_watching, open_through, watch
from sandbox.event.plan import PlannedTest
from sandbox.event.rights import allow
from sandbox.event.run import Run
from sandbox.event.run_service import RunService
from sandbox.event.systems import System
from sandbox.store.runs import read_anew


class Throughs:
    """The recording proxies of one server.

    Args:
        instances: Whose systems meet.
        service: Holds the runs and the systems.
    """

    def __init__(self, instances: Instances, service: RunService) -> None:
        self._instances = instances
        self._service = service

    def open(self, id: str, asking: str, answering: str, person: Person) -> Instance:
        """Opens a recording proxy before the system of a role for that of another; one that is open
        already ends.

        Args:
            id: The instance.
            asking: The role of the client.
            answering: The role of the server.
            person: Who opens it.

        Raises:
            PreconditionFailed: A role has no system yet, or it is not the time.
            Forbidden, NotFound: As for every act.
        """
        instance = self._instances.read(id)
        allow(person, "take_part", instance.whose)
        move_of("watch", instance)
        planned = self._instances.test_of(instance)
        roles = {planned.role(role).name for role in (asking, answering)}
        lacking = roles & set(instance.open_roles(planned))
        if lacking:
            names = roles_in_words(planned, lacking)
            raise PreconditionFailed("instances.roles_open", where="roles", roles=names)
        sides = self._side(asking, instance, planned), self._side(answering, instance, planned)
        runs = self._service.runs
        end_watching(runs, instance)
        new_id = self._instances.new_id
        through = watch(runs, instance, sides, person, clock=self._instances.clock, new_id=new_id)
        return self._opened(id, through, person)

    @read_anew
    def _opened(self, id: str, through: Through, person: Person) -> Instance:
        events = self._instances.lines(id)
        move_of("watch", read_instance(events))
        line = ("watched", {"through": asdict(through), **who(person)})
        return self._instances.write(id, events, [line])

    def find(self, token: str) -> tuple[Through, System]:
        """Returns the recording proxy of a token, and the system before which it stands, at the
        base of its role's actor; raises NotFound, PreconditionFailed.
        """
        try:
            instance = self._instances.read(token.partition(".")[0])
        except NotFound:
            raise NotFound(NONE, where="through") from None
        through = open_through(instance, token, self._service.runs)
        planned = self._instances.test_of(instance)
        side = self._side(through.answering, instance, planned)
        return through, replace(side.system, base=side.system.base_for(side.actor))

    def observed(self, instance: Instance) -> dict[str, Run]:
        """Returns the runs of the recording proxies of an instance by their ids.

        Args:
            instance: Whose systems met.
        """
        read = self._service.runs.read
        return {id: read(id) for through in instance.throughs for id in through.runs}

    def _side(self, role: str, instance: Instance, planned: PlannedTest) -> Side:
        system = self._service.system(instance.parts[role].system)
        return Side(role, planned.role(role).actor, system)
