"""Who asks the committee to be admitted to the network: in 2023 an e-mail with the ministry's name,
country, address and DID; here a line of a log, until somebody decides.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass

from sandbox.credentials.lacchain import directory, trust
from sandbox.credentials.lacchain.network import Network, manager_account
from sandbox.credentials.lacchain.registry import controller_of, identity_of
from sandbox.errors import BadRequest, NotFound
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore

LOG = "@admissions"
TYPE = "3"
"""A country; the types of members are those of the directory."""
LONGEST = 200
MOST = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ministry says of itself."""

    did: str
    name: str
    country: str
    url: str


class Admissions:
    """Reads and writes what the committee is asked, and has it done."""

    def __init__(self, network: Network, log: RunStore) -> None:
        self._network = network
        self._log = log

    def ask(self, asked: Asked) -> None:
        """Keeps what a ministry asks; raises BadRequest for a DID that is none, or a gap."""
        identity_of(asked.did)
        for name, value in asdict(asked).items():
            if not value or len(value) > LONGEST:
                raise BadRequest("lacchain.bad_argument", where=name, name=name)
        if len(self.waiting()) >= MOST:
            raise BadRequest("floor.registrations_full", where="committee")
        self._append("asked", asdict(asked))

    def waiting(self) -> list[Asked]:
        """Returns what nobody has decided yet, the oldest first."""
        open: dict[str, Asked] = {}
        for line in self._log.events(LOG):
            words = json.loads(line.body)
            if line.kind == "asked":
                open[words["did"]] = Asked(**words)
            else:
                open.pop(words["did"], None)
        return [*open.values()]

    def admit(self, did: str, *, days: int) -> None:
        """Admits a ministry: into the directory, and below the root of the chain of trust.

        Args:
            did: Of what was asked.
            days: For how long.

        Raises:
            NotFound: Nobody has asked with this DID.
            BadRequest: The number of days is none.
        """
        asked = self._asked(did)
        blocks = self._network.chain.blocks()
        account = controller_of(blocks, identity_of(did))
        # one without a manager acts for itself
        with suppress(NotFound):
            account = manager_account(self._network.chain, did)[0]
        known = {"id": did, "legalName": asked.name, "countryCode": asked.country, "url": asked.url}
        data = {"version": "1", "type": TYPE, "identificationData": known}
        self._network.list_member(data, valid_days=days)
        self._network.vouch(account, did, valid_days=days)
        self._append("admitted", {"did": did})

    def refuse(self, did: str) -> None:
        """Takes what was asked from those that wait; raises NotFound."""
        self._asked(did)
        self._append("refused", {"did": did})

    def dismiss(self, did: str) -> None:
        """Ends a membership, in directory and chain of trust; raises NotFound."""
        self._network.unlist_member(did)
        with suppress(NotFound):
            self._network.stop_vouching(did)

    def members(self) -> list[tuple[directory.Member, trust.Path]]:
        """Returns the members with their way to the root, as of now."""
        blocks = self._network.chain.blocks()
        now = int(self._network.chain.clock().timestamp())
        known = directory.members(blocks).values()
        return [(member, trust.path_of(blocks, member.did, now)) for member in known]

    def _asked(self, did: str) -> Asked:
        asked = next((row for row in self.waiting() if row.did == did), None)
        if asked is None:
            raise NotFound("lacchain.nobody_asked", where="did", found=did[:120])
        return asked

    def _append(self, kind: str, words: dict[str, str]) -> None:
        line = (kind, milliseconds_of(self._network.chain.clock()), json.dumps(words))
        self._log.append(LOG, [line])
