"""All that the contracts of the chain can be asked for."""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.credentials.lacchain import directory, registry, trust, verification
from sandbox.credentials.lacchain.chain import Chain, Method
from sandbox.store.runs import RunStore

METHODS: dict[tuple[str, str], Method] = {
    **registry.METHODS,
    **directory.METHODS,
    **trust.METHODS,
    **verification.METHODS,
}


def chain_of(log: RunStore, clock: Clock) -> Chain:
    """Returns the chain in a log, with its contracts.

    Args:
        log: Keeps the blocks.
        clock: Tells their times.
    """
    return Chain(log, METHODS, clock)
