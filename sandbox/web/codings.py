"""Content codings (RFC 9110 8.4): gzip and deflate undone part by part, counted while they grow.

A body may be coded once; what is larger than it may be is refused before it is held.  Pure.
"""

from __future__ import annotations

import zlib

from sandbox.errors import InvalidContent, UnsupportedMediaType

CLAUSE = "RFC 9110 8.4"
ACCEPTED = "gzip, deflate"
GZIP = zlib.MAX_WBITS | 16
KNOWN = {"gzip": GZIP, "x-gzip": GZIP, "deflate": zlib.MAX_WBITS}


class Oversized(Exception):
    """A body that is larger than it may be, as it came or decoded."""


class Decoder:
    """Undoes the coding that a header names; `most` bytes may come in, and as many come out.

    Raises, when made:
        UnsupportedMediaType: A coding that is not known here, or several of them.
    """

    def __init__(self, header: str, *, most: int) -> None:
        words = [word.strip().lower() for word in header.split(",")]
        codings = [word for word in words if word not in ("", "identity")]
        if len(codings) > 1:
            raise _refusal("web.nested_coding", header)
        if codings and codings[0] not in KNOWN:
            raise _refusal("web.unknown_coding", codings[0])
        self._coding = codings[0] if codings else ""
        self._inflater = zlib.decompressobj(KNOWN[self._coding]) if codings else None
        self._most = most
        self._taken = 0
        self._given = 0

    def feed(self, part: bytes) -> bytes:
        """Returns what a part decodes to; raises Oversized, InvalidContent."""
        self._taken += len(part)
        if self._taken > self._most:
            raise Oversized
        content = part if self._inflater is None else self._inflated(part)
        self._given += len(content)
        if self._given > self._most:
            raise Oversized
        return content

    def finish(self) -> None:
        """Raises InvalidContent where the coded body ends too early."""
        if self._inflater is not None and self._taken and not self._inflater.eof:
            raise self._broken()

    def _inflated(self, part: bytes) -> bytes:
        """Inflates no more than one byte beyond what may come; several gzip members are one body
        (RFC 1952 2.2).
        """
        content = bytearray()
        room = self._most - self._given + 1
        while part and len(content) < room:
            inflater = self._inflater
            assert inflater is not None  # noqa: S101  # asked for where there is one
            try:
                content += inflater.decompress(part, room - len(content))
            except zlib.error:
                if self._taken != len(part) or self._coding != "deflate":
                    raise self._broken() from None
                # Some send deflate without its zlib frame, which RFC 9110 8.4.1.2 tells of.
                self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
                self._coding = "raw"
                continue
            part = inflater.unconsumed_tail or inflater.unused_data
            if inflater.eof and part:
                self._inflater = zlib.decompressobj(GZIP)
        return bytes(content)

    def _broken(self) -> InvalidContent:
        return InvalidContent(
            "web.broken_coding", where="Content-Encoding", clause=CLAUSE, found=self._coding
        )


def _refusal(key: str, found: str) -> UnsupportedMediaType:
    return UnsupportedMediaType(key, where="Content-Encoding", clause=CLAUSE, found=found)
