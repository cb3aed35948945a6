"""The DID registry: who controls an identity, which keys and services it has, since when and until
when (LACChain identity contracts, DIDRegistry, after ERC-1056).
"""

from __future__ import annotations

from sandbox.credentials.did.lac1 import decode
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY, NOBODY
from sandbox.credentials.lacchain.chain import Block, Blocks, Call
from sandbox.credentials.lacchain.words import account_in, hex_in, text_in, whole_in
from sandbox.credentials.texts import Json
from sandbox.errors import BadRequest, Forbidden

CONTRACT = "registry"
ATTRIBUTE, DELEGATE = "DIDAttributeChanged", "DIDDelegateChanged"
CONTROLLER = "DIDControllerChanged"
MANAGER = "DIDManager"
"""The delegate that acts for an entity in chain of trust and verification registry."""
LONGEST = 36_500 * 86_400


def identity_of(did: str) -> str:
    """Returns the account of a DID of this registry; raises BadRequest for any other."""
    try:
        known = decode(did)
    except ValueError as error:
        raise BadRequest("lacchain.bad_did", where="did", found=f"{did[:80]}: {error}") from None
    if (known.registry, known.chain) != (DID_REGISTRY, CHAIN_ID):
        raise BadRequest("lacchain.other_registry", where="did", found=known.registry)
    return known.controller


def changes_of(blocks: Blocks, identity: str) -> list[Block]:
    """Returns the events of an identity in their order.

    Args:
        blocks: The chain.
        identity: Its account.
    """
    return [
        block
        for block in blocks
        if block.contract == CONTRACT and block.args["identity"] == identity
    ]


def controller_of(blocks: Blocks, identity: str) -> str:
    """Returns who controls an identity: itself, until it says otherwise.

    Args:
        blocks: The chain.
        identity: Its account.
    """
    changed = [block for block in changes_of(blocks, identity) if block.event == CONTROLLER]
    return str(changed[-1].args["controller"]) if changed else identity


def is_delegate(blocks: Blocks, identity: str, account: str, *, kind: str, at: int) -> bool:
    """Tells whether an account is a delegate of an identity at a moment (seconds since 1970).

    Args:
        blocks: The chain.
        identity: Whose delegate it would be.
        account: Which account.
        kind: The type of the delegate.
        at: The moment.
    """
    told = [
        block.args
        for block in changes_of(blocks, identity)
        if block.event == DELEGATE
        and (block.args["delegateType"], block.args["delegate"]) == (kind, account)
    ]
    return bool(told) and int(told[-1]["validTo"]) > at


def set_attribute(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """setAttribute(identity, name, value, validity): a key or a service, for some seconds.

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    identity = _own(blocks, call)
    named = {"name": text_in(call, "name"), "value": hex_in(call, "value")}
    until = at + whole_in(call, "validity", least=1, most=LONGEST)
    return ATTRIBUTE, _told(blocks, identity, named, until, at)


def revoke_attribute(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """revokeAttribute(identity, name, value, revokeDeltaTime, compromised): also for the past.

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    named = {"name": text_in(call, "name"), "value": hex_in(call, "value")}
    return ATTRIBUTE, _revoked(blocks, call, named, at)


def add_delegate(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """addDelegate(identity, delegateType, delegate, validity).

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    identity = _own(blocks, call)
    until = at + whole_in(call, "validity", least=1, most=LONGEST)
    return DELEGATE, _told(blocks, identity, _delegate_in(call), until, at)


def revoke_delegate(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """revokeDelegate(identity, delegateType, delegate, revokeDeltaTime, compromised).

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    return DELEGATE, _revoked(blocks, call, _delegate_in(call), at)


def change_controller(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """changeController(identity, newController).

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    identity = _own(blocks, call)
    return CONTROLLER, _controlled(blocks, identity, account_in(call, "newController"))


def deactivate(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """deactivateAccount(identity): nobody controls it any more.

    Raises:
        Forbidden: Its sender does not control the identity.
        BadRequest: An argument is missing or of another type.
    """
    return CONTROLLER, _controlled(blocks, _own(blocks, call), NOBODY)


METHODS = {
    (CONTRACT, "setAttribute"): set_attribute,
    (CONTRACT, "revokeAttribute"): revoke_attribute,
    (CONTRACT, "addDelegate"): add_delegate,
    (CONTRACT, "revokeDelegate"): revoke_delegate,
    (CONTRACT, "changeController"): change_controller,
    (CONTRACT, "deactivateAccount"): deactivate,
}


def _own(blocks: Blocks, call: Call) -> str:
    """Returns the identity that a call is about; raises Forbidden unless its controller asks."""
    identity = account_in(call, "identity")
    if controller_of(blocks, identity) != call.sender:
        raise Forbidden("lacchain.not_controller", where="identity", found=call.sender)
    return identity


def _delegate_in(call: Call) -> Json:
    return {
        "delegateType": text_in(call, "delegateType"),
        "delegate": account_in(call, "delegate"),
    }


def _revoked(blocks: Blocks, call: Call, named: Json, at: int) -> Json:
    """Returns what ends something, as long before now as the call says."""
    identity = _own(blocks, call)
    until = at - whole_in(call, "revokeDeltaTime", most=LONGEST)
    told = _told(blocks, identity, named, until, at)
    return {**told, "compromised": call.args.get("compromised") is True}


def _told(blocks: Blocks, identity: str, named: Json, until: int, at: int) -> Json:
    return {
        "identity": identity,
        **named,
        "validTo": until,
        "changeTime": at,
        "previousChange": _last(blocks, identity),
        "compromised": False,
    }


def _controlled(blocks: Blocks, identity: str, controller: str) -> Json:
    previous = _last(blocks, identity)
    return {"identity": identity, "controller": controller, "previousChange": previous}


def _last(blocks: Blocks, identity: str) -> int:
    changes = changes_of(blocks, identity)
    return changes[-1].number if changes else 0
