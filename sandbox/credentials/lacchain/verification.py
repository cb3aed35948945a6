"""The verification registry: which digests an identity has issued, until when, and whether they are
on hold or revoked (LACChain VerificationRegistry).
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.credentials.lacchain.chain import Blocks, Call
from sandbox.credentials.lacchain.registry import MANAGER, controller_of, is_delegate
from sandbox.credentials.lacchain.words import account_in, hex_in, whole_in
from sandbox.credentials.texts import Json
from sandbox.errors import BadRequest, Forbidden

CONTRACT = "verification"
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a digest: since when and until when (seconds since 1970; 0 for ever)."""

    iat: int
    exp: int
    on_hold: bool = False
    revoked: bool = False

    def is_valid(self, at: int) -> bool:
        """Tells whether it is in force at a moment (seconds since 1970)."""
        return not self.revoked and not self.on_hold and (self.exp == 0 or self.exp > at)


def details_of(blocks: Blocks, issuer: str, digest: str) -> Details | None:
    """Returns what the registry says of a digest of an issuer; None where it was never issued.

    Args:
        blocks: The chain.
        issuer: The account that the issuer is.
        digest: As hexadecimal text without `0x`.
    """
    details: Details | None = None
    for block in blocks:
        args = block.args
        if block.contract != CONTRACT or (args["by"], args["digest"]) != (issuer, digest):
            continue
        if block.event == "NewIssuance":
            details = Details(args["iat"], args["exp"])
        elif details is not None:
            is_revoked = details.revoked or block.event == "NewRevocation"
            on_hold = bool(args.get("onHold", details.on_hold))
            details = Details(details.iat, args.get("exp", details.exp), on_hold, is_revoked)
    return details


def issue(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """issue(digest, exp, identity): a digest that was not issued before.

    Raises:
        Forbidden: Its sender neither controls nor manages the identity.
        BadRequest: The digest is there already, or its end is past.
    """
    by, digest = _asked(blocks, call, at)
    exp = whole_in(call, "exp")
    if details_of(blocks, by, digest) is not None:
        raise BadRequest("lacchain.issued_before", where="digest", found=digest)
    if 0 < exp <= at:
        raise BadRequest("lacchain.over", where="exp", found=str(exp))
    return "NewIssuance", {"digest": digest, "by": by, "iat": at, "exp": exp}


def revoke(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """revoke(digest, identity): for good.

    Raises:
        Forbidden: Its sender neither controls nor manages the identity.
        BadRequest: No such digest is in force.
    """
    by, digest = _asked(blocks, call, at)
    _there(blocks, by, digest)
    return "NewRevocation", {"digest": digest, "by": by, "iat": at}


def hold(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """onHoldChange(digest, identity, onHoldStatus).

    Raises:
        Forbidden: Its sender neither controls nor manages the identity.
        BadRequest: No such digest is in force.
    """
    by, digest = _asked(blocks, call, at)
    _there(blocks, by, digest)
    return "NewOnHoldChange", {
        "digest": digest,
        "by": by,
        "onHold": call.args.get("onHoldStatus") is True,
    }


def update(blocks: Blocks, call: Call, at: int) -> tuple[str, Json]:
    """update(digest, exp, identity): another end.

    Raises:
        Forbidden: Its sender neither controls nor manages the identity.
        BadRequest: No such digest is in force.
    """
    by, digest = _asked(blocks, call, at)
    _there(blocks, by, digest)
    return "NewUpdate", {"digest": digest, "by": by, "exp": whole_in(call, "exp")}


METHODS = {
    (CONTRACT, "issue"): issue,
    (CONTRACT, "revoke"): revoke,
    (CONTRACT, "onHoldChange"): hold,
    (CONTRACT, "update"): update,
}


def _asked(blocks: Blocks, call: Call, at: int) -> tuple[str, str]:
    """Returns identity and digest; raises Forbidden for whom neither controls nor manages it."""
    identity = account_in(call, "identity")
    is_manager = is_delegate(blocks, identity, call.sender, kind=MANAGER, at=at)
    if call.sender != controller_of(blocks, identity) and not is_manager:
        raise Forbidden("lacchain.not_controller", where="identity", found=call.sender)
    return identity, hex_in(call, "digest", size=DIGEST_BYTES)


def _there(blocks: Blocks, by: str, digest: str) -> None:
    details = details_of(blocks, by, digest)
    if details is None or details.revoked:
        raise BadRequest("lacchain.not_issued", where="digest", found=digest)
