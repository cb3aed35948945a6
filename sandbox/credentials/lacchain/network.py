"""The network as it is founded: its root, which admits members, and the account of its mailbox.

In 2023 a committee of RACSEL did this by hand; here it happens once, when somebody first asks.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from sandbox.credentials.lacchain import directory, trust
from sandbox.credentials.lacchain.chain import Block, Chain
from sandbox.credentials.lacchain.keyring import Identity, KeyRing, new_identity, publish_keys
from sandbox.credentials.lacchain.registry import identity_of
from sandbox.credentials.texts import Json
from sandbox.errors import BadRequest, NotFound

COMMITTEE, MAILBOX = "committee", "mailbox"
NAME = "RACSEL (connectathon sandbox)"
DAY = 86_400
YEARS = 10 * 365 * DAY
MOST_DAYS = 36_500
FOUNDING = threading.Lock()


class Network:
    """The chain, and whoever keeps it: committee and mailbox."""

    def __init__(self, chain: Chain, ring_of: Callable[[str], KeyRing]) -> None:
        self.chain = chain
        self.ring_of = ring_of

    @property
    def root(self) -> Identity:
        """Returns the root of the network, which is founded where it is not yet."""
        with FOUNDING:
            account = trust.group(self.chain.blocks()).root
            ring = self.ring_of(COMMITTEE)
            if not account:
                return self._found(ring.add(new_identity()))
            root = ring.at(account)
        if root is None:
            raise NotFound("lacchain.no_key", where="root", found=account)
        return root

    @property
    def mailbox(self) -> Identity:
        """Returns the account of the mailbox, which is made where it is not yet."""
        with FOUNDING:
            ring = self.ring_of(MAILBOX)
            known = ring.every()
            if known:
                return known[0]
            identity = ring.add(new_identity())
            publish_keys(self.chain, identity, seconds=YEARS)
            return identity

    def list_member(self, data: Json, *, valid_days: int | None) -> Block:
        """Admits a member to the public directory, or writes it anew.

        Args:
            data: As the directory keeps it: type, identificationData with id and legalName.
            valid_days: For how long; None for ever.
        """
        known = data.get("identificationData")
        did = str(known.get("id", "")) if isinstance(known, dict) else ""
        root = self.root
        is_there = did in directory.members(self.chain.blocks())
        method = "updateMemberDetailsByDid" if is_there else "addMember"
        until = 0 if valid_days is None else self._now() + days_in(valid_days) * DAY
        raw = json.dumps(data, ensure_ascii=False)
        return self.chain.transact(
            root.call("directory", method, did=did, exp=until, expires=bool(until), rawData=raw)
        )

    def unlist_member(self, did: str) -> Block:
        """Takes a member from the public directory; raises NotFound."""
        return self.chain.transact(self.root.call("directory", "removeMemberByDid", did=did))

    def vouch(self, account: str, did: str, *, valid_days: int) -> Block:
        """Has the root vouch for an account that acts for a DID.

        Args:
            account: That of the member.
            did: The DID that it acts for.
            valid_days: For how long.
        """
        period = days_in(valid_days) * DAY
        call = self.root.call(
            "trust", "addOrUpdateGroupMember", memberEntity=account, did=did, period=period
        )
        return self.chain.transact(call)

    def stop_vouching(self, did: str) -> Block:
        """Ends that anybody vouches for a DID; raises NotFound."""
        links = (trust.group(self.chain.blocks()).links or {}).values()
        now = self._now()
        link = next((link for link in links if link.did == did and link.exp > now), None)
        if link is None:
            raise NotFound("lacchain.no_member", where="did", found=did[:120])
        root = self.root
        return self.chain.transact(
            root.call("trust", "revokeMemberByRoot", memberEntity=link.member)
        )

    def _found(self, root: Identity) -> Identity:
        self.chain.transact(root.call("directory", "found"))
        self.chain.transact(root.call("trust", "found", did=root.did, depth=trust.DEPTH))
        known = {"id": root.did, "legalName": NAME}
        raw = json.dumps({"version": "1", "type": "1", "identificationData": known})
        self.chain.transact(
            root.call("directory", "addMember", did=root.did, exp=0, expires=False, rawData=raw)
        )
        return root

    def _now(self) -> int:
        return int(self.chain.clock().timestamp())


def days_in(value: object, *, least: int = 1, name: str = "validDays") -> int:
    """Returns a number of days; raises BadRequest.

    Args:
        value: As somebody gave it.
        least: The fewest days.
        name: Of the value, for the refusal.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_DAYS:
        raise BadRequest("lacchain.bad_days", where=name, name=name, least=least, most=MOST_DAYS)
    return value


def manager_account(chain: Chain, did: str) -> tuple[str, int]:
    """Returns the account that manages a DID, and until when (seconds since 1970).

    Raises:
        NotFound: It has none in force.
    """
    from sandbox.credentials.lacchain.registry import DELEGATE, MANAGER, changes_of

    now = int(chain.clock().timestamp())
    changes = changes_of(chain.blocks(), identity_of(did))
    told = [
        block.args
        for block in changes
        if block.event == DELEGATE and block.args["delegateType"] == MANAGER
    ]
    latest = {str(args["delegate"]): int(args["validTo"]) for args in told}
    good = {account: until for account, until in latest.items() if until > now}
    if not good:
        raise NotFound("lacchain.no_manager", where="did", found=did[:120])
    account = [*good][-1]
    return account, good[account]
