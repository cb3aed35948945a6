"""The chain of trust: who vouches for whom, from the root of the network down, and the walk back up
from an issuer (LACChain ChainOfTrust, revocation by root and parent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.credentials.lacchain.chain import Blocks, Call
from sandbox.credentials.lacchain.directory import members
from sandbox.credentials.lacchain.registry import MANAGER, controller_of, identity_of, is_delegate
from sandbox.credentials.lacchain.words import account_in, text_in, whole_in
from sandbox.credentials.texts import Json
from sandbox.errors import BadRequest, Conflict, Forbidden, NotFound

CONTRACT = "trust"
CHANGED = "GroupMemberChanged"
DEPTH = 3
LONGEST = 36_500 * 86_400
Broken = Literal["", "no_member", "over", "no_root", "too_deep", "root_unlisted", "other_entity"]


@dataclass(frozen=True, slots=True)
class Link:
    """One member: which account vouches for which, under which DID, from when to when."""

    parent: str
    member: str
    did: str
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class Group:
    """The chain of trust as it stands: its root, how deep it may be, and its links by member."""

    root: str = ""
    root_did: str = ""
    depth: int = DEPTH
    links: dict[str, Link] | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The way from an issuer to the root: the DIDs of it, and where it breaks, if it does."""

    dids: tuple[str, ...]
    broken: Broken = ""
    at: str = ""
    """The DID or account at which it breaks."""


def group(blocks: Blocks) -> Group:
    """Returns the chain of trust that the blocks make."""
    current = Group()
    links: dict[str, Link] = {}
    for block in blocks:
        args = block.args
        if block.contract != CONTRACT:
            continue
        if block.event == "Founded":
            current = Group(args["root"], args["did"], args["depth"])
        elif block.event == "DepthChanged":
            current = Group(current.root, current.root_did, args["depth"])
        elif block.event == CHANGED:
            names = ("parent", "member", "did", "iat", "exp")
            links[args["member"]] = Link(*(args[name] for name in names))
    return Group(current.root, current.root_did, current.depth, links)


def path_of(blocks: Blocks, did: str, at: int) -> Path:
    """Returns the way from an issuer to the root of the network, as of a moment.

    Args:
        blocks: The chain.
        did: The issuer's.
        at: Seconds since 1970.
    """
    known = group(blocks)
    by_did = {link.did: link for link in (known.links or {}).values()}
    dids = [did]
    if not known.root:
        return Path((did,), "no_root", did)
    while dids[-1] != known.root_did:
        link = by_did.get(dids[-1])
        if link is None:
            return Path(tuple(dids), "no_member", dids[-1])
        if not link.iat <= at < link.exp:
            return Path(tuple(dids), "over", dids[-1])
        if not _speaks_for(blocks, link, at):
            return Path(tuple(dids), "other_entity", dids[-1])
        parent = (known.links or {}).get(link.parent)
        above = known.root_did if link.parent == known.root else parent.did if parent else ""
        if not above:
            return Path(tuple(dids), "no_member", link.parent)
        dids.append(above)
        if len(dids) - 1 > known.depth:
            return Path(tuple(dids), "too_deep", did)
    root = members(blocks).get(known.root_did)
    if root is None or not root.is_in_force(at):
        return Path(tuple(dids), "root_unlisted", known.root_did)
    return Path(tuple(dids))


def found(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """The deployment of the contract: whoever deploys it is the root.

    Raises:
        Conflict: It was deployed before.
        BadRequest: An argument is missing or of another type.
    """
    if group(blocks).root:
        raise Conflict("lacchain.founded", where="trust")
    did = text_in(call, "did")
    identity_of(did)
    depth = whole_in(call, "depth", least=1, most=9)
    return "Founded", {"root": call.sender, "did": did, "depth": depth}


def add_member(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """addOrUpdateGroupMember(memberEntity, did, period): the sender vouches for an account.

    Raises:
        Forbidden: Its sender may not have anybody below it.
        BadRequest: Somebody else vouches for the account, or it is the root.
    """
    known = group(blocks)
    member = account_in(call, "memberEntity")
    did = text_in(call, "did")
    identity_of(did)
    period = whole_in(call, "period", least=1, most=LONGEST)
    _may_vouch(blocks, known, call.sender, at)
    before = (known.links or {}).get(member)
    is_others = before is not None and before.parent != call.sender and before.exp > at
    if is_others or member in (known.root, call.sender):
        raise BadRequest("lacchain.vouched_for", where="memberEntity", found=member)
    link = {"parent": call.sender, "member": member, "did": did, "iat": at, "exp": at + period}
    return CHANGED, link


def revoke_member(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """revokeMember(memberEntity), revokeMemberByRoot(memberEntity): its parent or the root.

    Raises:
        NotFound: Nobody vouches for the account now.
        Forbidden: Its sender is neither its parent nor the root.
    """
    known = group(blocks)
    member = account_in(call, "memberEntity")
    link = (known.links or {}).get(member)
    if link is None or link.exp <= at:
        raise NotFound("lacchain.no_member", where="memberEntity", found=member)
    if call.sender not in (link.parent, known.root):
        raise Forbidden("lacchain.not_manager", where="from", found=call.sender)
    return CHANGED, {
        "parent": link.parent,
        "member": member,
        "did": link.did,
        "iat": link.iat,
        "exp": at,
    }


def update_depth(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """updateDepth(depth): the root's.

    Raises:
        Forbidden: Its sender is not the root.
        BadRequest: The depth is none from 1 to 9.
    """
    if call.sender != group(blocks).root:
        raise Forbidden("lacchain.not_manager", where="from", found=call.sender)
    return "DepthChanged", {"depth": whole_in(call, "depth", least=1, most=9)}


METHODS = {
    (CONTRACT, "found"): found,
    (CONTRACT, "addOrUpdateGroupMember"): add_member,
    (CONTRACT, "revokeMember"): revoke_member,
    (CONTRACT, "revokeMemberByRoot"): revoke_member,
    (CONTRACT, "updateDepth"): update_depth,
}


def _speaks_for(blocks: Blocks, link: Link, at: int) -> bool:
    """Tells whether an account acts for the DID that it stands in the chain with."""
    identity = identity_of(link.did)
    is_manager = is_delegate(blocks, identity, link.member, kind=MANAGER, at=at)
    return is_manager or controller_of(blocks, identity) == link.member


def _may_vouch(blocks: Blocks, known: Group, sender: str, at: int) -> None:
    """Raises Forbidden unless an account is the root, or a member that may have another below."""
    if sender == known.root:
        return
    link = (known.links or {}).get(sender)
    path = path_of(blocks, link.did, at) if link else None
    if path is None or path.broken or len(path.dids) > known.depth:
        raise Forbidden("lacchain.not_manager", where="from", found=sender)
