"""A wallet at rest: keys, credentials, and what was shown to whom, sealed as one in the database
with a key that stands outside of it.  The keys leave it for signing and are never printed or
exported.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.texts import Json
from sandbox.credentials.validity import is_in_force
from sandbox.credentials.wallet.answering import Held, Share, name_of
from sandbox.credentials.wallet.receiving import Received
from sandbox.credentials.wallet.requests import Asking
from sandbox.credentials.wallet.waiting import Waiting
from sandbox.credentials.words import as_read
from sandbox.errors import BadRequest, NotFound
from sandbox.limits import WALLET_CREDENTIALS
from sandbox.sealing import Keys, Sealed
from sandbox.store.sealed import SealedStore

ID_BYTES = 4
FIELD = "wallet"
Place = Callable[[], AbstractContextManager[SealedStore]]
"""Opens the database in which wallets are kept, for one act."""


def new_key() -> PrivateKey:
    """Returns a key for one credential."""
    return ec.generate_private_key(ec.SECP256R1())


class KeptWallet:
    """Reads and writes the wallet of one owner."""

    def __init__(self, place: Place, keys: Keys, owner: str) -> None:
        self._place = place
        self._keys = keys
        # the alias of a system has no slash: no wallet is entered as a system's secret
        self._name = f"wallet/{owner}"

    def add(self, received: Received, key: PrivateKey, issuer: str, *, at: datetime) -> str:
        """Keeps a credential with its key, and returns its id.

        Args:
            received: As it came, checked.
            key: The holder's, to which it is bound.
            issuer: The identifier of who offered it.
            at: Now.

        Raises:
            BadRequest: The wallet is full.
        """
        id = secrets.token_hex(ID_BYTES)
        row = {
            "id": id,
            "issuer": issuer,
            "received": at.isoformat(),
            "configuration": received.configuration,
            "is_draft": received.is_draft,
            "claims": received.report.claims,
            "text": received.text,
            "key": _pem_of(key),
        }

        def more(content: Json) -> None:
            self._check_room(content)
            content["credentials"].append(row)

        self._change(more, "wallet.received")
        return id

    def check_room(self) -> None:
        """Refuses one credential more than a wallet holds; raises BadRequest."""
        self._check_room(self._read())

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

    def held(self, at: datetime) -> list[Held]:
        """Returns the credentials with their keys, those first that a verifier is likeliest to
        take: in force, of the standard and no draft of it, and of these the newest.

        Args:
            at: Now.
        """

        def is_behind(row: Json) -> tuple[bool, bool]:
            return not is_in_force(row["claims"], at), bool(row.get("is_draft"))

        rows: list[Json] = self._read()["credentials"]
        rows.reverse()
        rows.sort(key=is_behind)  # of equals the order stays
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
        row = {
            "at": at.isoformat(),
            "verifier": asking.client_id,
            "known_as": asking.known_as,
            "nonce": asking.fields["nonce"],
            "credentials": [share.held.id for share in shares],
            "claims": sorted(
                {
                    name_of(as_read(path, share.held.claims))
                    for share in shares
                    for path, _ in share.leaves
                }
            ),
        }
        self._change(lambda content: content["history"].append(row), "wallet.shown")

    def wait_for(self, waiting: Waiting, key: PrivateKey, issuer: str, *, at: datetime) -> str:
        """Keeps what is not ready with the key that it is for, and returns by what it is known.

        Args:
            waiting: How it is asked for.
            key: The holder's.
            issuer: The identifier of who offered it.
            at: Now.
        """
        id = secrets.token_hex(ID_BYTES)
        row = {
            "id": id,
            "issuer": issuer,
            "since": at.isoformat(),
            "not_before": (at + timedelta(seconds=waiting.interval)).isoformat(),
            "waiting": waiting.as_json(),
            "key": _pem_of(key),
        }
        self._change(lambda content: content["waiting"].append(row), "wallet.waits")
        return id

    def waiting(self) -> list[Json]:
        """Returns what is waited for, without what it is asked for with."""
        names = ("id", "issuer", "since", "not_before")
        return [{name: row[name] for name in names} for row in self._read()["waiting"]]

    def waited_for(self, id: str) -> tuple[Json, Waiting, PrivateKey]:
        """Returns one that is waited for, with how it is asked for; raises NotFound."""
        row = next((row for row in self._read()["waiting"] if row["id"] == id), None)
        if row is None:
            raise NotFound("wallet.no_credential", where="id", found=id[:40])
        return row, Waiting(**row["waiting"]), _key_of(row["key"])

    def wait_longer(self, id: str, until: datetime) -> None:
        """Notes from when on an issuer may be asked again.

        Args:
            id: Of what is waited for.
            until: As the issuer has said.
        """

        def longer(content: Json) -> None:
            for row in content["waiting"]:
                if row["id"] == id:
                    row["not_before"] = until.isoformat()

        self._change(longer, "wallet.waits")

    def came(
        self, id: str, received: Received, key: PrivateKey, issuer: str, *, at: datetime
    ) -> str:
        """Keeps what was waited for, and returns its id as a credential; arguments as of `add`.

        Args:
            id: Of what was waited for.
            received: As it came, checked.
            key: The holder's.
            issuer: Who offered it.
            at: Now.
        """
        new = self.add(received, key, issuer, at=at)

        def done(content: Json) -> None:
            content["waiting"] = [row for row in content["waiting"] if row["id"] != id]

        self._change(done, "wallet.received")
        return new

    def history(self) -> list[Json]:
        """Returns what was shown to whom and when."""
        return list(self._read()["history"])

    def wipe(self) -> None:
        """Removes keys, credentials and history; what was shown to others stays with them."""
        with self._place() as store:
            store.change(self._name, FIELD, lambda _: None, "wallet.wiped")

    def _check_room(self, content: Json) -> None:
        if len(content["credentials"]) + len(content["waiting"]) > WALLET_CREDENTIALS - 1:
            raise BadRequest("wallet.full", where="wallet", expected=str(WALLET_CREDENTIALS))

    def _read(self) -> Json:
        with self._place() as store:
            return self._opened(store.of(self._name).get(FIELD))

    def _opened(self, sealed: Sealed | None) -> Json:
        if sealed is None:
            return {"credentials": [], "history": [], "waiting": []}
        # one that was sealed before wallets could wait has no such list
        return {"waiting": [], **json.loads(self._keys.unseal(self._name, FIELD, sealed))}

    def _change(self, change: Callable[[Json], None], act: str) -> None:
        """Changes the wallet in one transaction: of two that come at once neither is lost."""

        def changed(before: Sealed | None) -> Sealed:
            content = self._opened(before)
            change(content)
            return self._keys.seal(self._name, FIELD, json.dumps(content, ensure_ascii=False))

        with self._place() as store:
            store.change(self._name, FIELD, changed, act)


def _pem_of(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _key_of(pem: str) -> PrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, PrivateKey):
        raise TypeError(type(key).__name__)
    return key
