"""Opens the network of a sandbox in its database."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from sandbox.clock import Clock
from sandbox.credentials.lacchain.contracts import chain_of
from sandbox.credentials.lacchain.keyring import KeyRing
from sandbox.credentials.lacchain.mailbox import Mailbox
from sandbox.credentials.lacchain.network import Network
from sandbox.sealing import Keys
from sandbox.store.database import Database
from sandbox.store.runs import RunStore
from sandbox.store.sealed import SealedStore


def network_in(database: Database, data: Path, clock: Clock) -> Network:
    """Returns the network that a database holds.

    Args:
        database: With chain and sealed keys.
        data: The data folder, beside which the sealing key stands.
        clock: Tells the time of blocks.
    """
    store = SealedStore(database)
    keys = Keys(data)

    def ring_of(holder: str) -> KeyRing:
        return KeyRing(lambda: nullcontext(store), keys, holder)

    return Network(chain_of(RunStore(database), clock), ring_of)


def mailbox_in(database: Database, network: Network) -> Mailbox:
    """Returns the mailbox of a network."""
    return Mailbox(network, RunStore(database))
