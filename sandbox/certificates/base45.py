"""Base45 (RFC 9285): two bytes as three characters that a QR code holds in its alphanumeric mode."""

from __future__ import annotations

import struct
from functools import cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LARGEST, LAST = 0xFFFF, 0xFF  # of two bytes, and of one


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
    """Returns the bytes of a Base45 text; raises NotBase45 for the first character or group that cannot be."""
    whole, pairs = len(text) - len(text) % 3, _pairs()
    try:
        content = b"".join([pairs[text[place : place + 3]] for place in range(0, whole, 3)])
    except KeyError:
        raise _fault(text, whole) from None
    if whole == len(text):
        return content
    if len(text) - whole == 1:
        raise _fault(text, whole)
    last = [ALPHABET.find(letter) for letter in text[whole:]]
    if -1 in last or last[0] + 45 * last[1] > LAST:
        raise _fault(text, whole)
    return content + bytes([last[0] + 45 * last[1]])


def _fault(text: str, whole: int) -> NotBase45:
    """Returns what is wrong first: a character, a group that stands for more than two bytes, or the end."""
    for place, letter in enumerate(text):
        if letter not in ALPHABET:
            return NotBase45(place, letter)
    for place in range(0, whole, 3):
        if text[place : place + 3] not in _pairs():
            return NotBase45(place, text[place : place + 3])
    return NotBase45(len(text), "") if len(text) - whole == 1 else NotBase45(whole, text[whole:])


@cache
def _pairs() -> dict[str, bytes]:
    """Returns the two bytes of every three characters."""
    return {word: n.to_bytes(2) for n, word in enumerate(_words())}


@cache
def _words() -> list[str]:
    """Returns the three characters of every two bytes; made once, in some 15 ms."""
    return [ALPHABET[n % 45] + ALPHABET[n // 45 % 45] + ALPHABET[n // 2025] for n in range(LARGEST + 1)]
