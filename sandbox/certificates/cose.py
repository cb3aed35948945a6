"""COSE_Sign1 (RFC 9052 4.2): signed bytes with two headers; ES256 (RFC 9053 2.1) and PS256 (RFC
8230 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from types import MappingProxyType
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.limits import CBOR_DEPTH

ALG = 1
CRIT = 2
KID = 4  # header parameters (RFC 9052 3.1)
ES256 = -7
PS256 = -37
SIGN1 = 18
CWT = 61
MOMENT = 1  # CBOR tags
# tags of the other messages: Encrypt0, Mac0, Encrypt, Mac, Sign (RFC 9052 2)
OTHER_MESSAGES = frozenset({16, 17, 96, 97, 98})
# what is read here, or says only what the payload is: alg, crit, content type, kid (RFC 9052 3.1)
UNDERSTOOD = frozenset({ALG, CRIT, 3, KID})
HALF = 32  # bytes of r and of s
USUAL_HEADER = 64  # bytes of one that is remembered: an algorithm and a key id have thirteen
DUPLICATE = "Duplicate map key: "  # in what the library says of one
NO_PARAMETERS: Mapping[Any, Any] = MappingProxyType({})
MAPS = (dict, cbor2.frozendict)  # what a map is read as
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
ECDSA = ec.ECDSA(SHA256())
PADDING = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)


class NotCose(ValueError):
    """Bytes that are no COSE_Sign1; `reason` is the last part of the key of a finding."""

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(f"{reason}: {found}")
        self.reason = reason
        self.found = found


@dataclass(frozen=True, slots=True)
class Sign1:
    """What was signed, by which algorithm and key; `tags` are the CBOR tags around it, the
    outermost first.
    """

    protected: bytes
    header: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes
    signature: bytes
    tags: tuple[int, ...] = (SIGN1,)
    rest: int = 0
    """How many bytes stand behind it, or behind its protected header."""

    @property
    def alg(self) -> Any:
        """Returns the algorithm: of the protected header, else of the other one; None for none."""
        # only the protected header is signed: what stands outside may never overrule it
        return self.header.get(ALG, self.unprotected.get(ALG))

    @property
    def kid(self) -> Any:
        """Returns the key id: of the protected header, else of the other one; None for none (HCERT
        1.1.1 3.3.2).
        """
        return self.header.get(KID, self.unprotected.get(KID))


def thawed(value: Any) -> Any:
    """Returns maps and lists as they stand outside of tags: what a tag is around is read as
    frozen.
    """
    if isinstance(value, MAPS):
        return {name: thawed(inner) for name, inner in value.items()}
    return [thawed(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def critical_faults(signed: Sign1) -> list[str]:
    """Returns what a reader must understand and this one does not (RFC 9052 3.1).

    A list that is none, that names a parameter which is not protected, or that is not protected
    itself, is as fatal as an unknown parameter.
    """
    if CRIT in signed.unprotected:
        return [f"crit ({CRIT}) unprotected"]
    if CRIT not in signed.header:
        return []
    named = signed.header[CRIT]
    if not isinstance(named, (list, tuple)) or not named:
        return [str(named)[:20]]
    return [
        str(label)[:20]
        for label in named
        if not isinstance(label, (int, str))
        or label not in UNDERSTOOD
        or label not in signed.header
    ]


def read_cbor(content: bytes) -> tuple[Any, int]:
    """Returns the first value of CBOR, tagged values such as date-times as they stand, and how
    many bytes stand behind it.

    Raises:
        NotCose: The bytes are no CBOR, nest too deep, or have a map with the same key twice: no
            two readers would agree on which counts (RFC 8949 5.6, RFC 9052 3).
    """
    stream = BytesIO(content)
    try:
        value = cbor2.load(
            stream, max_depth=CBOR_DEPTH, semantic_decoders=AS_TEXT, allow_duplicate_keys=False
        )
        return value, len(content) - stream.tell()
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        OverflowError,
        MemoryError,
        RecursionError,
    ) as error:
        if DUPLICATE in str(error):
            raise NotCose("same_key", str(error).partition(DUPLICATE)[2][:40]) from None
        raise NotCose("not_cbor", type(error).__name__) from None


def read_sign1(content: bytes) -> Sign1:
    """Returns a COSE_Sign1, tagged or not (RFC 9052 4.2).

    Raises:
        NotCose: The bytes are no array of four, or its parts have other types.
    """
    value, rest = read_cbor(content)
    tags = []
    # of the European test data four have no tag, and one has 61 (CWT) around 18
    while isinstance(value, cbor2.CBORTag):
        tags.append(value.tag)
        value = value.value
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise NotCose("not_four", type(value).__name__)
    protected, unprotected, payload, signature = value
    is_bytes = isinstance(protected, bytes) and isinstance(payload, bytes)
    if not (is_bytes and isinstance(signature, bytes)):
        raise NotCose("not_bytes")
    header, more = _read_header(protected)
    if not isinstance(header, MAPS) or not isinstance(unprotected, MAPS):
        raise NotCose("not_headers")
    return Sign1(protected, header, unprotected, payload, signature, tuple(tags), rest=rest + more)


def _read_header(protected: bytes) -> tuple[Any, int]:
    """Returns what a protected header holds, and how many bytes stand behind it; an empty one is
    written as no bytes at all (RFC 9052 3).
    """
    if not protected:
        return {}, 0
    return _usual_header(protected) if len(protected) <= USUAL_HEADER else read_cbor(protected)


# every certificate of a signer has the same one
_usual_header = lru_cache(maxsize=1024)(read_cbor)


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Returns the bytes of the Sig_structure (RFC 9052 4.4)."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def is_signed_by(signed: Sign1, key: PublicKey) -> bool:
    """Tells whether the key of a certificate has made the signature, by the algorithm that the
    header names.
    """
    content = to_be_signed(signed.protected, signed.payload)
    try:
        if (
            signed.alg == ES256
            and isinstance(key, ec.EllipticCurvePublicKey)
            and len(signed.signature) == 2 * HALF
        ):
            # COSE has the two numbers side by side (RFC 9053 2.1); the library wants DER
            r = int.from_bytes(signed.signature[:HALF])
            s = int.from_bytes(signed.signature[HALF:])
            key.verify(encode_dss_signature(r, s), content, ECDSA)
        elif signed.alg == PS256 and isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.signature, content, PADDING, SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def sign1(
    payload: bytes, key: PrivateKey, *, kid: bytes, more: Mapping[Any, Any] = NO_PARAMETERS
) -> bytes:
    """Returns a payload signed as COSE_Sign1 with its tag: ES256 by an EC key, PS256 by an RSA
    key.

    Args:
        payload: What is signed.
        key: Whose signature it is.
        kid: The id of the key.
        more: Further parameters of the protected header.
    """
    is_ec = isinstance(key, ec.EllipticCurvePrivateKey)
    protected = cbor2.dumps({ALG: ES256 if is_ec else PS256, KID: kid, **more})
    content = to_be_signed(protected, payload)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(content, ECDSA))
        signature = r.to_bytes(HALF) + s.to_bytes(HALF)
    else:
        signature = key.sign(content, PADDING, SHA256())
    return cbor2.dumps(cbor2.CBORTag(SIGN1, [protected, {}, payload, signature]))


def _as_it_stands(value: Any, _: bool) -> Any:
    return value


def _tagged(value: Any, _: bool) -> Any:
    """Returns a moment with its tag, which a claim must not have (RFC 8392 2)."""
    return cbor2.CBORTag(MOMENT, value)


# no certificate needs dates, shared values, patterns, addresses or sets as objects of Python: what
# is tagged is data
AS_TEXT = dict.fromkeys(
    (0, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000), _as_it_stands
) | {MOMENT: _tagged}
