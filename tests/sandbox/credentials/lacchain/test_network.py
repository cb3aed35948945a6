"""Who vouches for whom up to the root, and letters that nobody opens but their receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.lacchain.keyring import Identity, agreement_of, new_identity, publish_keys
from sandbox.credentials.lacchain.mail import (
    agreement_key,
    decrypt,
    encrypt,
    envelope,
    write_token,
)
from sandbox.credentials.lacchain.mailbox import Mailbox, resolver_of
from sandbox.credentials.lacchain.network import DAY, Network
from sandbox.credentials.lacchain.opening import mailbox_in, network_in
from sandbox.credentials.lacchain.trust import path_of
from sandbox.credentials.texts import write_compact
from sandbox.errors import BadRequest, Forbidden, SandboxError, Unauthorized
from sandbox.store.partitions import Partitions

START = datetime(2023, 6, 1, tzinfo=UTC)


class Sandbox:
    """A network whose time is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.partitions = Partitions(folder, url="", seconds=9)
        self.network: Network = network_in(self.partitions.main, folder, lambda: self.now)
        self.mailbox: Mailbox = mailbox_in(self.partitions.main, self.network)

    @property
    def at(self) -> int:
        return int(self.now.timestamp())

    def path(self, did: str) -> tuple[str, int]:
        path = path_of(self.network.chain.blocks(), did, self.at)
        return path.broken, len(path.dids)

    def person(self) -> Identity:
        person = new_identity()
        publish_keys(self.network.chain, person, seconds=90 * DAY)
        return person

    def sent(self, sender: Identity, receiver: Identity, **changes: Any) -> str:
        resolve = resolver_of(self.network)
        letter = encrypt(b"hello", sender, receiver.did, agreement_key(resolve(receiver.did)))
        order = {**envelope(letter, receiver.did, self.mailbox.did, at=self.at), **changes}
        key = agreement_key(resolve(self.mailbox.did))
        sealed = encrypt(write_compact(order), sender, self.mailbox.did, key)
        return self.mailbox.deliver(write_token(sender, self.mailbox.did, at=self.at), sealed)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path)
    yield sandbox
    sandbox.partitions.close()


def test_the_way_to_the_root_breaks_where_somebody_is_over_or_revoked(sandbox: Sandbox) -> None:
    country, region = new_identity(), new_identity()
    network = sandbox.network
    assert sandbox.path(country.did) == ("no_root", 1)
    network.vouch(country.address, country.did, valid_days=30)
    network.chain.transact(
        country.call(
            "trust",
            "addOrUpdateGroupMember",
            memberEntity=region.address,
            did=region.did,
            period=DAY,
        )
    )
    assert sandbox.path(region.did) == ("", 3)
    sandbox.now += timedelta(days=2)
    assert sandbox.path(region.did) == ("over", 1)
    assert sandbox.path(country.did) == ("", 2)
    network.stop_vouching(country.did)
    assert sandbox.path(country.did) == ("over", 1)
    # who is no longer in it vouches for nobody
    with pytest.raises(Forbidden):
        network.chain.transact(
            country.call(
                "trust",
                "addOrUpdateGroupMember",
                memberEntity=region.address,
                did=region.did,
                period=9,
            )
        )


def test_no_chain_is_longer_than_the_root_allows(sandbox: Sandbox) -> None:
    links = [new_identity() for _ in range(3)]
    network = sandbox.network
    network.vouch(links[0].address, links[0].did, valid_days=30)
    for parent, member in pairwise(links):
        network.chain.transact(
            parent.call(
                "trust",
                "addOrUpdateGroupMember",
                memberEntity=member.address,
                did=member.did,
                period=DAY,
            )
        )
    assert sandbox.path(links[2].did) == ("", 4)
    network.chain.transact(network.root.call("trust", "updateDepth", depth=2))
    assert sandbox.path(links[2].did)[0] == "too_deep"


def test_an_account_that_no_longer_acts_for_its_did_ends_the_chain(sandbox: Sandbox) -> None:
    country = new_identity()
    sandbox.network.vouch(country.address, country.did, valid_days=30)
    sandbox.network.chain.transact(
        country.call("registry", "deactivateAccount", identity=country.address)
    )
    assert sandbox.path(country.did) == ("other_entity", 1)


def test_only_the_committee_admits(sandbox: Sandbox) -> None:
    stranger = new_identity()
    assert sandbox.network.root.did  # it is founded where somebody first asks
    known = {"id": stranger.did, "legalName": "x"}
    data = json.dumps({"version": "1", "type": "1", "identificationData": known})
    call = stranger.call("directory", "addMember", did=stranger.did, exp=0, rawData=data)
    with pytest.raises(Forbidden):
        sandbox.network.chain.transact(call)


def test_a_letter_is_opened_by_its_receiver_alone_until_its_time_is_over(sandbox: Sandbox) -> None:
    ana, rosa, eva = (sandbox.person() for _ in range(3))
    assert sandbox.sent(ana, rosa)
    resolve = resolver_of(sandbox.network)
    (letter,) = sandbox.mailbox.collect(write_token(rosa, sandbox.mailbox.did, at=sandbox.at))
    assert decrypt(letter, rosa, resolve) == (b"hello", ana.did)
    with pytest.raises(BadRequest):
        decrypt(letter, eva, resolve)
    with pytest.raises(BadRequest):  # nor by the mailbox, which keeps it
        decrypt(letter, sandbox.network.mailbox, resolve)
    assert sandbox.mailbox.collect(write_token(eva, sandbox.mailbox.did, at=sandbox.at)) == []
    sandbox.now += timedelta(days=61)
    assert sandbox.mailbox.collect(write_token(rosa, sandbox.mailbox.did, at=sandbox.at)) == []


def test_the_end_of_a_letter_may_be_told_in_milliseconds(sandbox: Sandbox) -> None:
    ana, rosa = sandbox.person(), sandbox.person()
    sandbox.sent(ana, rosa, expires_time=(sandbox.at + 60) * 1000)
    assert len(sandbox.mailbox.collect(write_token(rosa, sandbox.mailbox.did, at=sandbox.at))) == 1
    sandbox.now += timedelta(seconds=90)
    assert sandbox.mailbox.collect(write_token(rosa, sandbox.mailbox.did, at=sandbox.at)) == []


def test_a_token_of_somebody_else_for_another_mailbox_or_of_yesterday_opens_nothing(
    sandbox: Sandbox,
) -> None:
    rosa = sandbox.person()
    stranger = Identity(rosa.did, new_identity().account, rosa.agreement)
    tokens = [
        write_token(stranger, sandbox.mailbox.did, at=sandbox.at),
        write_token(rosa, rosa.did, at=sandbox.at),
        write_token(rosa, sandbox.mailbox.did, at=sandbox.at - 2 * DAY),
        write_token(new_identity(), sandbox.mailbox.did, at=sandbox.at),
        "no token",
    ]
    for token in tokens:
        with pytest.raises(Unauthorized):
            sandbox.mailbox.collect(token)


def test_what_is_no_envelope_or_by_another_is_refused(sandbox: Sandbox) -> None:
    ana, rosa = sandbox.person(), sandbox.person()
    for changes in ({"type": "x"}, {"to": ["did:lac1:x"]}, {"body": {}}, {"expires_time": "soon"}):
        with pytest.raises(SandboxError) as refused:
            sandbox.sent(ana, rosa, **changes)
        assert refused.value.key == "lacchain.bad_envelope"
    eva = sandbox.person()
    key = agreement_key(resolver_of(sandbox.network)(sandbox.mailbox.did))
    order = write_compact(
        envelope({"ciphertext": "x"}, rosa.did, sandbox.mailbox.did, at=sandbox.at)
    )
    letter = encrypt(order, ana, sandbox.mailbox.did, key)
    with pytest.raises(BadRequest) as other:
        sandbox.mailbox.deliver(write_token(eva, sandbox.mailbox.did, at=sandbox.at), letter)
    assert other.value.key == "lacchain.other_writer"


def test_a_key_for_signatures_is_none_to_write_to(sandbox: Sandbox) -> None:
    person = new_identity()
    sandbox.network.chain.transact(agreement_of(person, seconds=DAY, is_wrong=True))
    with pytest.raises(BadRequest) as refused:
        agreement_key(resolver_of(sandbox.network)(person.did))
    assert refused.value.key == "lacchain.no_agreement"
