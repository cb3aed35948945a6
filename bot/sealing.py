"""Seals the tokens of workspaces: AES-256-GCM (NIST SP 800-38D), bound to the workspace, so that no
token opens for another.

The key stands outside of the store: in CONNECTATHON_BOT_KEY, else in a file beside it that nobody
else reads.  A copy of the store alone opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VARIABLE = "CONNECTATHON_BOT_KEY"
KEY_BYTES = 32
NONCE_BYTES = 12  # SP 800-38D 8.2: the length for which GCM is made


class NoKey(Exception):
    """The key is none, or is not the one that sealed; the argument is where it is looked for."""


class Seal:
    """Seals and opens texts with one key, which is read or made at the first use."""

    def __init__(self, file: Path) -> None:
        """`file` holds the key where the environment does not."""
        self._file = file
        self._key = b""

    def seal(self, text: str, *, bound_to: str) -> bytes:
        """Returns a text sealed.

        Args:
            text: What nobody else may read.
            bound_to: For what it is good: it opens with the same word alone.

        Raises:
            NoKey: What stands in the place of the key is none.
        """
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._ring(makes=True)).encrypt(
            nonce, text.encode(), bound_to.encode()
        )

    def open(self, sealed: bytes, *, bound_to: str) -> str:
        """Returns what was sealed.

        Raises:
            NoKey: There is no key, or it is another one than that which sealed.
        """
        nonce = sealed[:NONCE_BYTES]
        try:
            opened = AESGCM(self._ring()).decrypt(nonce, sealed[NONCE_BYTES:], bound_to.encode())
        except InvalidTag:
            raise NoKey(VARIABLE) from None
        return opened.decode()

    def _ring(self, *, makes: bool = False) -> bytes:
        if not self._key:
            text = os.environ.get(VARIABLE, "")
            if not text and makes and not self._file.exists():
                self._make()
            if not text and self._file.exists():
                text = self._file.read_text(encoding="ascii", errors="replace")
            self._key = _key_of(text)
        return self._key

    def _make(self) -> None:
        # made with its mode: a chmod afterwards would leave a moment in which others can read it
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode())


def _key_of(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise NoKey(VARIABLE)
    return raw
