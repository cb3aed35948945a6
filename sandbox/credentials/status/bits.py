"""Lists of bits, one or some for each credential, and the two ways in which they are written.

W3C counts from the most significant bit of a byte, IETF from the least: whoever mixes them up reads
the status of somebody else.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import Literal

from sandbox.credentials.texts import from_base64url, to_base64url
from sandbox.limits import STATUS_LIST_BYTES

Order = Literal["most", "least"]
# W3C Bitstring Status List 1.0 4.2: so that a list does not tell who is asked about
LEAST_ENTRIES = 131_072
GZIP = 16 + zlib.MAX_WBITS
SIZES = (1, 2, 4, 8)


class BadList(ValueError):
    """A list that cannot be read, or has no such place."""


@dataclass(slots=True)
class Bits:
    """A list of entries of 1, 2, 4 or 8 bits; `order` says which bit of a byte comes first."""

    content: bytearray
    order: Order
    size: int = 1

    def __len__(self) -> int:
        return len(self.content) * 8 // self.size

    def __getitem__(self, place: int) -> int:
        byte, shift = self._at(place)
        return self.content[byte] >> shift & self._mask

    def __setitem__(self, place: int, value: int) -> None:
        byte, shift = self._at(place)
        if not 0 <= value <= self._mask:
            raise BadList(f"no value of {self.size} bits")
        self.content[byte] = self.content[byte] & ~(self._mask << shift) & 0xFF | value << shift

    @property
    def _mask(self) -> int:
        return (1 << self.size) - 1

    def _at(self, place: int) -> tuple[int, int]:
        """Returns the byte of an entry, and by how much it is shifted there."""
        if not 0 <= place < len(self):
            raise BadList(f"no place {place}")
        byte, bit = divmod(place * self.size, 8)
        return byte, bit if self.order == "least" else 8 - self.size - bit


def empty(order: Order, *, size: int = 1, entries: int = LEAST_ENTRIES) -> Bits:
    """Returns a list in which nothing is set."""
    return Bits(bytearray(entries * size // 8), order, size)


def write_bitstring(bits: Bits) -> str:
    """Returns a list as W3C writes it: gzip in base64url, with the letter of multibase."""
    return "u" + to_base64url(gzip.compress(bytes(bits.content), mtime=0))


def read_bitstring(text: str, *, size: int = 1) -> Bits:
    """Returns the list of W3C's `encodedList`; raises BadList."""
    if not text.startswith("u"):
        raise BadList("no multibase u")
    return Bits(_inflated(text[1:], GZIP), "most", _size(size))


def write_token_list(bits: Bits) -> str:
    """Returns a list as IETF writes it: zlib in base64url (Token Status List 4.1)."""
    return to_base64url(zlib.compress(bytes(bits.content), 9))


def read_token_list(text: str, *, size: int) -> Bits:
    """Returns the list of IETF's `lst`; raises BadList."""
    return Bits(_inflated(text, zlib.MAX_WBITS), "least", _size(size))


def _size(size: int) -> int:
    if size not in SIZES:
        raise BadList(f"{size} bits")
    return size


def _inflated(text: str, form: int) -> bytearray:
    try:
        inflater = zlib.decompressobj(form)
        content = inflater.decompress(from_base64url(text), STATUS_LIST_BYTES)
    except (ValueError, zlib.error):
        raise BadList("not compressed as it should be") from None
    if not inflater.eof or inflater.unused_data:
        raise BadList("cut off, too large, or with bytes behind")
    return bytearray(content)
