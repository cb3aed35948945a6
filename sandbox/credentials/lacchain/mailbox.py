"""The mailbox of the network: keeps letters that it cannot read, each for its receiver and until
its time is over.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sandbox.credentials.lacchain.mail import Resolve, decrypt, read_envelope, who
from sandbox.credentials.lacchain.network import Network
from sandbox.credentials.lacchain.registry import identity_of
from sandbox.credentials.lacchain.resolving import Query, resolve_did
from sandbox.credentials.texts import Json
from sandbox.errors import BadRequest, NotFound
from sandbox.fhir.dates import milliseconds_of
from sandbox.limits import MAILBOX_LETTERS
from sandbox.store.runs import RunStore

LOG = "@mailbox:"


class Mailbox:
    """Takes letters, and gives them to whom they are for."""

    def __init__(self, network: Network, log: RunStore) -> None:
        self._network = network
        self._log = log

    @property
    def did(self) -> str:
        """Returns the DID that letters to the mailbox are encrypted to."""
        return self._network.mailbox.did

    def deliver(self, token: str, letter: Any) -> str:
        """Keeps what an envelope holds, and returns its id.

        Raises:
            Unauthorized: The token proves no DID.
            BadRequest: The envelope is none, by somebody else, or for nobody of this network.
        """
        chain = self._network.chain
        now = chain.clock()
        at = int(now.timestamp())
        resolve = resolver_of(self._network)
        mailbox = self._network.mailbox
        sender = who(token, mailbox.did, resolve, at=at)
        content, writer = decrypt(letter, mailbox, resolve)
        if writer != sender:
            raise BadRequest("lacchain.other_writer", where="skid", expected=sender, found=writer)
        receiver, letters, until = read_envelope(content, mailbox.did)
        identity_of(receiver)
        if len(self._log.events(f"{LOG}{receiver}")) + len(letters) > MAILBOX_LETTERS:
            raise BadRequest("lacchain.mailbox_full", where="next", expected=MAILBOX_LETTERS)
        id = str(uuid.uuid4())
        line = {"id": id, "until": until, "letters": letters}
        body = json.dumps(line, ensure_ascii=False)
        self._log.append(f"{LOG}{receiver}", [("left", milliseconds_of(now), body)])
        return id

    def collect(self, token: str) -> list[Json]:
        """Returns the letters of whom a token proves, the oldest first; they stay until their time
        is over.
        """
        at = int(self._network.chain.clock().timestamp())
        receiver = who(token, self.did, resolver_of(self._network), at=at)
        kept = [json.loads(line.body) for line in self._log.events(f"{LOG}{receiver}")]
        return [letter for row in kept if row["until"] > at for letter in row["letters"]]


def resolver_of(network: Network) -> Resolve:
    """Returns what resolves DIDs of the network now; it raises NotFound for any other."""

    def resolve(did: str) -> Json:
        now = int(network.chain.clock().timestamp())
        document = resolve_did(did, network.chain.blocks(), Query(), now=now)["didDocument"]
        if document is None:
            raise NotFound("lacchain.not_resolved", where="did", found=did[:120])
        return dict(document)

    return resolve
