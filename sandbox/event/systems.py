"""Systems under test: registered once, named by their alias from then on.  Secrets stay in the
environment.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import NO_TEAM, TeamId, named_team
from sandbox.event.names import near_names
from sandbox.event.rights import Whose
from sandbox.i18n import Language, has_message, say
from sandbox.limits import SYSTEM_VERSION
from sandbox.store.runs import RunStore
from sandbox.testbench.script import Track
from sandbox.testbench.tracks import TRACKS, actors
from sandbox.web.addresses import refuse_userinfo

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")
SECRETS = "CONNECTATHON_SECRET_"
HERE = "sandbox"  # the bundled server


@dataclass(frozen=True, slots=True)
class System:
    """A system of a team: `base` is its FHIR base, `inputs` what its tests need to know of its data
    and options.

    `actors` are what it takes part as: a Document Recipient or Consumer lets other teams' systems
    meet it.  `bases` are the bases of those actors and tracks that stand elsewhere: who creates
    content may have one server for summaries and another for credentials.  `secrets` maps a header
    to the name of the environment variable that holds its value.
    """

    name: str
    base: str
    team: str = ""
    country: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    actors: tuple[str, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    team_id: TeamId = NO_TEAM
    version: str = ""
    """What its team calls the state of it; results of another version are marked as older."""

    @property
    def whose(self) -> Whose:
        """Returns what rights.py asks: whose system it is."""
        return Whose(self.team_id)

    @property
    def tracks(self) -> tuple[str, ...]:
        """Returns the tracks of what it takes part as."""
        return tuple(track.id for track in TRACKS.values() if track.actor in self.actors)

    def base_for(self, actor: str) -> str:
        """Returns the base of an actor."""
        return self.bases.get(actor, self.base)

    def base_of(self, track: Track) -> str:
        """Returns the base at which a track finds it: that of the track, else of its actor."""
        return self.bases.get(track.id) or self.base_for(track.actor)

    def headers(self) -> dict[str, str]:
        """Returns the secret headers with their values; those without a value are left out."""
        return {
            name: os.environ[variable]
            for name, variable in self.secrets.items()
            if os.environ.get(variable)
        }


def register(system: System, store: RunStore) -> None:
    """Keeps a system, in the place of the one that had its alias.

    Raises:
        BadRequest: Alias, version, address, actor or secret cannot be one; the error says which.
    """
    # it is one word of a command, in chat as in a shell
    if not NAME.match(system.name) or system.name == HERE:
        raise BadRequest("testbench.bad_system_name", where=system.name, name=system.name)
    if len(system.version) > SYSTEM_VERSION or not system.version.isprintable():
        raise BadRequest("testbench.bad_version", where=system.name, most=SYSTEM_VERSION)
    for base in (system.base, *system.bases.values()):
        if not base.startswith(("http://", "https://")):
            raise BadRequest("testbench.bad_base", where=system.name, base=base)
        refuse_userinfo(base, where=system.name)
    known = ", ".join(actors())
    for actor in system.actors:
        if actor not in actors():
            raise BadRequest("testbench.bad_actor", where=system.name, name=actor, known=known)
    for name in system.bases:
        if name not in actors() and name not in TRACKS:
            tracks = ", ".join(TRACKS)
            raise BadRequest(
                "testbench.bad_place", where=system.name, name=name, known=known, tracks=tracks
            )
    for variable in system.secrets.values():
        # else a registration could send out any variable of this process
        if not variable.startswith(SECRETS):
            raise BadRequest("testbench.bad_secret", where=system.name, name=variable)
    store.put_system(system.name, json.dumps(asdict(system), ensure_ascii=False))


def find_system(name: str, store: RunStore) -> System:
    """Returns a system by its alias.

    Raises:
        NotFound: There is none; the error tells the names most like it.
    """
    body = store.systems().get(name)
    if body is None:
        known = near_names(name, [HERE, *store.systems()])
        raise NotFound("testbench.no_system", where=name, name=name, known=known)
    return _system(json.loads(body))


def all_systems(store: RunStore) -> list[System]:
    """Returns the registered systems by name."""
    return [_system(json.loads(body)) for body in store.systems().values()]


def versions_of(systems: Iterable[System]) -> dict[str, str]:
    """Returns the version that is registered now, by the name of the system."""
    return {system.name: system.version for system in systems}


def _system(content: dict[str, Any]) -> System:
    """Reads a system as it is kept."""
    # JSON has lists alone, and systems of older logs have neither
    for name in ("actors", "tags"):
        content[name] = tuple(content.get(name, ()))
    content.setdefault("team_id", named_team(content.get("team", "")))
    return System(**content)


def actor_title(actor: str, language: Language) -> str:
    """Returns what people call an actor, with the name that its standard gives it: `Fuente de
    documentos (Document Source)`; its id in words for one that a plan alone knows.
    """
    key = f"actors.{actor}"
    return say(key, language) if has_message(key) else actor.replace("-", " ").title()
