"""Seals what must be read again, such as a client secret of a team's system, or a wallet:
AES-256-GCM (NIST SP 800-38D), with the system and the field as associated data, so that no value
opens elsewhere.

The keys stand outside of the database: in a file of the data folder that nobody else reads, or
where CONNECTATHON_SEALING_KEY or CONNECTATHON_SEALING_KEY_FILE say.  The first seals, each opens.
A backup holds no key.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.redact import register_secrets

FILE = "sealing.key"
VARIABLE = "CONNECTATHON_SEALING_KEY"
VARIABLE_OF_FILE = "CONNECTATHON_SEALING_KEY_FILE"
KEY_BYTES = 32
NONCE_BYTES = 12  # SP 800-38D 8.2: the length for which GCM is made


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed value, and the id of the key that opens it."""

    key_id: str
    nonce: bytes
    body: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key; its id says nothing of it."""

    raw: bytes

    @property
    def id(self) -> str:
        """Returns by what a sealed value names the key."""
        return hashlib.sha256(b"sealing key " + self.raw).hexdigest()[:16]


class Keys:
    """The keys of one data folder, read anew at each use: a command may exchange them while a
    server runs.
    """

    def __init__(self, folder: Path) -> None:
        named = os.environ.get(VARIABLE_OF_FILE, "")
        self._file = Path(named) if named else folder / FILE
        self._is_ours = not named

    def seal(self, system: str, field: str, value: str) -> Sealed:
        """Returns a value sealed with the first key, which is made where there is none."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._ring(makes=True)[0]
        nonce = os.urandom(NONCE_BYTES)
        body = AESGCM(key.raw).encrypt(nonce, value.encode(), _bound_to(system, field))
        return Sealed(key.id, nonce, body)

    def open(self, system: str, field: str, sealed: Sealed) -> str:
        """Returns a sealed value, which no line of the log shows from now on.

        Raises:
            PreconditionFailed: As for `unseal`.
        """
        value = self.unseal(system, field, sealed)
        register_secrets([value])
        return value

    def unseal(self, system: str, field: str, sealed: Sealed) -> str:
        """Returns a sealed value that is no word to be found in a log, such as a whole wallet.

        Raises:
            PreconditionFailed: Its key is not here, or the value is not what was sealed for this
                field of this system.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        for key in self._ring():
            if key.id == sealed.key_id:
                try:
                    opened = AESGCM(key.raw).decrypt(
                        sealed.nonce, sealed.body, _bound_to(system, field)
                    )
                except InvalidTag:
                    raise PreconditionFailed(
                        "access.altered", where=field, system=system, field=field
                    ) from None
                return opened.decode()
        raise PreconditionFailed(
            "access.no_sealing_key", where=VARIABLE, system=system, id=sealed.key_id
        )

    def reseal(self, system: str, field: str, sealed: Sealed) -> Sealed:
        """Returns a value sealed with the first key; raises PreconditionFailed as `open` does."""
        return self.seal(system, field, self.unseal(system, field, sealed))

    def ids(self) -> set[str]:
        """Returns the ids of the keys that are here."""
        return {key.id for key in self._ring()}

    def begin_exchange(self) -> None:
        """Puts a new key before those of the file; with keys of the environment, whoever runs the
        server has done so.
        """
        if self._is_ours and not os.environ.get(VARIABLE):
            self._write([Key(os.urandom(KEY_BYTES)), *self._ring(makes=True)])

    def end_exchange(self) -> None:
        """Takes all keys but the first out of the file, once nothing needs them."""
        if self._is_ours and not os.environ.get(VARIABLE):
            self._write(self._ring()[:1])

    def _ring(self, *, makes: bool = False) -> list[Key]:
        text = os.environ.get(VARIABLE, "")
        if not text and makes and self._is_ours and not self._file.is_file():
            self._write([Key(os.urandom(KEY_BYTES))], is_first=True)
        if not text and self._file.is_file():
            text = self._file.read_text(encoding="ascii", errors="replace")
        keys = [_key_of(word) for word in text.replace(",", " ").split()]
        if makes and not keys:
            raise PreconditionFailed("access.bad_sealing_key", where=str(self._file))
        return keys

    def _write(self, keys: list[Key], *, is_first: bool = False) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_name(f"{FILE}.{os.getpid()}.{os.urandom(4).hex()}")
        # made with its mode: a chmod afterwards would leave a moment in which others can read it
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(written, flags, 0o600), "w", encoding="ascii") as file:
            file.writelines(f"{base64.urlsafe_b64encode(key.raw).decode()}\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        if not is_first:
            written.replace(self._file)
            return
        # of two processes that make one at once, the first one's is the key of both
        with contextlib.suppress(FileExistsError):
            os.link(written, self._file)
        written.unlink()


def _key_of(word: str) -> Key:
    try:
        raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise BadRequest("access.bad_sealing_key", where=VARIABLE)
    return Key(raw)


def _bound_to(system: str, field: str) -> bytes:
    # neither an alias nor the name of a field holds a line break
    return f"connectathon sealed field\n{system}\n{field}".encode()
