"""did:lac1, with DIDs that programs of LACChain and its users have published."""

import pytest

from sandbox.credentials.did.lac1 import Lac1, decode, encode, keccak
from sandbox.credentials.texts import from_base58

PUBLISHED = [
    "did:lac1:1iT4kYaSKhpM7BFB75ZxYF7V3uTRAeWfPvwhFZXJQj8WrJakCczSatqNVvKZTnsD3uMz",
    "did:lac1:1iT5hMy9wbHfnd7C7QJCsQEiF7PusFngyCu2YqgLmCNJPQX77Z8WaXG6cwQtC4czY74w",
    "did:lac1:1iT5kyRRuZHYjW1HJfGyNgGbCcZqhuDJLco5N4PemXBjkFSzkgP3YdLRd5BHHGT7LccZ",
    "did:lac1:1iT6937zvW4RJxfyrxbi3NGtNq7tUMbpsKPEFC5VX3H1xfa8R15aWq7g2X6RZD8gLuQU",
    "did:lac1:1iT58jc7tEP4Y8zbf9Ma8dpdiGKZjzYmjtmFEZZ8Dias9rbBpAYS39dAekAZupNDdgGb",
]


def test_keccak_is_that_of_ethereum() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak(b"").hex() == empty


@pytest.mark.parametrize("did", PUBLISHED)
def test_a_published_did_decodes_and_encodes_to_itself(did: str) -> None:
    lac1 = decode(did)
    assert lac1.chain == 648540  # LACChain's Open ProtestNet
    assert len(from_base58(did.removeprefix("did:lac1:"))) == 51
    assert encode(lac1) == did


def test_published_dids_name_several_registries() -> None:
    assert len({decode(did).registry for did in PUBLISHED}) > 1


@pytest.mark.parametrize(
    "did",
    [
        PUBLISHED[0][:-1] + "y",  # a letter changed: the checksum is wrong
        PUBLISHED[0].replace("lac1", "lac2"),
        "did:lac1:",
        "did:lac1:" + "0" * 60,  # 0 is no letter of base58
        "did:lac1:" + "2" * 5000,
    ],
)
def test_what_is_no_did_of_this_method_is_refused(did: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(did)


def test_the_number_of_a_chain_is_as_short_as_it_can_be() -> None:
    small = Lac1("0x" + "11" * 20, "0x" + "22" * 20, 1)
    assert decode(encode(small)) == small
    assert len(from_base58(encode(small).removeprefix("did:lac1:"))) == 49
