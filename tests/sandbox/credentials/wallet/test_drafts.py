"""Issuers that speak drafts 11 to 13 are understood, and said to be such; what 1.0 forbids stays refused of an issuer of 1.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest

from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.drafts import as_final
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import Received, receive
from sandbox.pages.wallet_views import credential_view, offer_view
from tests.conftest import a_sandbox
from tests.sandbox.credentials.wallet.test_wallet import AT, World, refused

CARD = "vaccination_dc+sd-jwt"


class Draft:
    """The sandbox's issuer as one of a draft: requests and answers are rewritten on their way."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.bodies: list[Any] = []

    def offer(self) -> tuple[str, str]:
        """Returns a link and its PIN."""
        made = self.world.offer(formats=["dc+sd-jwt"])
        text = parse_qs(urlsplit(made["by_value"]).query)["credential_offer"][0]
        content = json.loads(text)
        if self.number < 13:
            content["credentials"] = content.pop("credential_configuration_ids")
            grant = content["grants"][GRANT]
            grant.pop("tx_code")
            grant["user_pin_required"] = True
        link = f"openid-credential-offer://?credential_offer={quote(json.dumps(content))}"
        return link, made["pin"]

    def send(self, call: Call) -> Reply:
        last = call.address.rpartition("/")[2]
        if last == "token":
            form = dict(parse_qsl(call.body.decode()))
            if self.number < 13:
                form["tx_code"] = form.pop("user_pin")
            body = urlencode(form).encode()
            reply = self.world.send(Call(call.method, call.address, call.headers, body))
            nonce = self.world.send(Call("POST", call.address.replace("/token", "/nonce"))).json
            return Reply(reply.status, json.dumps({**reply.json, **nonce}).encode())
        if last == "credential":
            return self._credential(call)
        reply = self.world.send(call)
        return self._metadata(reply) if "/openid-credential-issuer/" in call.address else reply

    def _credential(self, call: Call) -> Reply:
        asked = json.loads(call.body)
        self.bodies.append(asked)
        assert set(asked) == {"format", "vct", "proof"}
        proofs = {"jwt": [asked["proof"]["jwt"]]}
        body = json.dumps({"credential_configuration_id": CARD, "proofs": proofs}).encode()
        reply = self.world.send(Call(call.method, call.address, call.headers, body))
        bare = {"credential": reply.json["credentials"][0]["credential"], "format": asked["format"]}
        return Reply(200, json.dumps(bare).encode())

    def _metadata(self, reply: Reply) -> Reply:
        content = reply.json
        content.pop("nonce_endpoint")
        supported = content.pop("credential_configurations_supported")
        supported[CARD]["format"] = "vc+sd-jwt"
        if self.number == 11:
            content["credentials_supported"] = [{"id": id, **supported[id]} for id in supported]
        elif self.number == 12:
            content["credentials_supported"] = supported
        else:
            content["credential_configurations_supported"] = supported
        return Reply(200, json.dumps(content).encode())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_sandbox(tmp_path) as client:
        world = World(client, tmp_path / "sandbox")
        yield world
        world.partitions.close()


def received(draft: Draft, link: str, pin: str) -> Received:
    offer = read_offer(link, draft.send)
    judge = draft.world.judge
    (came,) = receive(offer, new_key(), pin=pin, send=draft.send, judge=judge, at=AT)
    return came


@pytest.mark.parametrize("number", [11, 12, 13])
def test_an_issuer_of_a_draft_is_understood_and_said_to_be_one(number: int, world: World) -> None:
    draft = Draft(world, number)
    link, pin = draft.offer()
    offer = read_offer(link, draft.send)
    assert offer.is_draft == (number < 13)
    assert offer.pin is not None
    came = received(draft, link, pin)
    assert came.is_draft
    assert came.report.verdict == "valid"
    assert draft.bodies[0]["format"] == "vc+sd-jwt"


@pytest.mark.parametrize("number", [11, 12, 13])
def test_the_sandbox_as_issuer_of_a_draft_is_one_too(number: int, world: World) -> None:
    offer = world.offer(draft=number)
    came = world.receive(offer["link"], offer["pin"])
    # of the two forms the wallet takes the one that can be shown claim by claim
    assert [(each.is_draft, each.report.verdict) for each in came] == [(True, "deviates")]


def test_a_pin_of_a_draft_is_asked_for_too(world: World) -> None:
    draft = Draft(world, 11)
    link, _ = draft.offer()
    assert refused(lambda: received(draft, link, "")) == "wallet.pin_needed"


def test_the_page_says_that_a_draft_is_spoken(world: World) -> None:
    draft = Draft(world, 12)
    link, pin = draft.offer()
    offer = read_offer(link, draft.send)
    assert offer_view(offer, {}, "en")["is_draft"]
    came = received(draft, link, pin)
    world.wallet.add(came, new_key(), offer.issuer, at=AT)
    (row,) = world.wallet.credentials()
    assert credential_view(row, came.report, "en")["is_draft"]


def test_a_bare_credential_of_an_issuer_of_today_is_refused(world: World) -> None:
    def bare(call: Call, reply: Reply) -> Reply:
        if not call.address.endswith("/credential"):
            return reply
        return Reply(200, json.dumps(reply.json["credentials"][0]).encode())

    offer = world.offer()
    world.change = bare
    assert refused(lambda: world.receive(offer["link"], offer["pin"])) == "wallet.refused_there"


@pytest.mark.parametrize(
    "content",
    [
        {"credentials": [{"format": "vc+sd-jwt"}]},
        {"credentials": "x"},
        {"credentials": ["x"], "grants": {GRANT: []}},
        {},
    ],
)
def test_an_offer_of_a_draft_that_cannot_be_read_is_none(content: Any) -> None:
    whole = {"credential_issuer": "https://x", "grants": {GRANT: {"pre-authorized_code": "c"}}}
    text = quote(json.dumps({**whole, **content}))

    def nothing(call: Call) -> Reply:
        raise OSError(call.address)

    link = f"openid-credential-offer://?credential_offer={text}"
    assert refused(lambda: read_offer(link, nothing)) == "wallet.no_offer"


@pytest.mark.parametrize("supported", [None, 7, [7, {"x": 1}], {"a": 7}])
def test_metadata_in_any_shape_are_read(supported: Any) -> None:
    for name in ("credentials_supported", "credential_configurations_supported"):
        assert as_final({name: supported})["credential_configurations_supported"] == {}
