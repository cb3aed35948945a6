"""Transactions as others send them: a JWS by the account itself, whose address follows from the key
in its header, so that nobody is asked who they are.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.jose import is_signed_by, read_jws, write_jws
from sandbox.credentials.keys import SECP256K1, curve_of, from_jwk, to_jwk
from sandbox.credentials.lacchain.accounts import CHAIN_ID, address_of
from sandbox.credentials.lacchain.chain import Call
from sandbox.credentials.lacchain.keyring import Identity
from sandbox.errors import BadRequest

TYP = "transaction+jwt"


def write_transaction(call: Call, identity: Identity, *, nonce: int) -> str:
    """Returns a call, signed by its account.

    Args:
        call: Of this account.
        identity: Has the key.
        nonce: How many transactions the account has sent before.
    """
    header = {"typ": TYP, "jwk": to_jwk(identity.account.public_key())}
    payload = {"contract": call.contract, "method": call.method, "args": call.args}
    return write_jws(header, {**payload, "nonce": nonce, "chainId": CHAIN_ID}, identity.account)


def read_transaction(text: str) -> tuple[Call, int]:
    """Returns the call that an account has signed, and its nonce.

    Raises:
        BadRequest: It is none, of another chain, or not signed by the key that it names.
    """
    try:
        jws = read_jws(text)
        key = from_jwk(jws.header["jwk"])
        body = jws.payload
        contract, method, args, nonce = (
            body[name] for name in ("contract", "method", "args", "nonce")
        )
    except (ValueError, KeyError, TypeError):
        raise BadRequest("lacchain.bad_transaction", where="body") from None
    is_account = isinstance(key, ec.EllipticCurvePublicKey) and curve_of(key) is SECP256K1
    is_whole = isinstance(args, dict) and isinstance(nonce, int) and jws.header.get("typ") == TYP
    if not is_account or not is_whole or body.get("chainId") != CHAIN_ID:
        raise BadRequest("lacchain.bad_transaction", where="body")
    if not is_signed_by(jws, key) or not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadRequest("lacchain.bad_transaction", where="signature")
    return Call(address_of(key), str(contract), str(method), args), nonce
