"""Transactions as nodes take them: RLP, signed with a key of secp256k1 (Yellow Paper B and F,
EIP-155).  Who has sent one follows from its signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.did.lac1 import keccak
from sandbox.credentials.lacchain.accounts import CHAIN_ID, address_of

FIELDS = 9
LONGEST = 16_384
# secp256k1 (SEC 2, 2.4.1)
PRIME = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A transaction: its sender and how many they had sent before, whom it is for, what it says."""

    sender: str
    nonce: int
    to: str
    data: bytes
    hash: str


def read_raw(text: str) -> Raw:
    """Returns a transaction as its sender has signed it.

    Args:
        text: Hexadecimal with `0x`.

    Raises:
        ValueError: It is none of this chain, or its signature is no signature.
    """
    if len(text) > 2 * LONGEST:
        raise ValueError("too long")
    content = bytes.fromhex(text.removeprefix("0x"))
    fields, end = _item(content, 0)
    if end != len(content) or not isinstance(fields, list) or len(fields) != FIELDS:
        raise ValueError("no legacy transaction")
    parts = [field for field in fields if isinstance(field, bytes)]
    if len(parts) != FIELDS:
        raise ValueError("a list within a transaction")
    v, r, s = (int.from_bytes(part) for part in parts[6:])
    parity = v - 35 - 2 * CHAIN_ID
    if parity not in (0, 1):
        raise ValueError("of another chain")
    unsigned = _list([*parts[:6], CHAIN_ID.to_bytes(3), b"", b""])
    sender = _signer(int.from_bytes(keccak(unsigned)), r, s, parity)
    hash = f"0x{keccak(content).hex()}"
    return Raw(sender, int.from_bytes(parts[0]), f"0x{parts[3].hex()}", parts[5], hash)


def _item(content: bytes, place: int) -> tuple[bytes | list[bytes | list[bytes]], int]:
    """Returns the item at a place, and where the next begins; lists of one level."""
    begin, end, is_list = _bounds(content, place)
    if not is_list:
        return content[begin:end], end
    items: list[bytes | list[bytes]] = []
    while begin < end:
        first, last, is_nested = _bounds(content, begin)
        items.append([] if is_nested else content[first:last])
        begin = last
    if begin != end:
        raise ValueError("an item beyond its list")
    return items, end


def _bounds(content: bytes, place: int) -> tuple[int, int, bool]:
    if place >= len(content):
        raise ValueError("too short")
    mark = content[place]
    if mark < 0x80:
        return place, place + 1, False
    is_list = mark >= 0xC0
    size = mark - (0xC0 if is_list else 0x80)
    begin = place + 1
    if size > 55:
        begin += size - 55
        size = int.from_bytes(content[place + 1 : begin])
    if begin + size > len(content):
        raise ValueError("too short")
    return begin, begin + size, is_list


def _list(parts: list[bytes]) -> bytes:
    body = b"".join(_text(part) for part in parts)
    return _headed(body, 0xC0)


def _text(part: bytes) -> bytes:
    is_small = len(part) == 1 and part[0] < 0x80
    return part if is_small else _headed(part, 0x80)


def _headed(body: bytes, mark: int) -> bytes:
    if len(body) <= 55:
        return bytes([mark + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([mark + 55 + len(size)]) + size + body


def _signer(digest: int, r: int, s: int, parity: int) -> str:
    """Returns the account whose signature of a digest this is (SEC 1, 4.1.6)."""
    # the other half of the numbers would be a second signature of the same (EIP-2)
    if not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        raise ValueError("no signature")
    square = (pow(r, 3, PRIME) + 7) % PRIME
    y = pow(square, (PRIME + 1) // 4, PRIME)
    if y * y % PRIME != square:
        raise ValueError("no signature")
    point = (r, y if y % 2 == parity else PRIME - y)
    inverse = pow(r, -1, ORDER)
    key = _added(_times(point, s * inverse % ORDER), _times(GENERATOR, -digest * inverse % ORDER))
    if key is None:
        raise ValueError("no signature")
    return address_of(ec.EllipticCurvePublicNumbers(*key, ec.SECP256K1()).public_key())


def _times(point: Point, factor: int) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = _added(total, point)
        point = _added(point, point)
        factor >>= 1
    return total


def _added(left: Point, right: Point) -> Point:
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % PRIME == 0:
        return None
    if left == right:
        slope = 3 * x1 * x1 * pow(2 * y1, -1, PRIME)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, PRIME)
    x = (slope * slope - x1 - x2) % PRIME
    return x, (slope * (x1 - x) - y1) % PRIME
