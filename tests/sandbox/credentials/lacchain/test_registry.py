"""A DID as its registry has it at a block, at a moment and for a time: keys added, over, revoked backwards; deactivated at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.lacchain.chain import Chain
from sandbox.credentials.lacchain.contracts import METHODS
from sandbox.credentials.lacchain.keyring import Identity, new_identity, publish_keys
from sandbox.credentials.lacchain.resolving import Query, read_query, resolve_did
from sandbox.credentials.lacchain.signed import read_transaction, write_transaction
from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore

START = datetime(2023, 6, 1, 12, tzinfo=UTC)
DAY = 86_400
JWK = b'{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}'


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, days: float) -> int:
        self.now = START + timedelta(days=days)
        return int(self.now.timestamp())


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def chain(tmp_path: Path, time: Time) -> Iterator[Chain]:
    partitions = Partitions(tmp_path, url="", seconds=9)
    yield Chain(RunStore(partitions.main), METHODS, time)
    partitions.close()


def attribute(identity: Identity, method: str, value: bytes = JWK, **more: Any) -> Any:
    name = f"asse/{identity.did}/jwk/json"
    return identity.call(
        "registry", method, identity=identity.address, name=name, value=value.hex(), **more
    )


def keys(chain: Chain, identity: Identity, query: Query, now: int) -> list[str]:
    answer = resolve_did(identity.did, chain.blocks(), query, now=now)
    return [id.partition("#")[2] for id in answer["didDocument"]["assertionMethod"]]


def test_a_new_did_has_an_empty_document_and_nobody_was_asked(chain: Chain) -> None:
    answer = resolve_did(new_identity().did, chain.blocks(), Query(), now=0)
    assert answer["didDocument"]["verificationMethod"] == []
    assert answer["didDocumentMetadata"] == {}
    assert chain.blocks() == []


def test_a_key_that_was_revoked_backwards_is_folded_by_block_moment_and_time(
    chain: Chain, time: Time
) -> None:
    me = new_identity()
    time.on(0)
    first = chain.transact(attribute(me, "setAttribute", validity=365 * DAY)).number
    later = time.on(10)
    chain.transact(attribute(me, "setAttribute", b'{"x":"B"}', validity=5 * DAY))
    now = time.on(20)
    last = chain.transact(
        attribute(me, "revokeAttribute", revokeDeltaTime=12 * DAY, compromised=True)
    ).number
    assert keys(chain, me, Query(), now) == []
    assert keys(chain, me, Query(version_id=first), now) == ["vm-1"]
    assert keys(chain, me, Query(version_time=later), now) == ["vm-1", "vm-2"]
    # revoked as of the eighth day: good for statements of the seventh, not of the ninth
    at = [int((START + timedelta(days=days)).timestamp()) for days in (7, 9)]
    assert keys(chain, me, Query(for_time=at[0]), now) == ["vm-1", "vm-2"]
    assert keys(chain, me, Query(for_time=at[1]), now) == ["vm-2"]
    then = resolve_did(me.did, chain.blocks(), Query(version_id=first), now=now)
    metadata = then["didDocumentMetadata"]
    assert metadata["versionId"] == "1"
    assert metadata["updated"] == "2023-06-01T12:00:00Z"
    assert (metadata["nextVersionId"], metadata["nextUpdate"]) == ("2", "2023-06-11T12:00:00Z")
    # the revocation was an event: its number is not given again
    chain.transact(attribute(me, "setAttribute", b'{"x":"C"}', validity=DAY))
    assert keys(chain, me, Query(), now) == ["vm-4"]
    assert [block.args["previousChange"] for block in chain.blocks()] == [0, 1, 2, last]


def test_only_its_controller_changes_a_did_and_nobody_a_deactivated_one(chain: Chain) -> None:
    me, other = new_identity(), new_identity()
    with pytest.raises(Forbidden):
        chain.transact(attribute(me, "setAttribute", validity=1).__class__(
            other.address, "registry", "setAttribute", attribute(me, "x", validity=1).args
        ))  # fmt: skip
    publish_keys(chain, me, seconds=DAY)
    chain.transact(me.call("registry", "deactivateAccount", identity=me.address))
    answer = resolve_did(me.did, chain.blocks(), Query(), now=int(START.timestamp()))
    assert answer["didDocumentMetadata"]["deactivated"] is True
    assert answer["didDocument"]["keyAgreement"] == []
    assert keys(chain, me, Query(version_id=2), 0) == []
    with pytest.raises(Forbidden):
        chain.transact(attribute(me, "setAttribute", validity=1))


def test_a_did_of_another_registry_or_with_a_wrong_checksum_is_not_resolved(chain: Chain) -> None:
    published = "did:lac1:1iT5jsMUTRkENt6WspMf5CGJNc9bUxt38urgGGxqaFhrLn4cmsC6XNddWb1pAUfonk33"
    answers = [
        resolve_did(did, chain.blocks(), Query(), now=0)
        for did in (published, f"{published[:-1]}4")
    ]
    errors = [answer["didResolutionMetadata"]["error"] for answer in answers]
    assert errors == ["notFound", "invalidDid"]


def test_a_transaction_is_its_accounts_and_is_carried_out_once(chain: Chain) -> None:
    me = new_identity()
    text = write_transaction(attribute(me, "setAttribute", validity=DAY), me, nonce=0)
    call, nonce = read_transaction(text)
    assert call.sender == me.address
    chain.transact(call, nonce=nonce)
    with pytest.raises(PreconditionFailed) as again:
        chain.transact(call, nonce=nonce)
    assert again.value.key == "lacchain.nonce"
    with pytest.raises(BadRequest):
        read_transaction(text[:-8] + "AAAAAAAA")
    with pytest.raises(NotFound):
        chain.transact(me.call("registry", "selfdestruct"))


@pytest.mark.parametrize(
    "query",
    [
        {"versionId": "x"},
        {"versionTime": "2023-06-01T12:00:00"},
        {"versionId": "1", "forTime": "x"},
    ],
)
def test_a_version_that_cannot_be_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        read_query(query)
