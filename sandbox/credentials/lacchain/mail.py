"""Letters between DIDs: encrypted to the receiver, put into an envelope for the mailbox, and that
encrypted again (DIDComm Messaging 2, authcrypt; ECDH-1PU draft-madden-04).

Whoever fetches or brings letters proves their DID by a JWT that lasts a day (did-JWT, ES256K).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sandbox.credentials.jose import is_signed_by, read_jws, write_jws
from sandbox.credentials.lacchain.keyring import Identity, published_key
from sandbox.credentials.texts import Json, as_list, from_base58, from_base64url, to_base64url
from sandbox.errors import BadRequest, Unauthorized

ALGORITHM, CONTENT = "ECDH-1PU+A256KW", "A256CBC-HS512"
TYP = "application/didcomm-encrypted+json"
FORWARD = "https://didcomm.org/routing/2.0/forward"
AGREEMENT = "X25519KeyAgreementKey2019"
PROVING = "EcdsaSecp256k1VerificationKey2019"
DAY = 86_400
KEPT_DAYS = 60
KEY_BYTES = 32
LATEST_SECONDS = 10**11
"""Above it a moment is told in milliseconds: the mailbox's README does, the client does not."""
Resolve = Callable[[str], Json]
"""Returns the document of a DID; raises NotFound."""


def agreement_key(document: Json) -> bytes:
    """Returns the key to which letters for a DID are encrypted.

    Raises:
        BadRequest: It has published none, or one for signatures in its place.
    """
    text = published_key(document, "keyAgreement", AGREEMENT)
    try:
        content = from_base58(text)
    except ValueError:
        content = b""
    if len(content) != KEY_BYTES:
        did = str(document.get("id", ""))
        raise BadRequest("lacchain.no_agreement", where="keyAgreement", found=did)
    return content


def encrypt(content: bytes, sender: Identity, receiver: str, key: bytes) -> Json:
    """Returns a letter as JWE.

    Args:
        content: What is to be read.
        sender: Whose key takes part, so that the receiver knows who has written.
        receiver: The DID of whom it is for.
        key: The receiver's public key, as it is published.
    """
    from joserfc import jwe
    from joserfc.jwk import OKPKey

    _register()
    letter = jwe.GeneralJSONEncryption(
        {"typ": TYP, "alg": ALGORITHM, "enc": CONTENT, "skid": sender.did}, content
    )
    letter.add_recipient({"kid": receiver}, OKPKey.import_key(_public(key)))
    own = OKPKey.import_key(_private(sender.agreement))
    return dict(jwe.encrypt_json(letter, None, algorithms=[ALGORITHM, CONTENT], sender_key=own))


def decrypt(letter: Any, receiver: Identity, resolve: Resolve) -> tuple[bytes, str]:
    """Returns what a letter says, and the DID of who has written it.

    Raises:
        BadRequest: It is no such letter, for somebody else, or not by whom it names.
    """
    from joserfc import jwe
    from joserfc.errors import JoseError
    from joserfc.jwk import OKPKey

    _register()
    try:
        head = json.loads(from_base64url(letter["protected"]))
        sender = str(head["skid"])
        theirs = OKPKey.import_key(_public(agreement_key(resolve(sender))))
        own = OKPKey.import_key(_private(receiver.agreement))
        opened = jwe.decrypt_json(letter, own, algorithms=[ALGORITHM, CONTENT], sender_key=theirs)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(
            "lacchain.bad_letter", where="message", found=type(error).__name__
        ) from None
    return opened.plaintext or b"", sender


def envelope(letter: Json, receiver: str, mailbox: str, *, at: int) -> Json:
    """Returns the order to a mailbox to keep a letter for its receiver (Routing 2.0).

    Args:
        letter: As it is encrypted to its receiver.
        receiver: The DID of whom it is for.
        mailbox: The DID of the mailbox.
        at: Now, in seconds since 1970.
    """
    return {
        "type": FORWARD,
        "to": [mailbox],
        "expires_time": at + KEPT_DAYS * DAY,
        "body": {"next": receiver, "payloads~attach": [letter]},
    }


def read_envelope(content: bytes, mailbox: str) -> tuple[str, list[Json], int]:
    """Returns receiver, letters and end (seconds since 1970) of an order; raises BadRequest.

    Args:
        content: What was in the outer letter.
        mailbox: The DID of the mailbox, which the order must name.
    """
    try:
        order = json.loads(content)
        receiver = order["body"]["next"]
        letters = order["body"].get("payloads~attach") or order["body"]["attachments"]
        until = int(order["expires_time"])
        is_right = order["type"] == FORWARD and mailbox in as_list(order["to"])
    except (ValueError, KeyError, TypeError, AttributeError):
        is_right = False
    if not is_right or not isinstance(receiver, str) or not _are_letters(letters):
        raise BadRequest("lacchain.bad_envelope", where="message", found=FORWARD)
    return receiver, letters, until // 1000 if until > LATEST_SECONDS else until


def write_token(identity: Identity, audience: str, *, at: int) -> str:
    """Returns the JWT by which a DID proves itself to a mailbox.

    Args:
        identity: The DID with its keys.
        audience: The DID of the mailbox.
        at: Now, in seconds since 1970.
    """
    claims = {"iss": identity.did, "sub": identity.did, "aud": audience}
    return write_jws({"typ": "JWT"}, {**claims, "iat": at, "exp": at + DAY}, identity.account)


def who(token: str, audience: str, resolve: Resolve, *, at: int) -> str:
    """Returns the DID that a token proves.

    Raises:
        Unauthorized: It is none, over, for another mailbox, or not by a key of its DID.
    """
    try:
        jws = read_jws(token)
        did = str(jws.payload["sub"])
        key = proving_key(resolve(did))
        is_in_time = int(jws.payload["exp"]) > at
    except (ValueError, KeyError, TypeError):
        raise Unauthorized("lacchain.bad_token", where="token") from None
    if not is_in_time or audience not in as_list(jws.payload.get("aud")):
        raise Unauthorized("lacchain.other_token", where="token", expected=audience)
    if not is_signed_by(jws, key):
        raise Unauthorized("lacchain.bad_token", where="token")
    return did


def proving_key(document: Json) -> ec.EllipticCurvePublicKey:
    """Returns the key by which a DID proves itself; raises ValueError where it published none."""
    content = from_base58(published_key(document, "authentication", PROVING))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), content)


def _are_letters(letters: Any) -> bool:
    return (
        isinstance(letters, list)
        and 0 < len(letters) <= 10
        and all(isinstance(letter, dict) and "ciphertext" in letter for letter in letters)
    )


def _public(key: bytes) -> Any:
    return {"kty": "OKP", "crv": "X25519", "x": to_base64url(key)}


def _private(key: X25519PrivateKey) -> Any:
    public = _public(key.public_key().public_bytes_raw())
    return {**public, "d": to_base64url(key.private_bytes_raw())}


def _register() -> None:
    from joserfc.drafts.jwe_ecdh_1pu import register_ecdh_1pu

    register_ecdh_1pu()
