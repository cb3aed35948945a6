"""The public directory: who takes part in the network, as whom, until when (LACChain
PublicDirectory); only its manager admits anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.credentials.lacchain.accounts import CHAIN_OF_TRUST
from sandbox.credentials.lacchain.chain import Blocks, Call
from sandbox.credentials.lacchain.registry import identity_of
from sandbox.credentials.lacchain.words import text_in, whole_in
from sandbox.credentials.texts import Json, read_object
from sandbox.errors import BadRequest, Conflict, Forbidden, NotFound

CONTRACT = "directory"
TYPES = ("1", "2", "3")
"""A member of any kind; a country with its authority; a country without."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member: since when, changed when, until when (seconds since 1970; 0 for ever)."""

    did: str
    iat: int
    uat: int
    exp: int
    data: Json

    def is_in_force(self, at: int) -> bool:
        """Tells whether it is a member at a moment (seconds since 1970)."""
        return self.exp == 0 or self.exp > at

    @property
    def name(self) -> str:
        """Returns its legal name."""
        return str(self.data.get("identificationData", {}).get("legalName", self.did))

    def as_json(self) -> Json:
        """Returns it as getMemberDetails does."""
        return {
            "did": self.did,
            "iat": self.iat,
            "uat": self.uat,
            "exp": self.exp,
            "expires": bool(self.exp),
            "memberData": self.data,
        }


def manager_of(blocks: Blocks) -> str:
    """Returns the account that admits members; empty before the network was founded."""
    founded = [block for block in blocks if block.contract == CONTRACT and block.event == "Founded"]
    return str(founded[-1].args["manager"]) if founded else ""


def members(blocks: Blocks) -> dict[str, Member]:
    """Returns the members by their DID, those whose time is over among them."""
    known: dict[str, Member] = {}
    for block in blocks:
        if block.contract != CONTRACT or block.event == "Founded":
            continue
        did = str(block.args["did"])
        if block.event == "MemberRemoved":
            known.pop(did, None)
            continue
        begun = known[did].iat if did in known else block.at
        data = read_object(block.args["rawData"])
        known[did] = Member(did, begun, block.at, int(block.args["exp"]), data)
    return known


def found(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """The deployment of the contract: whoever deploys it manages it.

    Raises:
        Conflict: It was deployed before.
    """
    if manager_of(blocks):
        raise Conflict("lacchain.founded", where="directory")
    return "Founded", {"manager": call.sender}


def add_member(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """addMember(did, exp, expires, chainOfTrustAddress, rawData).

    Raises:
        Forbidden: Its sender does not manage the directory.
        Conflict: The member is there.
        BadRequest: Its data or its end cannot be.
    """
    did = _managed(blocks, call)
    if did in members(blocks):
        raise Conflict("lacchain.member_there", where="did", found=did)
    return "MemberAdded", _told(call, did, at)


def update_member(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """updateMemberDetailsByDid(did, exp, expires, rawData).

    Raises:
        Forbidden: Its sender does not manage the directory.
        NotFound: There is no such member.
        BadRequest: Its data or its end cannot be.
    """
    did = _managed(blocks, call)
    _there(blocks, did)
    return "MemberUpdated", _told(call, did, at)


def remove_member(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """removeMemberByDid(did).

    Raises:
        Forbidden: Its sender does not manage the directory.
        NotFound: There is no such member.
    """
    did = _managed(blocks, call)
    _there(blocks, did)
    return "MemberRemoved", {"did": did}


METHODS = {
    (CONTRACT, "found"): found,
    (CONTRACT, "addMember"): add_member,
    (CONTRACT, "updateMemberDetailsByDid"): update_member,
    (CONTRACT, "removeMemberByDid"): remove_member,
}


def _managed(blocks: Blocks, call: Call) -> str:
    if call.sender != manager_of(blocks):
        raise Forbidden("lacchain.not_manager", where="from", found=call.sender)
    did = text_in(call, "did")
    identity_of(did)
    return did


def _there(blocks: Blocks, did: str) -> None:
    if did not in members(blocks):
        raise NotFound("lacchain.no_member", where="did", found=did)


def _told(call: Call, did: str, at: int) -> Json:
    until = whole_in(call, "exp")
    if 0 < until <= at:
        raise BadRequest("lacchain.over", where="exp", found=str(until))
    raw = text_in(call, "rawData")
    _judge(raw, did)
    return {"did": did, "exp": until, "rawData": raw, "chainOfTrustAddress": CHAIN_OF_TRUST}


def _judge(raw: str, did: str) -> None:
    """Raises BadRequest unless a member's data says what its type must (LACPass-chain-of-trust)."""
    try:
        data = read_object(raw)
    except ValueError:
        raise BadRequest("lacchain.bad_argument", where="rawData", name="rawData") from None
    known = data.get("identificationData")
    kind = data.get("type")
    if not isinstance(known, dict) or kind not in TYPES or known.get("id") != did:
        raise BadRequest("lacchain.bad_argument", where="rawData", name="identificationData")
    needed = ("legalName",) if kind == "1" else ("legalName", "countryCode", "url")
    if kind == "2" and not data.get("certificateAuthority"):
        raise BadRequest("lacchain.bad_argument", where="caCert", name="caCert")
    for name in needed:
        if not isinstance(known.get(name), str) or not known[name].strip():
            raise BadRequest("lacchain.bad_argument", where=name, name=name)
