"""The component that a ministry ran in 2023 (LACPass-client): its DIDs, the keys in them, its
manager, and certificates sent to persons as credentials.

It goes as far as the calls of the published client go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sandbox.credentials.did import lac1
from sandbox.credentials.keys import PrivateKey, PublicKey, from_jwk, point_of, to_jwk
from sandbox.credentials.lacchain.accounts import did_of
from sandbox.credentials.lacchain.chain import Block
from sandbox.credentials.lacchain.document import (
    digests_of,
    read_content,
    unsigned,
    with_proof_of_2023,
)
from sandbox.credentials.lacchain.keyring import (
    Identity,
    KeyRing,
    agreement_of,
    authentication_of,
    new_identity,
)
from sandbox.credentials.lacchain.mail import (
    agreement_key,
    encrypt,
    envelope,
    proving_key,
    write_token,
)
from sandbox.credentials.lacchain.mailbox import Mailbox, resolver_of
from sandbox.credentials.lacchain.network import DAY, Network, days_in, manager_account
from sandbox.credentials.lacchain.registry import MANAGER, controller_of, identity_of
from sandbox.credentials.proofs.canonical import jcs
from sandbox.credentials.texts import Json, write_compact
from sandbox.errors import BadRequest, SandboxError

RELATIONS = ("vm", "auth", "asse", "keya", "dele", "invo")
LEAST_DAYS = 365
SUBJECT = {
    "O": NameOID.ORGANIZATION_NAME,
    "C": NameOID.COUNTRY_NAME,
    "CN": NameOID.COMMON_NAME,
}
KEY_SECONDS = 365 * DAY


class Signing(Protocol):
    """Who signs documents for a ministry."""

    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a sending: the id of the letter, and the transaction that registered it."""

    delivery: str
    transaction: str | None
    credential: Json
    digest: str


class Component:
    """The component of one ministry."""

    def __init__(
        self,
        network: Network,
        mailbox: Mailbox,
        ring: KeyRing,
        signing: Callable[[], Signing],
        faults: Collection[str] = (),
    ) -> None:
        self._network = network
        self._chain = network.chain
        self._mailbox = mailbox
        self._ring = ring
        self._signing = signing
        self._faults = faults

    def new_did(self) -> str:
        """Makes a DID, and returns it; nothing is written to the chain."""
        return self._ring.add(new_identity()).did

    def dids(self) -> list[str]:
        """Returns the DIDs whose keys are here."""
        return [identity.did for identity in self._ring.every()]

    def controller(self, did: str) -> str:
        """Returns the account that controls a DID; raises BadRequest."""
        return controller_of(self._chain.blocks(), identity_of(did))

    def decoded(self, did: str) -> Json:
        """Returns what a DID says of itself; raises BadRequest."""
        try:
            return lac1.decode(did).as_json()
        except ValueError as error:
            raise BadRequest(
                "lacchain.bad_did", where="did", found=f"{did[:80]}: {error}"
            ) from None

    def add_certificate(self, did: str, relation: str, content: bytes) -> Block:
        """Adds the key of a certificate to the document of a DID, for as long as the certificate.

        Raises:
            BadRequest: It is no certificate, over, or of a key that signs no credentials.
            NotFound: The keys of the DID are not here.
        """
        certificate = _certificate(content)
        _judge_subject(certificate)
        left = certificate.not_valid_after_utc - self._chain.clock()
        seconds = int(left.total_seconds())
        if seconds < 1:
            end = certificate.not_valid_after_utc.isoformat()
            raise BadRequest("lacchain.over", where="x509Cert", found=end)
        identity = self._ring.of(did)
        named = self._attribute(identity, relation, certificate)
        return self._chain.transact(
            identity.call("registry", "setAttribute", **named, validity=seconds)
        )

    def revoke_certificate(
        self, did: str, relation: str, content: bytes, *, days: int, compromised: bool
    ) -> Block:
        """Takes the key of a certificate out again, as of some days ago.

        Raises:
            BadRequest, NotFound: As for `add_certificate`.
        """
        identity = self._ring.of(did)
        named = self._attribute(identity, relation, _certificate(content))
        delta = days_in(days, least=0, name="backwardRevocationDays") * DAY
        call = identity.call(
            "registry", "revokeAttribute", **named, revokeDeltaTime=delta, compromised=compromised
        )
        return self._chain.transact(call)

    def new_manager(self, did: str, valid_days: int) -> Json:
        """Makes the account that acts for a DID in the chain of trust, and returns it.

        Args:
            did: Of the ministry.
            valid_days: For how long; a year at least.

        Raises:
            BadRequest: It is less.
            NotFound: The keys of the DID are not here.
        """
        seconds = days_in(valid_days, least=LEAST_DAYS) * DAY
        identity = self._ring.of(did)
        manager = self._ring.add(new_identity())
        self._chain.transact(
            identity.call(
                "registry",
                "addDelegate",
                identity=identity.address,
                delegateType=MANAGER,
                delegate=manager.address,
                validity=seconds,
            )
        )
        return self.manager(did)

    def manager(self, did: str) -> Json:
        """Returns the account that acts for a DID; raises NotFound."""
        account, until = manager_account(self._chain, did)
        return {
            "entityDid": did,
            "managerDid": did_of(account),
            "managerAddress": account,
            "validTo": until,
        }

    def deactivate(self, did: str) -> Block:
        """Ends a DID for good; raises NotFound."""
        identity = self._ring.of(did)
        return self._chain.transact(
            identity.call("registry", "deactivateAccount", identity=identity.address)
        )

    def send(self, bundle: Any, issuer: str, receiver: str) -> Sent:
        """Makes a credential of what a Bundle refers to, registers it, and leaves it in the mailbox
        of its receiver.

        Raises:
            BadRequest: A DID is none, the Bundle lacks something, the ministry's key does not stand
                in its document, or the receiver has no key to write to.
            NotFound: The keys of the issuer are not here.
        """
        for did in (issuer, receiver):
            self.decoded(did)
        content = read_content(bundle)
        identity = self._ring.of(issuer)
        resolve = resolver_of(self._network)
        key = self._signing().key
        method = _method_of(resolve(issuer), key.public_key())
        now = self._chain.clock()
        document = unsigned(content, issuer, receiver, now, self._faults)
        credential = with_proof_of_2023(document, key, method, now, self._faults)
        theirs = agreement_key(resolve(receiver))
        self._publish(identity)
        form = "hex" if "hex_digest" in self._faults else "bytes"
        digest = digests_of(credential, key)[form]
        block = self._register(identity, digest, credential)
        letter = encrypt(write_compact(credential), identity, receiver, theirs)
        at = int(now.timestamp())
        order = write_compact(envelope(letter, receiver, self._mailbox.did, at=at))
        mailbox = self._mailbox.did
        sealed = encrypt(order, identity, mailbox, agreement_key(resolve(mailbox)))
        delivery = self._mailbox.deliver(write_token(identity, mailbox, at=at), sealed)
        return Sent(delivery, block.transaction_hash if block else None, credential, digest)

    def revoke(self, issuer: str, digest: str) -> Block:
        """Takes a credential back, by what it is known to the registry; raises BadRequest."""
        identity = self._ring.of(issuer)
        return self._chain.transact(
            identity.call("verification", "revoke", digest=digest, identity=identity.address)
        )

    def _attribute(self, identity: Identity, relation: str, certificate: x509.Certificate) -> Json:
        if relation not in RELATIONS:
            raise BadRequest("lacchain.bad_argument", where="relation", name="relation")
        key = certificate.public_key()
        if not isinstance(key, PublicKey):
            raise BadRequest("lacchain.other_key", where="x509Cert", found=type(key).__name__)
        if "lost_y" in self._faults and isinstance(key, ec.EllipticCurvePublicKey):
            x = point_of(key)[1:]
            key = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, b"\x02" + x)
        der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        return {
            "identity": identity.address,
            "name": f"{relation}/{identity.did}/jwk/json",
            # as lacpass-identity writes it: canonical, with the certificate
            "value": jcs({**to_jwk(key), "x5c": [der]}).hex(),
        }

    def _publish(self, identity: Identity) -> None:
        """Publishes the keys by which a ministry writes letters, where it has none yet."""
        document = resolver_of(self._network)(identity.did)
        try:
            proving_key(document)
        except ValueError:
            self._chain.transact(authentication_of(identity, seconds=KEY_SECONDS))
        is_wrong = "wrong_agreement" in self._faults
        try:
            agreement_key(document)
        except BadRequest:
            call = agreement_of(identity, seconds=KEY_SECONDS, is_wrong=is_wrong)
            self._chain.transact(call)

    def _register(self, identity: Identity, digest: str, credential: Json) -> Block | None:
        """Returns the block that registers a credential; None where the registry refuses it, which
        stops nothing (ENABLED_NOT_THROWABLE).
        """
        from sandbox.credentials.datamodel import moment_of

        ends = moment_of(credential.get("validUntil"))
        until = int(ends.timestamp()) if ends and "never_expires" not in self._faults else 0
        call = identity.call(
            "verification", "issue", digest=digest, exp=until, identity=identity.address
        )
        with suppress(SandboxError):
            return self._chain.transact(call)
        return None


def _certificate(content: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        pass
    try:
        return x509.load_der_x509_certificate(content)
    except ValueError:
        raise BadRequest("lacchain.no_certificate", where="x509Cert") from None


def _judge_subject(certificate: x509.Certificate) -> None:
    """Raises BadRequest unless the subject names country, organisation and itself, as
    lacpass-identity asks.
    """
    for name, oid in SUBJECT.items():
        if not certificate.subject.get_attributes_for_oid(oid):
            raise BadRequest("lacchain.subject_lacks", where="x509Cert", found=name)


def _method_of(document: Json, key: PublicKey) -> str:
    """Returns the id of the assertion method that a key signs by: its x decides, since the
    component of 2023 kept no y.

    Raises:
        BadRequest: The key does not stand there.
    """
    wanted = to_jwk(key)["x"]
    for method in document["verificationMethod"]:
        jwk = method.get("publicKeyJwk")
        is_listed = method["id"] in document["assertionMethod"]
        if is_listed and isinstance(jwk, dict) and jwk.get("x") == wanted:
            from_jwk(jwk)
            return str(method["id"])
    raise BadRequest("lacchain.no_assertion_key", where="issuerDid", found=str(document["id"]))
