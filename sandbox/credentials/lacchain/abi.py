"""Numbers, bytes and addresses as contracts exchange them: words of 32 bytes, and behind them what
has no fixed length (Solidity, Contract ABI Specification).  Knows no contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.credentials.did.lac1 import keccak

WORD = 32
ADDRESS_BYTES = 20
SELECTOR_BYTES = 4


@dataclass(frozen=True, slots=True)
class Signature:
    """A function or an event: its name, and the types and names of what it takes.

    `indexed` says how many of the first arguments of an event stand in its topics.
    """

    name: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    indexed: int = 0

    @property
    def hash(self) -> bytes:
        """Returns what tells it from others: of a function the first four bytes count."""
        return keccak(f"{self.name}({','.join(self.types)})".encode())

    @property
    def selector(self) -> bytes:
        """Returns how a call names a function."""
        return self.hash[:SELECTOR_BYTES]


def signature(text: str, *, indexed: int = 0) -> Signature:
    """Returns a signature that is written as Solidity has it.

    Args:
        text: Such as `changed(address identity)`.
        indexed: How many of its arguments are topics.
    """
    name, _, inner = text.rstrip(")").partition("(")
    pairs = [part.split() for part in inner.split(",") if part]
    types, names = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    return Signature(name, types, names, indexed)


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Returns values as a contract gives them.

    Args:
        types: `address`, `uint256`, `bool`, `bytes32` or `bytes` of each.
        values: Numbers, truth values, bytes, and addresses as hexadecimal text with `0x`.
    """
    head, tail = b"", b""
    for type, value in zip(types, values, strict=True):
        if type == "bytes":
            head += (WORD * len(types) + len(tail)).to_bytes(WORD)
            tail += len(value).to_bytes(WORD) + value + bytes(-len(value) % WORD)
        elif type == "bytes32":
            head += value.ljust(WORD, b"\0")
        elif type == "address":
            head += bytes.fromhex(value.removeprefix("0x")).rjust(WORD, b"\0")
        else:
            head += int(value).to_bytes(WORD)
    return head + tail


def decode(types: Sequence[str], content: bytes) -> list[Any]:
    """Returns the values in what a contract is given; what stands behind them is not looked at.

    Args:
        types: As for `encode`.
        content: Without the selector.

    Raises:
        ValueError: It is too short, or a word is no value of its type.
    """
    return [_value(type, content, WORD * index) for index, type in enumerate(types)]


def _value(type: str, content: bytes, place: int) -> Any:
    word = _slice(content, place, WORD)
    if type == "bytes32":
        return word
    number = int.from_bytes(word)
    if type == "bytes":
        size = int.from_bytes(_slice(content, number, WORD))
        return _slice(content, number + WORD, size)
    if type == "address":
        if any(word[:-ADDRESS_BYTES]):
            raise ValueError("no address")
        return f"0x{word[-ADDRESS_BYTES:].hex()}"
    if type == "bool" and number > 1:
        raise ValueError("no truth value")
    return bool(number) if type == "bool" else number


def _slice(content: bytes, begin: int, size: int) -> bytes:
    if begin + size > len(content):
        raise ValueError("too short")
    return content[begin : begin + size]
