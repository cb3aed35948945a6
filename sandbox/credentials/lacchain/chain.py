"""A chain of blocks, each with one event of one contract, kept as an append-only log.

All that contracts know is folded from the blocks: nothing else is kept.  A block is never changed,
so that whoever reads it later folds the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sandbox.clock import Clock
from sandbox.credentials.texts import Json, write_compact
from sandbox.errors import NotFound, PreconditionFailed
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore, read_anew

LOG = "@lacchain"


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction: which account asks which method of a contract, with what."""

    sender: str
    contract: str
    method: str
    args: Json


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its number from 1, its time in seconds since 1970, who sent it, and its event; and
    by what its transaction is known, where its sender has named it.
    """

    number: int
    at: int
    sender: str
    contract: str
    event: str
    args: Json
    transaction: str = ""

    def as_json(self) -> Json:
        """Returns it as whoever follows the chain reads it."""
        return {
            "block": self.number,
            "timestamp": self.at,
            "from": self.sender,
            "contract": self.contract,
            "event": self.event,
            "args": self.args,
        }

    @property
    def transaction_hash(self) -> str:
        """Returns by what its transaction is known: its own hash, or that of the block."""
        return self.transaction or f"0x{sha256(write_compact(self.as_json())).hexdigest()}"


Blocks = Sequence[Block]
Method = Callable[[Blocks, Call, int], tuple[str, Json]]
"""Judges a call at a moment, in seconds since 1970; returns event and arguments, or raises
BadRequest, Forbidden or NotFound as a contract reverts.
"""


class Chain:
    """Reads blocks, and appends the event of a call that its contract lets through."""

    def __init__(self, log: RunStore, methods: dict[tuple[str, str], Method], clock: Clock) -> None:
        self._log = log
        self._methods = methods
        self.clock = clock

    def blocks(self) -> list[Block]:
        """Returns all blocks in their order."""
        return [
            Block(line.number + 1, line.at // 1000, contract=line.kind, **json.loads(line.body))
            for line in self._log.events(LOG)
        ]

    @read_anew
    def transact(self, call: Call, *, nonce: int | None = None, transaction: str = "") -> Block:
        """Appends the event of a call, and returns its block.

        Args:
            call: The transaction.
            nonce: How many transactions its sender had sent before, where it says so: what was
                signed once is carried out once.
            transaction: Its hash, where it came as nodes take it.

        Raises:
            NotFound: There is no such method.
            BadRequest: The contract refuses what is asked.
            Forbidden: Its sender may not ask for it.
            PreconditionFailed: The nonce is another, or the chain was too busy.
        """
        blocks = self.blocks()
        method = self._methods.get((call.contract, call.method))
        if method is None:
            known = ", ".join(f"{contract}.{name}" for contract, name in sorted(self._methods))
            asked = f"{call.contract}.{call.method}"[:80]
            raise NotFound("lacchain.no_method", where="method", found=asked, known=known)
        sent = sum(block.sender == call.sender for block in blocks)
        if nonce not in (None, sent):
            raise PreconditionFailed("lacchain.nonce", where="nonce", expected=sent, found=nonce)
        now = self.clock()
        at = int(now.timestamp())
        event, args = method(blocks, call, at)
        told = {"sender": call.sender, "event": event, "args": args}
        named = {"transaction": transaction} if transaction else {}
        body = json.dumps({**told, **named}, ensure_ascii=False)
        behind = blocks[-1].number - 1 if blocks else -1
        line = (call.contract, milliseconds_of(now), body)
        (kept,) = self._log.append(LOG, [line], behind=behind)
        return Block(kept.number + 1, at, call.sender, call.contract, event, args, transaction)
