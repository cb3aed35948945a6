"""A COSE signature is that of the key and algorithm that its header names, or none (RFC 9053 2.1, RFC 8230 2)."""

from __future__ import annotations

from dataclasses import replace

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.certificates.cose import is_signed_by, read_sign1, sign1

PAYLOAD = cbor2.dumps({1: "CL"})
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
ES256, PS256 = -7, -37


@pytest.mark.parametrize(("key", "algorithm"), [(EC, ES256), (RSA, PS256)])
def test_a_signature_names_the_algorithm_of_its_key_and_holds(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, algorithm: int
) -> None:
    signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
    assert signed.alg == algorithm
    assert is_signed_by(signed, key.public_key())


@pytest.mark.parametrize("key", [EC, RSA])
def test_a_changed_payload_or_signature_or_another_key_is_not_signed(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
    flipped = bytes([signed.signature[0] ^ 1]) + signed.signature[1:]
    assert not is_signed_by(replace(signed, payload=cbor2.dumps({1: "PE"})), key.public_key())
    assert not is_signed_by(replace(signed, signature=flipped), key.public_key())
    another = (
        ec.generate_private_key(ec.SECP256R1())
        if key is EC
        else rsa.generate_private_key(65537, 2048)
    )
    assert not is_signed_by(signed, another.public_key())


@pytest.mark.parametrize(("key", "other"), [(EC, RSA), (RSA, EC)])
def test_a_key_of_another_kind_has_signed_nothing(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    other: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    assert not is_signed_by(read_sign1(sign1(PAYLOAD, key, kid=b"k")), other.public_key())
