"""Base45 (RFC 9285): two bytes as three characters that a QR code holds in its alphanumeric
mode.
"""

from __future__ import annotations

import struct
from functools import cache, lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LARGEST = 0xFFFF
LAST = 0xFF  # of two bytes, and of one
NONE = 255  # the value of what is no letter of the alphabet
VALUES = bytes(ALPHABET.index(chr(code)) if chr(code) in ALPHABET else NONE for code in range(256))


class NotBase45(ValueError):
    """Text that is no Base45; `place` counts characters from 0, `found` is what stands there."""

    def __init__(self, place: int, found: str) -> None:
        super().__init__(f"{found!r} at {place}")
        self.place = place
        self.found = found


def encode(content: bytes) -> str:
    """Returns bytes as Base45."""
    pairs = len(content) // 2
    text = "".join(map(_words().__getitem__, struct.unpack(f">{pairs}H", content[: 2 * pairs])))
    return text if len(content) % 2 == 0 else text + _words()[content[-1]][:2]


def decode(text: str) -> bytes:
    """Returns the bytes of a Base45 text.

    Raises:
        NotBase45: A character is not of the alphabet, or a group stands for no bytes; the first of
            them is named.
    """
    # what is not ASCII becomes `?`, which is no letter of the alphabet either
    values = text.encode("ascii", "replace").translate(VALUES)
    whole = len(text) - len(text) % 3
    if NONE in values:
        place = values.index(NONE)
        raise NotBase45(place, text[place])
    content = _paired(values, whole)
    if content is None:
        place = next(place for place in range(0, whole, 3) if _word(values, place) > LARGEST)
        raise NotBase45(place, text[place : place + 3])
    if whole == len(text):
        return content
    rest = values[whole:]
    # one letter alone holds no byte: the text was cut
    if len(rest) == 1 or rest[0] + 45 * rest[1] > LAST:
        raise NotBase45(*((len(text), "") if len(rest) == 1 else (whole, text[whole:])))
    return content + bytes([rest[0] + 45 * rest[1]])


def _paired(values: bytes, whole: int) -> bytes | None:
    """Returns two bytes for each three letters; None where three stand for more than two hold.

    All groups at once, each in three bytes of one number: a loop over them takes twice as long.
    """
    count = whole // 3
    number = int.from_bytes(values[:whole])
    last = _lowest_bytes(count)
    first, second, third = (number >> 16) & last, (number >> 8) & last, number & last
    spread = (first + second * 45 + third * 2025).to_bytes(3 * count)
    if spread[0::3].count(0) != count:
        return None
    content = bytearray(2 * count)
    content[0::2] = spread[1::3]
    content[1::2] = spread[2::3]
    return bytes(content)


@lru_cache(maxsize=64)
def _lowest_bytes(count: int) -> int:
    """Returns a number in which of each three bytes the last one is set."""
    return int.from_bytes(b"\x00\x00\xff" * count)


def _word(values: bytes, place: int) -> int:
    return values[place] + 45 * values[place + 1] + 2025 * values[place + 2]


@cache
def _words() -> list[str]:
    """Returns the three characters of every two bytes; made once, in some 15 ms."""
    return [
        ALPHABET[n % 45] + ALPHABET[n // 45 % 45] + ALPHABET[n // 2025] for n in range(LARGEST + 1)
    ]
