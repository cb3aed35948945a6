"""A person's wallet of 2023: has a DID with keys on the chain, and fetches what the mailbox keeps
for it.  Knows no network: who sends is given.

It reads the chain itself and folds it, so that nobody's resolver is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.credentials.lacchain.chain import Block
from sandbox.credentials.lacchain.keyring import (
    Identity,
    agreement_of,
    authentication_of,
)
from sandbox.credentials.lacchain.mail import decrypt, write_token
from sandbox.credentials.lacchain.resolving import Query, resolve_did
from sandbox.credentials.lacchain.signed import write_transaction
from sandbox.credentials.texts import Json, read_json
from sandbox.credentials.wallet.calling import Call, Send, sent, unexpected
from sandbox.errors import BadRequest, NotFound

KEY_SECONDS = 365 * 86_400


class Lacchain:
    """The network below the address of a sandbox, as a wallet meets it."""

    def __init__(self, base: str, send: Send, access: Mapping[str, str]) -> None:
        """Keeps how the network is asked; `access` are headers that let into an event."""
        self._base = f"{base}/lacchain"
        self._send = send
        self._access = access

    def blocks(self) -> list[Block]:
        """Returns the chain; raises BadRequest where none came."""
        content = self._got("chain")
        try:
            return [block_from(row) for row in content]
        except (KeyError, TypeError, ValueError):
            raise BadRequest("lacchain.no_chain", where=self._base) from None

    def publish(self, identity: Identity) -> None:
        """Publishes the keys of a DID that has none yet."""
        blocks = self.blocks()
        made = sum(block.sender == identity.address for block in blocks)
        calls = (authentication_of, agreement_of)[made:]
        for nonce, make in enumerate(calls, start=made):
            text = write_transaction(make(identity, seconds=KEY_SECONDS), identity, nonce=nonce)
            address = f"{self._base}/chain"
            headers = {"Content-Type": "application/jose", **self._access}
            call = Call("POST", address, headers, text.encode())
            reply = sent(self._send, call)
            if reply.status != 201:
                raise unexpected(address, reply)

    def letters(self, identity: Identity, *, at: datetime) -> Iterator[bytes]:
        """Yields what the letters for a DID say, the oldest first; raises BadRequest for one that
        cannot be opened.
        """
        moment = int(at.timestamp())
        blocks = self.blocks()

        def resolve(did: str) -> Json:
            document = resolve_did(did, blocks, Query(), now=moment)["didDocument"]
            if document is None:
                raise NotFound("lacchain.not_resolved", where="did", found=did[:120])
            return dict(document)

        mailbox = self._got("mailbox/did")
        token = write_token(identity, str(mailbox["did"]), at=moment)
        for letter in self._got("mailbox/vc", token=token):
            yield decrypt(letter, identity, resolve)[0]

    def _got(self, path: str, *, token: str = "") -> Any:
        address = f"{self._base}/{path}"
        headers = {"Accept": "application/json", **({"token": token} if token else {})}
        reply = sent(self._send, Call("GET", address, headers))
        if reply.status != 200:
            raise unexpected(address, reply)
        try:
            content = read_json(reply.body)
        except ValueError:
            raise unexpected(address, reply) from None
        return content


def block_from(row: Json) -> Block:
    """Returns a block as it is read from a chain; raises KeyError or TypeError.

    Args:
        row: A block as `as_json` has written it.
    """
    args = row["args"]
    if not isinstance(args, dict):
        raise TypeError(json.dumps(args)[:80])
    number, at = int(row["block"]), int(row["timestamp"])
    return Block(number, at, str(row["from"]), str(row["contract"]), str(row["event"]), args)
