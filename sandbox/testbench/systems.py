"""Systems under test: registered once, named by their alias from then on.  Secrets stay in the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sandbox.errors import BadRequest, NotFound
from sandbox.store.runs import RunStore

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")
SECRETS = "CONNECTATHON_SECRET_"
HERE = "sandbox"  # the bundled server


@dataclass(frozen=True, slots=True)
class System:
    """A system of a team: `base` is its FHIR base, `inputs` what its tests need to know of its data.

    `secrets` maps a header to the name of the environment variable that holds its value.
    """

    name: str
    base: str
    team: str = ""
    country: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Returns the secret headers with their values; those without a value are left out."""
        return {name: os.environ[variable] for name, variable in self.secrets.items() if os.environ.get(variable)}


def register(system: System, store: RunStore) -> None:
    """Keeps a system; raises BadRequest for a name or an address that cannot be one."""
    if not NAME.match(system.name) or system.name == HERE:
        raise BadRequest("testbench.bad_system_name", where=system.name, name=system.name)
    if not system.base.startswith(("http://", "https://")):
        raise BadRequest("testbench.bad_base", where=system.name, base=system.base)
    for variable in system.secrets.values():
        if not variable.startswith(SECRETS):  # else a registration could send out any variable of this process
            raise BadRequest("testbench.bad_secret", where=system.name, name=variable)
    store.put_system(system.name, json.dumps(asdict(system), ensure_ascii=False))


def find_system(name: str, store: RunStore) -> System:
    """Returns a system by its alias; raises NotFound with those that there are."""
    body = store.systems().get(name)
    if body is None:
        known = ", ".join([HERE, *store.systems()])
        raise NotFound("testbench.no_system", where=name, name=name, known=known)
    return System(**json.loads(body))


def all_systems(store: RunStore) -> list[System]:
    """Returns the registered systems by name."""
    return [System(**json.loads(body)) for body in store.systems().values()]
