"""A COSE signature is that of the key and algorithm that its header names, or none (RFC 9053 2.1, RFC 8230 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.certificates.cose import (
    NotCose,
    Sign1,
    critical_faults,
    is_signed_by,
    read_cbor,
    read_sign1,
    sign1,
    thawed,
)

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
    assert is_signed_by(signed, key.public_key()) is True


@pytest.mark.parametrize("key", [EC, RSA])
def test_a_changed_payload_or_signature_or_another_key_is_not_signed(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
    flipped = bytes([signed.signature[0] ^ 1]) + signed.signature[1:]
    changed = replace(signed, payload=cbor2.dumps({1: "PE"}))
    assert is_signed_by(changed, key.public_key()) is False
    assert is_signed_by(replace(signed, signature=flipped), key.public_key()) is False
    another = (
        ec.generate_private_key(ec.SECP256R1())
        if key is EC
        else rsa.generate_private_key(65537, 2048)
    )
    assert is_signed_by(signed, another.public_key()) is False


@pytest.mark.parametrize(("key", "other"), [(EC, RSA), (RSA, EC)])
def test_a_key_of_another_kind_has_signed_nothing(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    other: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
    assert is_signed_by(signed, other.public_key()) is False


@pytest.mark.parametrize(("key", "algorithm"), [(EC, ES256), (RSA, PS256)])
def test_an_algorithm_that_the_header_does_not_name_has_signed_nothing(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, algorithm: int
) -> None:
    """The protected header rules; what stands outside of it counts where it is silent."""
    signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
    for alg in {ES256, PS256, -8, -35, None, "ES256"} - {algorithm}:
        other = replace(signed, header={1: alg}, unprotected={1: algorithm})
        assert is_signed_by(other, key.public_key()) is False
    outside = replace(signed, header={}, unprotected={1: algorithm})
    assert (outside.alg, is_signed_by(outside, key.public_key())) == (algorithm, True)
    nowhere = replace(signed, header={}, unprotected={})
    assert (nowhere.alg, is_signed_by(nowhere, key.public_key())) == (None, False)


def test_the_id_of_the_key_is_that_of_the_protected_header() -> None:
    """HCERT 1.1.1 3.3.2: a verifier prefers it to the unprotected one."""
    signed = read_sign1(sign1(PAYLOAD, EC, kid=b"k"))
    assert replace(signed, unprotected={4: b"other"}).kid == b"k"
    assert replace(signed, header={}, unprotected={4: b"other"}).kid == b"other"
    assert replace(signed, header={}).kid is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + b"\0",
        lambda _: b"",
        # the same two numbers, were they not of a fixed length
        lambda text: text[:32] + b"\0" + text[32:],
    ],
)
def test_a_signature_of_another_length_is_none(change: Any) -> None:
    """ES256 has two numbers of 32 bytes side by side (RFC 9053 2.1)."""
    for key in (EC, RSA):
        signed = read_sign1(sign1(PAYLOAD, key, kid=b"k"))
        changed = replace(signed, signature=change(signed.signature))
        assert is_signed_by(changed, key.public_key()) is False


def test_what_is_signed_is_the_protected_header_too() -> None:
    signed = read_sign1(sign1(PAYLOAD, EC, kid=b"k", more={99: "x"}))
    assert signed.header == {1: ES256, 4: b"k", 99: "x"}
    other = replace(signed, protected=cbor2.dumps({1: ES256, 4: b"other"}))
    assert is_signed_by(other, EC.public_key()) is False


WHOLE = [cbor2.dumps({1: ES256}), {4: b"k"}, PAYLOAD, b"s"]


@pytest.mark.parametrize(
    ("content", "tags", "rest"),
    [
        (cbor2.dumps(WHOLE), (), 0),
        (cbor2.dumps(cbor2.CBORTag(18, WHOLE)), (18,), 0),
        (cbor2.dumps(cbor2.CBORTag(61, cbor2.CBORTag(18, WHOLE))), (61, 18), 0),
        (cbor2.dumps(WHOLE) + b"\0\0\0", (), 3),
        # bytes behind the protected header count as well
        (cbor2.dumps([WHOLE[0] + b"\0\0", *WHOLE[1:]]), (), 2),
        (cbor2.dumps([WHOLE[0] + b"\0\0", *WHOLE[1:]]) + b"\0\0\0", (), 5),
    ],
)
def test_a_message_is_read_with_its_tags_and_what_stands_behind(
    content: bytes, tags: tuple[int, ...], rest: int
) -> None:
    signed = read_sign1(content)
    assert (signed.header, signed.unprotected) == ({1: ES256}, {4: b"k"})
    assert (signed.payload, signed.signature) == (PAYLOAD, b"s")
    assert (signed.tags, signed.rest) == (tags, rest)


@pytest.mark.parametrize("size", [0, 10, 60, 61, 62, 63, 64, 65, 200])
def test_a_protected_header_is_read_whatever_its_length(size: int) -> None:
    """An empty one is written as no bytes (RFC 9052 3)."""
    header = {4: b"k" * size} if size else {}
    protected = cbor2.dumps(header) if header else b""
    signed = read_sign1(cbor2.dumps([protected, {}, PAYLOAD, b"s"]))
    assert (signed.protected, signed.header, signed.rest) == (protected, header, 0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1}, "not_four"),
        ("text", "not_four"),
        (WHOLE[:3], "not_four"),
        ([*WHOLE, b""], "not_four"),
        (["x", *WHOLE[1:]], "not_bytes"),
        ([*WHOLE[:2], "x", b"s"], "not_bytes"),
        ([*WHOLE[:2], None, b"s"], "not_bytes"),
        ([*WHOLE[:3], "s"], "not_bytes"),
        ([WHOLE[0], [], *WHOLE[2:]], "not_headers"),
        ([cbor2.dumps([1]), *WHOLE[1:]], "not_headers"),
        ([b"\xff", *WHOLE[1:]], "not_cbor"),
    ],
)
def test_what_is_no_message_says_why(value: Any, reason: str) -> None:
    with pytest.raises(NotCose) as raised:
        read_sign1(cbor2.dumps(value))
    assert raised.value.reason == reason
    assert str(raised.value).startswith(f"{reason}: ")


def test_cbor_is_read_to_the_end_of_its_first_value() -> None:
    assert read_cbor(cbor2.dumps({1: 2})) == ({1: 2}, 0)
    assert read_cbor(cbor2.dumps("a") + b"bc") == ("a", 2)
    # dates and sets are data; a moment keeps its tag, which a claim must not have (RFC 8392 2)
    assert read_cbor(cbor2.dumps(cbor2.CBORTag(0, "2026-07-27T00:00:00Z"))) == (
        "2026-07-27T00:00:00Z", 0,
    )  # fmt: skip
    moment, _ = read_cbor(cbor2.dumps(cbor2.CBORTag(1, 1_790_000_000)))
    assert (moment.tag, moment.value) == (1, 1_790_000_000)
    for content, reason, found in (
        (b"", "not_cbor", "CBORDecodeEOF"),
        (b"\xa2\x01\x02\x01\x03", "same_key", "1"),
        (b"\xa2" + (cbor2.dumps("k" * 60) + b"\x01") * 2, "same_key", "'" + "k" * 39),
        (b"\x81" * 5000 + b"\0", "not_cbor", ""),
    ):
        with pytest.raises(NotCose) as raised:
            read_cbor(content)
        assert raised.value.reason == reason
        assert found in raised.value.found
        assert len(raised.value.found) <= 40


@pytest.mark.parametrize(
    ("header", "unprotected", "faults"),
    [
        ({}, {}, []),
        ({2: [1, 4, 3], 1: ES256, 4: b"k", 3: 60}, {}, []),
        ({2: (1,), 1: ES256}, {}, []),
        ({}, {2: [1]}, ["crit (2) unprotected"]),
        ({2: [1], 1: ES256}, {2: [1]}, ["crit (2) unprotected"]),
        # a list that is none, or empty
        ({2: []}, {}, ["[]"]),
        ({2: 1}, {}, ["1"]),
        ({2: "1"}, {}, ["1"]),
        # what is not understood, is no label, or is not there
        ({2: [1, 99], 1: ES256, 99: "x"}, {}, ["99"]),
        ({2: ["x", 99], "x": 1, 99: 1}, {}, ["x", "99"]),
        ({2: [[1]], 1: ES256}, {}, ["[1]"]),
        # the beginning tells which it is
        ({2: "x" * 30}, {}, ["x" * 20]),
        ({2: ["x" * 30]}, {}, ["x" * 20]),
        ({2: [4], 1: ES256}, {4: b"k"}, ["4"]),
    ],
)
def test_what_is_critical_is_understood_and_protected(
    header: dict[Any, Any], unprotected: dict[Any, Any], faults: list[str]
) -> None:
    """RFC 9052 3.1."""
    assert critical_faults(Sign1(b"", header, unprotected, b"", b"")) == faults


def test_what_stands_within_a_tag_is_data_like_any_other() -> None:
    frozen = cbor2.frozendict({"a": (1, cbor2.frozendict({"b": (2,)}))})
    assert thawed(frozen) == {"a": [1, {"b": [2]}]}
    assert isinstance(thawed(frozen)["a"][1], dict)
    assert thawed("text") == "text"
    assert thawed([{"a": ("b",)}]) == [{"a": ["b"]}]
