"""Chile issues, a wallet receives with its PIN, Panama asks for one claim; whoever is not right is refused for their own reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from sandbox.api.authorities import authority_of, known_of
from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.report import Known, Report
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.vaccination import VCT
from sandbox.credentials.verifying import verify
from sandbox.credentials.wallet.answering import (
    Held,
    Share,
    answer,
    choices_of,
    name_of,
    shares_of,
)
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import KeptWallet, new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import Received, receive
from sandbox.credentials.wallet.requests import Asking, read_request
from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.event.access import Access
from sandbox.sealing import Keys
from sandbox.store.partitions import Partitions
from sandbox.store.sealed import SealedStore
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.making import STRANGER

START = TickingClock().now
AT = START + timedelta(minutes=1)
HOST = "http://sandbox.test"
Json = dict[str, Any]
Change = Callable[[Call, Reply], Reply]
SDJWT = {"id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}
QUERY: Json = {"credentials": [{**SDJWT, "claims": [{"path": ["vaccine", "product"]}]}]}


class World:
    """A sandbox, and a wallet that reaches it; `change` stands between them."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.trust = TrustFolder(folder / "trust")
        for country in ("CL", "PA"):
            self.trust.init(country, at=START)
        self.partitions = Partitions(folder.parent / "phone")
        self.store = SealedStore(self.partitions.main)
        self.keys = Keys(folder.parent / "phone")
        self.wallet = KeptWallet(lambda: nullcontext(self.store), self.keys, "rosa")
        self.calls: list[Call] = []
        self.change: Change = lambda call, reply: reply

    def send(self, call: Call) -> Reply:
        self.calls.append(call)
        place = call.address.removeprefix(HOST)
        came = self.client.request(
            call.method, place, headers=dict(call.headers), content=call.body
        )
        return self.change(call, Reply(came.status_code, came.content))

    @property
    def known(self) -> Known:
        return known_of(self.trust, self.folder, HOST, AT, {})

    def judge(self, text: str) -> Report:
        return verify(text, self.known, at=AT)

    def offer(self, **wish: Any) -> Json:
        body = {"country": "CL", "content": CONTENTS["icvp_2025"], **wish}
        reply = self.client.post("/api/offers", json=body)
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def receive(self, link: str, pin: str) -> list[Received]:
        key = new_key()
        offer = read_offer(link, self.send)
        came = receive(offer, key, pin=pin, send=self.send, judge=self.judge, at=AT)
        for received in came:
            self.wallet.add(received, key, offer.issuer, at=AT)
        return came

    def ask(self, query: Any = QUERY, **wish: Any) -> Json:
        reply = self.client.post("/api/requests", json={"query": query, **wish})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def read(self, link: str) -> Asking:
        return read_request(link, self.known, self.send, at=AT)

    def show(self, link: str, allowed: set[Any] | None = None) -> list[Share]:
        asking = self.read(link)
        self.wallet.check_new(asking)
        shares = shares_of(asking, self.wallet.held(AT))
        every = {(share.query, path) for share in shares for path, _ in share.leaves}
        agreed = every if allowed is None else allowed
        answer(asking, shares, agreed, send=self.send, at=AT)
        self.wallet.remember(asking, shares, at=AT)
        return shares

    def outcome(self, asked: Json) -> Json:
        return dict(self.client.get(f"/api/requests/{asked['id']}").json())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_sandbox(tmp_path) as client:
        world = World(client, tmp_path / "sandbox")
        yield world
        world.partitions.close()


@pytest.fixture
def holder(world: World) -> World:
    """A world whose wallet has a credential."""
    offer = world.offer()
    world.receive(offer["link"], offer["pin"])
    world.calls.clear()
    return world


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(BadRequest) as error:
        work()
    return error.value.key


@pytest.mark.parametrize("form", ["link", "by_value"])
def test_an_offer_is_received_with_its_pin_and_checked(form: str, world: World) -> None:
    offer = world.offer()
    (received,) = world.receive(offer[form], offer["pin"])
    assert received.report.verdict == "valid"
    (row,) = world.wallet.credentials()
    assert row["claims"]["name"] == CONTENTS["icvp_2025"]["n"]
    assert "key" not in row
    assert json.loads(world.calls[-1].body)["event"] == "credential_accepted"


def test_a_pin_is_asked_for_before_anything_is_sent_and_a_wrong_one_is_told(world: World) -> None:
    offer = world.offer()
    assert refused(lambda: world.receive(offer["by_value"], "")) == "wallet.pin_needed"
    assert world.calls == []
    wrong = "0000" if offer["pin"] != "0000" else "1111"
    assert refused(lambda: world.receive(offer["by_value"], wrong)) == "wallet.wrong_pin"
    assert world.receive(offer["by_value"], offer["pin"])
    free = world.offer(pin=False)
    assert world.receive(free["link"], "")
    assert refused(lambda: world.receive(free["by_value"], "")) == "wallet.code_used"


def test_metadata_of_another_issuer_is_refused(world: World) -> None:
    def other(call: Call, reply: Reply) -> Reply:
        if "/openid-credential-issuer/" not in call.address:
            return reply
        return Reply(200, reply.body.replace(b"http://sandbox.test/vci", b"http://other.test/vci"))

    world.change = other
    offer = world.offer()
    assert refused(lambda: world.receive(offer["link"], offer["pin"])) == "wallet.other_issuer"
    assert not any(call.address.endswith("/token") for call in world.calls)


def with_credential(make: Callable[[str], str]) -> Change:
    def change(call: Call, reply: Reply) -> Reply:
        if not call.address.endswith("/credential"):
            return reply
        content = reply.json
        content["credentials"][0]["credential"] = make(content["credentials"][0]["credential"])
        return Reply(200, json.dumps(content).encode())

    return change


def tampered(text: str) -> str:
    first, tilde, rest = text.partition("~")
    head, body, signature = first.split(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    return f"{head}.{body}.{other}{tilde}{rest}"


def test_a_credential_that_was_changed_is_refused_and_its_issuer_told(world: World) -> None:
    offer = world.offer()
    world.change = with_credential(tampered)
    assert refused(lambda: world.receive(offer["link"], offer["pin"])) == "wallet.bad_credential"
    assert json.loads(world.calls[-1].body)["event"] == "credential_failure"
    assert world.wallet.credentials() == []


def test_a_credential_of_another_key_is_refused(world: World) -> None:
    first = world.offer()
    (others,) = world.receive(first["link"], first["pin"])
    world.change = with_credential(lambda _: others.text)
    offer = world.offer()
    assert refused(lambda: world.receive(offer["link"], offer["pin"])) == "wallet.other_key"
    assert len(world.wallet.credentials()) == 1


def test_a_nonce_that_is_over_is_replaced_once(world: World) -> None:
    nonces: list[bytes] = []

    def replayed(call: Call, reply: Reply) -> Reply:
        if call.address.endswith("/nonce"):
            nonces.append(reply.body)
            return Reply(200, b'{"c_nonce": "old"}') if len(nonces) == 1 else reply
        return reply

    world.change = replayed
    offer = world.offer()
    assert world.receive(offer["link"], offer["pin"])
    assert len(nonces) == 2
    world.change = lambda call, reply: (
        Reply(200, b'{"c_nonce": "old"}') if call.address.endswith("/nonce") else reply
    )
    again = world.offer()
    assert refused(lambda: world.receive(again["link"], again["pin"])) == "wallet.refused_there"


@pytest.mark.parametrize(
    "link",
    ["", "x", "openid-credential-offer://?credential_offer={}", "openid-credential-offer://?a=1",
     "openid-credential-offer://?credential_offer=[]", "openid-credential-offer://?credential_offer={}&credential_offer_uri=x"],
)  # fmt: skip
def test_what_is_no_offer_is_refused(link: str, world: World) -> None:
    assert refused(lambda: read_offer(link, world.send)) == "wallet.no_offer"


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize("prefix", ["redirect_uri", "decentralized_identifier", "x509_hash"])
def test_what_is_asked_for_leaves_and_nothing_else(prefix: str, mode: str, holder: World) -> None:
    asked = holder.ask(prefix=prefix, mode=mode, country="PA")
    asking = holder.read(asked["link"])
    assert asking.known_as == ("" if prefix == "redirect_uri" else "PA sandbox")
    (share,) = holder.show(asked["link"])
    assert "vaccine.product" in [name_of(path) for path, _ in share.leaves]
    assert "name" in [name_of(path) for path in share.stays]
    outcome = holder.outcome(asked)
    assert outcome["accepted"], outcome
    assert "name" not in outcome["shown"][0]["claims"]
    (row,) = holder.wallet.history()
    assert "vaccine.product" in row["claims"]
    assert refused(lambda: holder.show(asked["link"])) in (
        "wallet.asked_before",
        "wallet.refused_there",
    )


def test_the_same_request_is_not_answered_twice(holder: World) -> None:
    link = holder.ask()["link"]
    holder.show(link)
    holder.calls.clear()
    assert refused(lambda: holder.show(link)) == "wallet.asked_before"
    assert holder.calls == []


def test_more_than_agreed_to_does_not_leave(holder: World) -> None:
    claims = [{"path": ["vaccine", "product"]}, {"path": ["birthdate"]}]
    asked = holder.ask({"credentials": [{**SDJWT, "claims": claims}]})
    (share,) = shares_of(holder.read(asked["link"]), holder.wallet.held(AT))
    agreed = {("icvp", path) for path in share.always} | {("icvp", ("vaccine", "product"))}
    assert refused(lambda: holder.show(asked["link"], agreed)) == "wallet.more_than_allowed"
    assert holder.calls == []
    assert holder.outcome(asked) == {"state": "waiting"}


def test_where_nothing_fits_nothing_leaves(holder: World) -> None:
    asked = holder.ask({"credentials": [{**SDJWT, "meta": {"vct_values": ["urn:other"]}}]})
    assert refused(lambda: holder.show(asked["link"])) == "wallet.nothing_fits"
    assert holder.calls == []


def test_without_claims_in_the_query_only_what_is_always_open_leaves(holder: World) -> None:
    (share,) = holder.show(holder.ask({"credentials": [SDJWT]})["link"])
    assert {path for path, _ in share.leaves} == set(share.always)


def resigned(world: World, **changes: Any) -> Change:
    """Panama signs another request than it had made."""
    authority = authority_of(world.trust, "PA", HOST)

    def change(call: Call, reply: Reply) -> Reply:
        if "/vp/requests/" not in call.address:
            return reply
        jws = read_jws(reply.body.decode())
        key = changes.get("key", authority.key)
        header = {**jws.header, **changes.get("header", {})}
        payload = {**jws.payload, **changes.get("payload", {})}
        return Reply(200, write_jws(header, payload, key).encode())

    return change


SIGNED_WRONG: dict[str, tuple[Json, str]] = {
    "for somebody else": ({"payload": {"aud": "https://other.test"}}, "other_audience"),
    "by a stranger": ({"key": STRANGER}, "bad_signature"),
    "of another typ": ({"header": {"typ": "JWT"}}, "request_typ"),
    "of another client": ({"payload": {"client_id": "x509_hash:x"}}, "other_client"),
    "of yesterday": ({"payload": {"exp": 1}}, "request_over"),
    "without nonce": ({"payload": {"nonce": ""}}, "no_request"),
    "with unknown transactions": ({"payload": {"transaction_data": ["x"]}}, "unknown_transaction"),
    "with redirect_uri": ({"payload": {"redirect_uri": "https://x.test"}}, "no_request"),
}


@pytest.mark.parametrize("prefix", ["decentralized_identifier", "x509_hash"])
@pytest.mark.parametrize("name", SIGNED_WRONG)
def test_a_signed_request_that_is_not_right_is_refused(
    name: str, prefix: str, holder: World
) -> None:
    changes, reason = SIGNED_WRONG[name]
    asked = holder.ask(prefix=prefix, country="PA")
    holder.change = resigned(holder)
    assert holder.read(asked["link"]).known_as == "PA sandbox"
    holder.change = resigned(holder, **changes)
    assert refused(lambda: holder.read(asked["link"])) == f"wallet.{reason}"


def test_an_unsigned_request_answers_to_its_own_name_alone(holder: World) -> None:
    link = holder.ask()["link"]
    fields = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}

    def changed(**changes: str) -> str:
        return "openid4vp://?" + urlencode({**fields, **changes})

    assert holder.read(changed()).address == fields["response_uri"]
    elsewhere = changed(response_uri="https://other.test/r")
    assert refused(lambda: holder.read(elsewhere)) == "wallet.other_client"
    assert refused(lambda: holder.read(changed(client_id="x"))) == "wallet.unknown_prefix"
    by_reference = changed(request_uri="https://other.test/r")
    assert refused(lambda: holder.read(by_reference)) == "wallet.signed_redirect"


def test_a_request_made_for_another_wallet_is_refused(holder: World) -> None:
    link = holder.ask(prefix="x509_hash", country="PA")["link"] + "&request_uri_method=post"
    assert holder.read(link).known_as == "PA sandbox"
    holder.change = resigned(holder, payload={"wallet_nonce": "another"})
    assert refused(lambda: holder.read(link)) == "wallet.other_wallet_nonce"


def test_a_set_that_is_optional_stays_and_an_alternative_is_enough() -> None:
    key = new_key()
    claims = {"vct": VCT, "name": "Rosa"}
    text = issue(claims, [("name",)], key, {})
    held = Held("a", text, claims, key)
    wanted = {**SDJWT, "claims": [{"path": ["name"]}]}
    missing = {**SDJWT, "id": "other", "meta": {"vct_values": ["urn:other"]}}
    sets = [
        {"options": [["other"], ["icvp"]]},
        {"options": [["other"]], "required": False},
    ]
    query = {"credentials": [wanted, missing], "credential_sets": sets}
    (share,) = shares_of(Asking({"dcql_query": query}, ""), [held])
    assert dict(share.leaves)[("name",)] == "Rosa"
    valued = {**wanted, "claims": [{"path": ["name"], "values": ["Ana"]}]}
    with pytest.raises(BadRequest):
        shares_of(Asking({"dcql_query": {"credentials": [valued]}}, ""), [held])


def test_at_rest_nothing_of_a_wallet_can_be_read_and_its_key_can_be_exchanged(
    holder: World,
) -> None:
    holder.show(holder.ask()["link"])
    (sealed,) = holder.store.of("wallet/rosa").values()
    files = [file.read_bytes() for file in (holder.folder.parent / "phone").rglob("*.db*")]
    assert files
    for word in (b"PRIVATE KEY", CONTENTS["icvp_2025"]["n"].encode(), VCT.encode()):
        assert not any(word in content for content in [sealed.body, *files])
    other = KeptWallet(lambda: nullcontext(holder.store), holder.keys, "ana")
    assert other.credentials() == []
    assert Access(holder.store, holder.keys).rotate() == 1
    assert len(holder.wallet.history()) == 1
    stranger = Keys(holder.folder.parent / "elsewhere")
    stolen = KeptWallet(lambda: nullcontext(holder.store), stranger, "rosa")
    with pytest.raises(PreconditionFailed, match="no_sealing_key"):
        stolen.credentials()


def test_a_wiped_wallet_has_nothing_left(holder: World) -> None:
    holder.wallet.wipe()
    assert holder.store.of("wallet/rosa") == {}
    assert (holder.wallet.credentials(), holder.wallet.history()) == ([], [])


def test_a_full_wallet_takes_no_more(holder: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.credentials.wallet.kept.WALLET_CREDENTIALS", 1)
    offer = holder.offer()
    assert refused(lambda: holder.receive(offer["link"], offer["pin"])) == "wallet.full"
    assert len(holder.wallet.credentials()) == 1


def test_where_several_fit_the_holder_chooses(holder: World) -> None:
    offer = holder.offer()
    holder.receive(offer["link"], offer["pin"])
    asking = holder.read(holder.ask()["link"])
    held = holder.wallet.held(AT)
    ((first, second),) = choices_of(asking, held)
    assert (first.held.id, second.held.id) == (held[0].id, held[1].id)
    assert [share.held.id for share in shares_of(asking, held)] == [first.held.id]
    assert [share.held.id for share in shares_of(asking, held, [second.held.id])] == [
        second.held.id
    ]


def test_what_a_verifier_is_likeliest_to_take_comes_first(world: World) -> None:
    received = {}
    # the newest is of a draft, the one before is over on the day, of the rest the later is wanted
    for name, wish in {
        "older": {},
        "newer": {},
        "over": {"days": 1},
        "draft": {"draft": 13},
    }.items():
        offer = world.offer(formats=["dc+sd-jwt"], **wish)
        world.receive(offer["link"], offer["pin"])
        received[world.wallet.credentials()[-1]["id"]] = name
    day = AT + timedelta(days=2)
    assert [received[held.id] for held in world.wallet.held(day)] == [
        "newer",
        "older",
        "draft",
        "over",
    ]
    asking = world.read(world.ask()["link"])
    (share,) = shares_of(asking, world.wallet.held(day))
    assert received[share.held.id] == "newer"
