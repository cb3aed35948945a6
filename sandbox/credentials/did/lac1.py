"""did:lac1 of LACChain, byte by byte (LACChain identity, DidSpecs): base58btc of version, type,
controller, registry, chain and four bytes of Keccak-256 over all before.

Whoever makes one asks nobody: what its registry says later is another thing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.credentials.texts import Json, from_base58, to_base58

PREFIX = "did:lac1:"
VERSION = b"\x00\x01"
TYPE = b"\x00\x01"
ADDRESS_BYTES = 20
CHECKSUM_BYTES = 4
HEAD_BYTES = len(VERSION) + len(TYPE) + 2 * ADDRESS_BYTES


@dataclass(frozen=True, slots=True)
class Lac1:
    """What a did:lac1 says: who controls it, which registry has its keys, on which chain."""

    controller: str
    registry: str
    chain: int

    def as_json(self) -> Json:
        """Returns it as the component of a ministry decodes it."""
        return {
            "version": "0x0001",
            "didType": "0x0001",
            "address": self.controller,
            "didRegistryAddress": self.registry,
            "chainId": f"0x{self.chain:x}",
        }


def decode(did: str) -> Lac1:
    """Returns what a did:lac1 says.

    Raises:
        ValueError: It is of another method, version or size, or its checksum is wrong.
    """
    content = from_base58(did.removeprefix(PREFIX)) if did.startswith(PREFIX) else b""
    body, checksum = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if len(body) <= HEAD_BYTES or not body.startswith(VERSION + TYPE):
        raise ValueError("no did:lac1 of version 1")
    if keccak(body)[:CHECKSUM_BYTES] != checksum:
        raise ValueError("its checksum is wrong")
    begin = len(VERSION + TYPE)
    controller = body[begin : begin + ADDRESS_BYTES]
    registry = body[begin + ADDRESS_BYTES : HEAD_BYTES]
    chain = body[HEAD_BYTES:]
    return Lac1(f"0x{controller.hex()}", f"0x{registry.hex()}", int.from_bytes(chain))


def encode(lac1: Lac1) -> str:
    """Returns the did:lac1 of a controller; the number of the chain is as short as it can be."""
    chain = lac1.chain.to_bytes((lac1.chain.bit_length() + 7) // 8 or 1)
    controller, registry = (bytes.fromhex(text[2:]) for text in (lac1.controller, lac1.registry))
    body = VERSION + TYPE + controller + registry + chain
    return PREFIX + to_base58(body + keccak(body)[:CHECKSUM_BYTES])


def keccak(content: bytes) -> bytes:
    """Returns Keccak-256 as Ethereum has it, which pads otherwise than SHA3-256 (FIPS 202)."""
    from Crypto.Hash import keccak as keccak_hash

    return keccak_hash.new(digest_bits=256, data=content).digest()
