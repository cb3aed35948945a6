"""The keys of those who act on the chain: each DID with its account and its key for agreement,
sealed in the database with a key that stands outside of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.credentials.lacchain.accounts import address_of, did_of
from sandbox.credentials.lacchain.chain import Block, Call, Chain
from sandbox.credentials.texts import Json, to_base58
from sandbox.errors import NotFound
from sandbox.sealing import Keys, Sealed
from sandbox.store.sealed import SealedStore

SCALAR_BYTES = 32
ACT = "lacchain.key"
Place = Callable[[], AbstractContextManager[SealedStore]]
"""Opens the database in which keys are kept, for one act."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A DID whose keys are here: the account that controls it, and the key for agreement."""

    did: str
    account: ec.EllipticCurvePrivateKey
    agreement: X25519PrivateKey

    @property
    def address(self) -> str:
        """Returns the address of its account."""
        return address_of(self.account.public_key())

    def call(self, contract: str, method: str, **args: object) -> Call:
        """Returns a transaction of its account."""
        return Call(self.address, contract, method, args)

    def as_text(self) -> str:
        """Returns its keys as they are sealed."""
        scalar = self.account.private_numbers().private_value.to_bytes(SCALAR_BYTES)
        return json.dumps(
            {"account": scalar.hex(), "agreement": self.agreement.private_bytes_raw().hex()}
        )


def new_identity() -> Identity:
    """Returns a new DID with new keys; nobody is asked (DidSpecs, create)."""
    account = ec.generate_private_key(ec.SECP256K1())
    did = did_of(address_of(account.public_key()))
    return Identity(did, account, X25519PrivateKey.generate())


def identity_of_seed(seed: str) -> Identity:
    """Returns the DID that follows from a word, for a wallet of the test bench: whoever knows the
    word has its keys.
    """
    drawn = [
        hashlib.sha256(f"{name} {seed}".encode()).digest() for name in ("account", "agreement")
    ]
    # of 2^256 numbers fewer than 2^129 are none of the curve's
    account = ec.derive_private_key(int.from_bytes(drawn[0]), ec.SECP256K1())
    did = did_of(address_of(account.public_key()))
    return Identity(did, account, X25519PrivateKey.from_private_bytes(drawn[1]))


def identity_from(did: str, text: str) -> Identity:
    """Returns a DID with its keys as they were sealed.

    Args:
        did: The DID.
        text: Its keys, as `as_text` has written them.
    """
    parts = json.loads(text)
    account = ec.derive_private_key(int(parts["account"], 16), ec.SECP256K1())
    agreement = X25519PrivateKey.from_private_bytes(bytes.fromhex(parts["agreement"]))
    return Identity(did, account, agreement)


def authentication_of(identity: Identity, *, seconds: int) -> Call:
    """Returns the transaction that publishes by which key a DID proves itself to the mailbox.

    Args:
        identity: The DID.
        seconds: How long the key is good.
    """
    point = identity.account.public_key().public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return _published(identity, "auth", "esecp256k1vk/hex", point, seconds)


def agreement_of(identity: Identity, *, seconds: int, is_wrong: bool = False) -> Call:
    """Returns the transaction that publishes to which key letters to a DID are encrypted.

    Args:
        identity: The DID.
        seconds: How long the key is good.
        is_wrong: Whether it is published as a key for signatures, as the component of 2023 did.
    """
    key = identity.agreement.public_key().public_bytes_raw()
    algorithm = "edd25519vk" if is_wrong else "x25519ka"
    return _published(identity, "keya", f"{algorithm}/base58", key, seconds)


def publish_keys(chain: Chain, identity: Identity, *, seconds: int) -> list[Block]:
    """Publishes both keys of a DID, and returns the blocks.

    Args:
        chain: Takes the transactions.
        identity: The DID.
        seconds: How long the keys are good.
    """
    calls = (authentication_of, agreement_of)
    return [chain.transact(make(identity, seconds=seconds)) for make in calls]


class KeyRing:
    """Reads and writes the DIDs of one holder, such as a ministry."""

    def __init__(self, place: Place, keys: Keys, holder: str) -> None:
        self._place = place
        self._keys = keys
        # the alias of a system has no slash: no key is entered as a system's secret
        self._name = f"lacchain/{holder}"

    def add(self, identity: Identity) -> Identity:
        """Keeps the keys of a DID, and returns it."""

        def sealed(_: Sealed | None) -> Sealed:
            return self._keys.seal(self._name, identity.did, identity.as_text())

        with self._place() as store:
            store.change(self._name, identity.did, sealed, ACT)
        return identity

    def every(self) -> list[Identity]:
        """Returns all DIDs of the holder."""
        with self._place() as store:
            fields = store.of(self._name)
        return [
            identity_from(did, self._keys.unseal(self._name, did, sealed))
            for did, sealed in fields.items()
        ]

    def of(self, did: str) -> Identity:
        """Returns a DID with its keys; raises NotFound where they are not here."""
        identity = next((each for each in self.every() if each.did == did), None)
        if identity is None:
            raise NotFound("lacchain.no_key", where="did", found=did[:120])
        return identity

    def at(self, address: str) -> Identity | None:
        """Returns the DID of an account; None where its keys are not here."""
        return next((each for each in self.every() if each.address == address), None)


def _published(identity: Identity, relation: str, form: str, content: bytes, seconds: int) -> Call:
    name = f"{relation}/{identity.did}/{form}"
    return identity.call(
        "registry",
        "setAttribute",
        identity=identity.address,
        name=name,
        value=content.hex(),
        validity=seconds,
    )


def published_key(document: Json, relation: str, kind: str) -> str:
    """Returns the base58 text of the first key of a kind in a relation of a document; empty for
    none.
    """
    ids = document.get(relation, [])
    for method in document.get("verificationMethod", []):
        if method.get("id") not in ids or method.get("type") != kind:
            continue
        if isinstance(method.get("publicKeyBase58"), str):
            return str(method["publicKeyBase58"])
        try:
            return to_base58(bytes.fromhex(method.get("publicKeyHex", "").removeprefix("0x")))
        except (ValueError, TypeError, AttributeError):
            return ""
    return ""
