"""A wallet on disk: one file that its owner alone may read, with keys, credentials, and what was
shown to whom.  The keys leave it for signing and are never printed or exported.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.texts import Json
from sandbox.credentials.wallet.answering import Held, Share, name_of
from sandbox.credentials.wallet.receiving import Received
from sandbox.credentials.wallet.requests import Asking
from sandbox.errors import BadRequest, NotFound

EMPTY: Json = {"credentials": [], "history": []}
ID_BYTES = 4


def new_key() -> PrivateKey:
    """Returns a key for one credential."""
    return ec.generate_private_key(ec.SECP256R1())


class WalletFolder:
    """Reads and writes a wallet."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wallet.json"

    def add(self, received: Received, key: PrivateKey, issuer: str, *, at: datetime) -> str:
        """Keeps a credential with its key, and returns its id.

        Args:
            received: As it came, checked.
            key: The holder's, to which it is bound.
            issuer: The identifier of who offered it.
            at: Now.
        """
        content = self._read()
        id = secrets.token_hex(ID_BYTES)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        content["credentials"].append(
            {
                "id": id,
                "issuer": issuer,
                "received": at.isoformat(),
                "configuration": received.configuration,
                "claims": received.report.claims,
                "text": received.text,
                "key": pem,
            }
        )
        self._write(content)
        return id

    def credentials(self) -> list[Json]:
        """Returns what is kept of each credential, without its key."""
        rows: list[Json] = self._read()["credentials"]
        return [{name: part for name, part in row.items() if name != "key"} for row in rows]

    def credential(self, id: str) -> Json:
        """Returns what is kept of one credential, without its key; raises NotFound."""
        row = next((row for row in self.credentials() if row["id"] == id), None)
        if row is None:
            raise NotFound("wallet.no_credential", where="id", found=id[:40])
        return row

    def held(self) -> list[Held]:
        """Returns the credentials with their keys, the newest first."""
        rows = reversed(self._read()["credentials"])
        return [Held(row["id"], row["text"], row["claims"], _key_of(row["key"])) for row in rows]

    def check_new(self, asking: Asking) -> None:
        """Refuses a request that this wallet has answered before.

        Raises:
            BadRequest: Its nonce is that of an answer in the history.
        """
        words = {(row["verifier"], row["nonce"]) for row in self.history()}
        if (asking.client_id, asking.fields["nonce"]) in words:
            raise BadRequest("wallet.asked_before", where="nonce", clause="OpenID4VP 1.0 14.1")

    def remember(self, asking: Asking, shares: list[Share], *, at: datetime) -> None:
        """Adds to the history what was shown to whom: the names of claims, not their values.

        Args:
            asking: The request that was answered.
            shares: What each credential showed.
            at: Now.
        """
        content = self._read()
        names = sorted({name_of(path) for share in shares for path, _ in share.leaves})
        content["history"].append(
            {
                "at": at.isoformat(),
                "verifier": asking.client_id,
                "known_as": asking.known_as,
                "nonce": asking.fields["nonce"],
                "credentials": [share.held.id for share in shares],
                "claims": names,
            }
        )
        self._write(content)

    def history(self) -> list[Json]:
        """Returns what was shown to whom and when."""
        return list(self._read()["history"])

    def wipe(self) -> None:
        """Removes keys, credentials and history; what was shown to others stays with them."""
        self._file.unlink(missing_ok=True)

    def _read(self) -> Json:
        if not self._file.exists():
            return {name: list(rows) for name, rows in EMPTY.items()}
        return dict(json.loads(self._file.read_text("utf-8")))

    def _write(self, content: Json) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._file.with_suffix(f".{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(written, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
        written.replace(self._file)


def _key_of(pem: str) -> PrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, PrivateKey):
        raise TypeError(type(key).__name__)
    return key
