"""Base64 in any alphabet and inflating within limits, shared by all certificate families."""

from __future__ import annotations

import base64
import zlib

ESCAPED = {"%2B": "+", "%2F": "/", "%3D": "="}  # as ids of keys stand in addresses


class NotInflated(ValueError):
    """Bytes that are no whole deflate stream of the size allowed; `reason` is wrong_form, too_large
    or cut_off.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def from_base64(text: str) -> bytes:
    """Returns the bytes of Base64 or base64url (RFC 4648), padded or not.

    Raises:
        ValueError: The text is neither.
    """
    for escaped, letter in ESCAPED.items():
        text = text.replace(escaped, letter)
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def to_base64url(content: bytes) -> str:
    """Returns base64url without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def inflate(content: bytes, *, most: int, is_raw: bool = False) -> tuple[bytes, int]:
    """Returns what a deflate stream holds, and how many bytes stand behind it.

    Args:
        content: The stream: zlib (RFC 1950), or raw deflate (RFC 1951).
        most: How many bytes it may unfold into.
        is_raw: Whether it is raw deflate, without header and checksum.

    Raises:
        NotInflated: It is no such stream, unfolds into more, or is cut off.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(content, most)
    except zlib.error:
        raise NotInflated("wrong_form") from None
    # zlib stops at the limit with input left over; without any the stream has no end
    if not inflater.eof:
        raise NotInflated("too_large" if inflater.unconsumed_tail else "cut_off")
    return inflated, len(inflater.unused_data)
