"""What the verbs about stored data share: the partitions that the environment names, and the
services of one.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.clock import utc_now
from sandbox.ids import random_id
from sandbox.server.call import Services
from sandbox.server.partitions import Tenants
from sandbox.settings import data_folder
from sandbox.store.audit import ACTOR, Actor, Audit
from sandbox.store.partitions import Partitions
from sandbox.store.resources import ResourceStore

if TYPE_CHECKING:  # cryptography is loaded with the first certificate
    from sandbox.credentials.lacchain.chain import Block
    from sandbox.trust.folder import TrustFolder

# Seconds a statement may take; maintenance such as reindexing needs longer than searches.
HOUR = 3600.0


@contextmanager
def opened(data: Path | None) -> Iterator[Partitions]:
    """Opens the partitions in a folder (the user's when it is None), or those at DATABASE_URL."""
    partitions = Partitions(
        data or data_folder(), url=os.environ.get("DATABASE_URL", ""), seconds=HOUR
    )
    acting = ACTOR.set(Actor(who=_user(), door="command"))
    try:
        yield partitions
    finally:
        ACTOR.reset(acting)
        partitions.close()


def record_act(data: Path | None, act: str, **details: object) -> None:
    """Writes what was done outside of the database to its audit log.

    Args:
        data: The data folder; the user's when it is None.
        act: The name of the act.
        details: What it was about.
    """
    with opened(data) as partitions:
        Audit(partitions.main).record(act, **details)


def trust_at(data: Path | None) -> TrustFolder:
    """Returns the trust network below a data folder; the audit log tells what is done to it."""
    from sandbox.trust.folder import TrustFolder

    # the database is opened for an act alone: whoever only verifies does not wait for it
    return TrustFolder((data or data_folder()) / "trust", record=partial(record_act, data))


def blocks_at(data: Path | None) -> list[Block]:
    """Returns the chain of LACChain in the database of a folder."""
    from sandbox.credentials.lacchain.opening import network_in

    with opened(data) as partitions:
        return network_in(partitions.main, data or data_folder(), utc_now).chain.blocks()


def _user() -> str:
    """Returns the name by which this machine knows whoever types, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return ""


def services_of(partitions: Partitions, tenant: str) -> Services:
    """Returns the services of a tenant, or of the main data for an empty name.

    Raises:
        NotFound: There is no such tenant.
    """
    main = Services(ResourceStore(partitions.main), utc_now, random_id)
    return Tenants(partitions, main).of(tenant)
