"""Accounts of the chain: keys of secp256k1, the addresses that follow from them, and the fixed
addresses of the contracts.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.credentials.did.lac1 import Lac1, encode, keccak
from sandbox.credentials.texts import to_base58

CHAIN_ID = 648540  # LACChain Open ProtestNet
NOBODY = f"0x{'00' * 20}"


def contract_address(name: str) -> str:
    """Returns the address of a contract of this sandbox, which no real network has."""
    return f"0x{keccak(f'connectathon sandbox {name}'.encode())[-20:].hex()}"


DID_REGISTRY = contract_address("registry")
VERIFICATION_REGISTRY = contract_address("verification")
PUBLIC_DIRECTORY = contract_address("directory")
CHAIN_OF_TRUST = contract_address("trust")
CONTRACTS = {
    "registry": DID_REGISTRY,
    "verification": VERIFICATION_REGISTRY,
    "directory": PUBLIC_DIRECTORY,
    "trust": CHAIN_OF_TRUST,
}


def address_of(key: ec.EllipticCurvePublicKey) -> str:
    """Returns the account of a public key: the last 20 bytes of its Keccak-256 (Yellow Paper F)."""
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return f"0x{keccak(point[1:])[-20:].hex()}"


def did_of(address: str) -> str:
    """Returns the did:lac1 of an account in the registry of this sandbox.

    Args:
        address: `0x` and forty hexadecimal digits.
    """
    return encode(Lac1(address, DID_REGISTRY, CHAIN_ID))


def domain() -> str:
    """Returns what a proof of 2023 names as its domain: registry, directory and chain of trust of
    its network, written as a did:lac1 is (LACPass-client, verifiable.credentials.service).
    """
    addresses = (VERIFICATION_REGISTRY, PUBLIC_DIRECTORY, CHAIN_OF_TRUST)
    chain = CHAIN_ID.to_bytes((CHAIN_ID.bit_length() + 7) // 8)
    body = b"\x00\x01\x00\x01" + b"".join(bytes.fromhex(text[2:]) for text in addresses) + chain
    return to_base58(body + keccak(body)[:4])
