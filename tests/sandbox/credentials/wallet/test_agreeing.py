"""A wallet whose holder agrees on the issuer's page: the whole way at our issuer, and answers that are not this request's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest

from sandbox.credentials.vci.authorizing import AUTHORIZATION
from sandbox.credentials.wallet.agreeing import Agreeing, agreeing_of, begin, finish
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import Offer, read_offer
from sandbox.credentials.wallet.receiving import Received, identifiers_in, visit
from tests.conftest import a_sandbox
from tests.sandbox.credentials.wallet.test_wallet import AT, HOST, World, refused

BACK = "http://127.0.0.1:51004/back"
CARD = "vaccination_dc+sd-jwt"
Json = dict[str, Any]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    # of each test, since the clock moves with each request and a proof is to be fresh
    with a_sandbox(tmp_path) as client:
        client.follow_redirects = False
        world = World(client, tmp_path / "sandbox")
        yield world
        world.partitions.close()


def offered(world: World, **wish: Any) -> tuple[Offer, str]:
    made = world.offer(grant="authorization_code", **wish)
    return read_offer(made["link"], world.send), made["pin"]


def begun(world: World, offer: Offer) -> Agreeing:
    agreeing = begin(offer, client="a-wallet", redirect=BACK, state="of-chance", send=world.send)
    # it is put away as JSON while its holder is elsewhere
    return agreeing_of(json.loads(json.dumps(agreeing.as_json())))


def agreed(world: World, agreeing: Agreeing, pin: str, decision: str = "agree") -> str:
    """The address to which the browser is sent from the issuer's page."""
    place = agreeing.link.removeprefix(HOST)
    assert world.client.get(place).status_code == 200
    reply = world.client.post(place, data={"pin": pin, "decision": decision})
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def finished(world: World, agreeing: Agreeing, answer: str) -> list[Received]:
    came, waiting = finish(agreeing, answer, new_key(), send=world.send, judge=world.judge, at=AT)
    assert waiting == []
    return came


def sent_to(world: World, name: str) -> list[Call]:
    return [call for call in world.calls if call.address.endswith(f"/{name}")]


def without(*names: str) -> Callable[[Call, Reply], Reply]:
    """Metadata of an authorization server that lacks some members."""

    def change(call: Call, reply: Reply) -> Reply:
        if "oauth-authorization-server" not in call.address:
            return reply
        said = {name: part for name, part in reply.json.items() if name not in names}
        return Reply(reply.status, json.dumps(said).encode())

    return change


def test_a_holder_agrees_and_the_credential_comes_by_its_identifier(world: World) -> None:
    offer, pin = offered(world)
    assert offer.is_by_browser
    agreeing = begun(world, offer)
    # the request is pushed: the browser carries its name alone (RFC 9126 4)
    assert parse_qs(urlsplit(agreeing.link).query).keys() == {"client_id", "request_uri"}
    (received,) = finished(world, agreeing, agreed(world, agreeing, pin))
    assert (received.configuration, received.report.verdict) == (CARD, "valid")
    (call,) = sent_to(world, "credential")
    assert "credential_configuration_id" not in json.loads(call.body)
    assert json.loads(call.body)["credential_identifier"] != CARD


def test_where_details_are_not_read_it_is_asked_by_scope(world: World) -> None:
    world.change = without("authorization_details_types_supported")
    offer, pin = offered(world)
    agreeing = begun(world, offer)
    pushed = dict(parse_qsl(sent_to(world, "par")[0].body.decode()))
    assert pushed["scope"] == CARD
    assert "authorization_details" not in pushed
    assert len(finished(world, agreeing, agreed(world, agreeing, pin))) == 1
    assert json.loads(sent_to(world, "credential")[0].body)["credential_configuration_id"] == CARD


def test_where_nothing_is_pushed_the_browser_carries_the_request(world: World) -> None:
    world.change = without("pushed_authorization_request_endpoint")
    offer, _ = offered(world)
    query = dict(parse_qsl(urlsplit(begun(world, offer).link).query))
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert (query["redirect_uri"], query["issuer_state"]) == (BACK, offer.state)


# what a browser brings back, and why it is refused
ANSWERS: dict[str, tuple[str, str]] = {
    "another state (RFC 6749 10.12)": ("code=x&state=other&iss={iss}", "wallet.other_answer"),
    "no state (RFC 6749 10.12)": ("code=x&iss={iss}", "wallet.other_answer"),
    "two states": ("code=x&state=of-chance&state=of-chance&iss={iss}", "wallet.other_answer"),
    "another server (RFC 9207 2.4)": ("code=x&state=of-chance&iss=http://127.0.0.1:9", "wallet.other_issuer"),
    "no server, although it was promised (RFC 9207 2.4)": ("code=x&state=of-chance", "wallet.other_issuer"),
    "neither code nor error (RFC 6749 4.1.2)": ("state=of-chance&iss={iss}", "wallet.other_answer"),
    "an error (RFC 6749 4.1.2.1)": ("error=access_denied&state=of-chance&iss={iss}", "wallet.not_agreed"),
    "a code of nobody (RFC 6749 5.2)": ("code=x&state=of-chance&iss={iss}", "wallet.refused_there"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_to_the_request_is_refused(name: str, world: World) -> None:
    query, error = ANSWERS[name]
    agreeing = begun(world, offered(world)[0])
    answer = f"{BACK}?{query.format(iss=quote(agreeing.server, safe=''))}"
    assert refused(lambda: finished(world, agreeing, answer)) == error
    tokens = sent_to(world, "token")
    assert len(tokens) == (error == "wallet.refused_there")


def test_whoever_does_not_agree_gets_nothing(world: World) -> None:
    offer, pin = offered(world)
    agreeing = begun(world, offer)
    answer = agreed(world, agreeing, pin, "refuse")
    assert refused(lambda: finished(world, agreeing, answer)) == "wallet.not_agreed"


def test_who_cannot_open_a_page_says_so(world: World) -> None:
    offer, _ = offered(world)

    def receive() -> None:
        visit(offer, new_key(), pin="", send=world.send, judge=world.judge, at=AT)

    assert refused(receive) == "wallet.by_browser"
    world.change = without("authorization_endpoint")
    assert refused(lambda: begun(world, offer)) == "wallet.no_page"


def of(content: Json) -> str:
    return f"openid-credential-offer://?credential_offer={quote(json.dumps(content))}"


def test_an_offer_that_names_no_grant_goes_by_the_browser(world: World) -> None:
    content = {"credential_issuer": f"{HOST}/vci/CL", "credential_configuration_ids": [CARD]}
    for grants in ({}, {"grants": {}}, {"grants": {AUTHORIZATION: {}}}):
        offer = read_offer(of({**content, **grants}), world.send)
        assert (offer.is_by_browser, offer.state) == (True, "")


def test_a_server_that_the_issuer_does_not_name_is_not_asked(world: World) -> None:
    offer, _ = offered(world)
    grant = {"issuer_state": offer.state, "authorization_server": "http://127.0.0.1:9"}
    content = {
        "credential_issuer": offer.issuer,
        "credential_configuration_ids": [CARD],
        "grants": {AUTHORIZATION: grant},
    }
    other = read_offer(of(content), world.send)
    assert refused(lambda: begun(world, other)) == "wallet.other_issuer"


def test_identifiers_are_those_of_the_configuration() -> None:
    details = [
        {"type": "openid_credential", "credential_configuration_id": "a", "credential_identifiers": ["1", "2", 3]},
        {"type": "openid_credential", "credential_configuration_id": "b"}, "c",
    ]  # fmt: skip
    assert identifiers_in({"authorization_details": details}, "a") == ["1", "2"]
    assert identifiers_in({"authorization_details": details}, "b") == [""]
    assert identifiers_in({}, "a") == [""]
