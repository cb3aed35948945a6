"""A code for a wallet whose holder agrees in a browser: the whole way, and each wrong step with the error of its clause."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.credentials.texts import to_base64url
from sandbox.i18n import LANGUAGES, say
from sandbox.settings import Settings
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock
from tests.sandbox.api.test_gate import an_event
from tests.sandbox.api.test_vci import CONTENTS, HOST, ISSUER, START, error_of, offer_in, proof

VERIFIER = "a-word-of-chance-that-nobody-has-guessed-so-far"
WALLET = "https://wallet.example"
BACK = "https://wallet.example/cb"
CARD = "vaccination_dc+sd-jwt"
Json = dict[str, Any]


def digest(verifier: str) -> str:
    return to_base64url(hashlib.sha256(verifier.encode()).digest())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("authorizing")
    settings = Settings(folder / "sandbox", seed="none", country="CL", graders=0)
    with TestClient(create_app(settings, clock=lambda: START), base_url=HOST) as client:
        TrustFolder(folder / "sandbox" / "trust").init("CL", at=START)
        client.follow_redirects = False
        yield client


@pytest.fixture
def client(server: TestClient) -> Iterator[TestClient]:
    before = dict(server.headers)
    yield server
    server.headers.clear()
    server.headers.update(before)


def offered(client: TestClient, **wish: Any) -> Json:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": "authorization_code"}
    reply = client.post("/api/offers", json={**body, **wish})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def pushed(client: TestClient, offer: Json, **changes: Any) -> httpx.Response:
    state = offer_in(offer)["grants"]["authorization_code"]["issuer_state"]
    form = {
        "response_type": "code", "client_id": WALLET, "redirect_uri": BACK, "state": "s",
        "scope": CARD, "issuer_state": state, "code_challenge": digest(VERIFIER),
        "code_challenge_method": "S256", **changes,
    }  # fmt: skip
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post("/vci/CL/par", data=sent)


def query_of(reply: httpx.Response, client_id: str = WALLET) -> dict[str, str]:
    assert reply.status_code == 201, reply.text
    return {"client_id": client_id, "request_uri": reply.json()["request_uri"]}


def decided(client: TestClient, query: Json, pin: str, decision: str = "agree") -> httpx.Response:
    form = {"pin": pin, "decision": decision}
    return client.post("/vci/CL/authorize", params=query, data=form)


def came_back(reply: httpx.Response, to: str = BACK) -> dict[str, str]:
    assert reply.status_code == 303, reply.text
    place = reply.headers["location"]
    assert place.startswith(to)
    return dict(parse_qsl(urlsplit(place).query))


def token(client: TestClient, code: str | None, **changes: Any) -> httpx.Response:
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": WALLET, "redirect_uri": BACK,
        "code_verifier": VERIFIER, **changes,
    }  # fmt: skip
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post("/vci/CL/token", data=sent)


def code_of(client: TestClient, **changes: Any) -> str:
    offer = offered(client)
    return came_back(decided(client, query_of(pushed(client, offer, **changes)), offer["pin"]))[
        "code"
    ]


def asked_for(client: TestClient, token: str, id: str = CARD, **claims: Any) -> httpx.Response:
    body = {"credential_configuration_id": id, "proofs": {"jwt": [proof(client, **claims)]}}
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/vci/CL/credential", json=body, headers=headers)


def test_a_holder_agrees_and_the_wallet_has_the_credential(client: TestClient) -> None:
    offer = offered(client)
    assert offer_in(offer)["grants"].keys() == {"authorization_code"}
    reply = pushed(client, offer)
    assert reply.headers["cache-control"] == "no-store"
    query = query_of(reply)
    page = client.get("/vci/CL/authorize", params={**query, "lang": "es"})
    assert page.status_code == 200
    assert BACK in page.text
    assert WALLET in page.text
    assert say("credentials.display.vaccination", "es") in page.text
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' https://wallet.example;" in policy
    answer = came_back(decided(client, query, offer["pin"]))
    assert (answer["state"], answer["iss"]) == ("s", ISSUER)
    told = token(client, answer["code"])
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    got = asked_for(client, told.json()["access_token"], iss=WALLET)
    assert got.status_code == 200, got.text
    assert "~" in got.json()["credentials"][0]["credential"]
    # used up: request, offer and code
    assert client.get("/vci/CL/authorize", params=query).status_code == 400
    assert error_of(pushed(client, offer)) == "invalid_request"
    assert error_of(token(client, answer["code"])) == "invalid_grant"


def test_the_metadata_name_what_is_there(client: TestClient) -> None:
    said = client.get("/.well-known/oauth-authorization-server/vci/CL").json()
    assert said["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
    assert said["authorization_endpoint"] == f"{ISSUER}/authorize"
    assert said["require_pushed_authorization_requests"] is True
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["response_types_supported"] == ["code"]
    assert "authorization_code" in said["grant_types_supported"]
    assert CARD in said["scopes_supported"]


def details_of(id: str, **more: Any) -> Json:
    detail = {"type": "openid_credential", "credential_configuration_id": id, **more}
    return {"authorization_details": json.dumps([detail])}


DETAIL = details_of(CARD)["authorization_details"][1:-1]
# what a wallet changes in its request, the error, and the clause that names it
PUSHED: dict[str, tuple[Json, str]] = {
    "no client (RFC 6749 4.1.1)": ({"client_id": None}, "invalid_request"),
    "an empty client (RFC 6749 4.1.1)": ({"client_id": ""}, "invalid_request"),
    "no way back (RFC 6749 3.1.2.3)": ({"redirect_uri": None}, "invalid_request"),
    "a way back with fragment (RFC 6749 3.1.2)": ({"redirect_uri": f"{BACK}#x"}, "invalid_request"),
    "a relative way back (RFC 6749 3.1.2)": ({"redirect_uri": "/cb"}, "invalid_request"),
    "a script as way back (RFC 9700 4.11)": ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
    "data as way back (RFC 9700 4.11)": ({"redirect_uri": "data:text/html,x"}, "invalid_request"),
    "a file as way back (RFC 9700 4.11)": ({"redirect_uri": "file:///etc/passwd"}, "invalid_request"),
    "a password in the way back (RFC 3986 3.2.1)": ({"redirect_uri": "https://a:b@wallet.example/"}, "invalid_request"),
    "a line in the way back (RFC 9112 11.1)": ({"redirect_uri": f"{BACK}\r\nX: y"}, "invalid_request"),
    "a port that is none (RFC 3986 3.2.3)": ({"redirect_uri": "https://wallet.example:x/"}, "invalid_request"),
    "no host (RFC 9110 4.2.2)": ({"redirect_uri": "https:///cb"}, "invalid_request"),
    "implicit (RFC 6749 4.1.2.1)": ({"response_type": "token"}, "unsupported_response_type"),
    "no response type (RFC 6749 3.1.1)": ({"response_type": None}, "unsupported_response_type"),
    "no challenge (RFC 7636 4.4.1)": ({"code_challenge": None}, "invalid_request"),
    "plain (RFC 7636 4.4.1)": ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
    "no method, which is plain (RFC 7636 4.3)": ({"code_challenge_method": None}, "invalid_request"),
    "a challenge with padding (RFC 7636 4.2)": ({"code_challenge": digest(VERIFIER) + "="}, "invalid_request"),
    "a challenge in standard base64 (RFC 7636 4.2)": ({"code_challenge": "+" + digest(VERIFIER)[1:]}, "invalid_request"),
    "no offer (OpenID4VCI 1.0 5.1.3)": ({"issuer_state": None}, "invalid_request"),
    "an offer of nobody (OpenID4VCI 1.0 5.1.3)": ({"issuer_state": "made-up"}, "invalid_request"),
    "a scope of nobody (RFC 6749 4.1.2.1)": ({"scope": "openid"}, "invalid_scope"),
    "a scope beside a right one (RFC 6749 3.3)": ({"scope": f"{CARD} summary_dc+sd-jwt"}, "invalid_scope"),
    "two spaces in a scope (RFC 6749 3.3)": ({"scope": f"{CARD}  {CARD}"}, "invalid_scope"),
    "another resource (RFC 8707 2)": ({"resource": "https://other.example"}, "invalid_target"),
    "no details (RFC 9396 2)": ({"authorization_details": "[]"}, "invalid_authorization_details"),
    "details that are no JSON (RFC 9396 2)": ({"authorization_details": "openid"}, "invalid_authorization_details"),
    "one object of details (RFC 9396 2)": ({"authorization_details": DETAIL}, "invalid_authorization_details"),
    "details of another type (RFC 9396 5)": ({"authorization_details": f'[{DETAIL}, {{"type": "payment"}}]'}, "invalid_authorization_details"),
    "details of no type (RFC 9396 2)": ({"authorization_details": "[{}]"}, "invalid_authorization_details"),
    "details of what nobody offers (OpenID4VCI 1.0 5.1.1)": (details_of("summary_dc+sd-jwt"), "invalid_authorization_details"),
    "details for another place (RFC 9396 2.2)": (details_of(CARD, locations=["https://other.example"]), "invalid_authorization_details"),
    "a request object (RFC 9101 6.1)": ({"request": "a.b.c"}, "request_not_supported"),
    "a request_uri inside (RFC 9126 2.1)": ({"request_uri": "urn:x"}, "request_not_supported"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUSHED)
def test_a_wrong_request_is_refused_before_any_browser_sees_it(
    name: str, client: TestClient
) -> None:
    changes, error = PUSHED[name]
    reply = pushed(client, offered(client), **changes)
    assert (reply.status_code, error_of(reply)) == (400, error)


def test_a_request_by_json_or_with_a_field_twice_is_refused(client: TestClient) -> None:
    assert error_of(client.post("/vci/CL/par", json={"client_id": WALLET})) == "invalid_request"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    twice = client.post("/vci/CL/par", content="client_id=a&client_id=b", headers=kind)
    assert error_of(twice) == "invalid_request"


# right ones: what may differ and stays right
RIGHT: dict[str, Json] = {
    "without a scope (RFC 6749 3.3)": {"scope": None},
    "without a state (RFC 6749 4.1.1)": {"state": None},
    "with its own resource (RFC 8707 2)": {"resource": ISSUER},
    "with a member that nobody knows (RFC 6749 3.1)": {"unheard": "of"},
    "with a query in the way back (RFC 6749 3.1.2)": {"redirect_uri": f"{BACK}?a=1"},
    "by details (OpenID4VCI 1.0 5.1.1)": {"scope": None, **details_of(CARD)},
    "by details that say where (RFC 9396 2.2)": {
        "scope": None,
        **details_of(CARD, locations=[ISSUER]),
    },
    "to an app (RFC 8252 7.1)": {"redirect_uri": "com.example.wallet:/cb"},
    "to this machine (RFC 8252 7.3)": {"redirect_uri": "http://127.0.0.1:51004/cb"},
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_may_differ_comes_to_a_token(name: str, client: TestClient) -> None:
    changes = RIGHT[name]
    offer = offered(client)
    back = changes.get("redirect_uri", BACK)
    query = query_of(pushed(client, offer, **changes))
    page = client.get("/vci/CL/authorize", params=query)
    assert page.status_code == 200
    answer = came_back(decided(client, query, offer["pin"]), to=back)
    assert answer.get("state") == (None if "state" in changes else "s")
    assert answer["iss"] == ISSUER
    told = token(client, answer["code"], redirect_uri=back)
    assert told.status_code == 200, told.text


def test_without_a_scope_all_that_was_offered_may_be_had(client: TestClient) -> None:
    told = token(client, code_of(client, scope=None)).json()["access_token"]
    assert asked_for(client, told, "vaccination_jwt_vc_json").status_code == 200
    narrow = token(client, code_of(client)).json()["access_token"]
    other = asked_for(client, narrow, "vaccination_jwt_vc_json")
    assert error_of(other) == "invalid_credential_request"


def identifiers(reply: httpx.Response) -> list[str]:
    """The identifiers that a token's answer has of the card, which must be one detail (OpenID4VCI 1.0 6.2)."""
    (detail,) = reply.json()["authorization_details"]
    assert (detail["type"], detail["credential_configuration_id"]) == ("openid_credential", CARD)
    return list(detail["credential_identifiers"])


def by_identifier(client: TestClient, token: str, identifier: Any) -> httpx.Response:
    body = {"credential_identifier": identifier, "proofs": {"jwt": [proof(client)]}}
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/vci/CL/credential", json=body, headers=headers)


def test_what_was_asked_for_by_details_is_had_by_its_identifier_alone(client: TestClient) -> None:
    told = token(client, code_of(client, scope=None, **details_of(CARD)))
    (identifier,) = identifiers(told)
    secret = told.json()["access_token"]
    assert error_of(asked_for(client, secret)) == "invalid_credential_request"
    other = asked_for(client, secret, "vaccination_jwt_vc_json")
    assert error_of(other) == "invalid_credential_request"
    for unknown in (CARD, f"{identifier}1", 7, {}):
        reply = by_identifier(client, secret, unknown)
        assert error_of(reply) == "unknown_credential_identifier", unknown
    given = by_identifier(client, secret, identifier)
    assert given.status_code == 200, given.text
    assert len(given.json()["credentials"]) == 1


def test_a_token_is_for_less_than_its_code_where_details_say_so(client: TestClient) -> None:
    # RFC 9396 6: by a scope all was asked for, by the token request one
    told = token(client, code_of(client, scope=None), **details_of(CARD))
    assert len(identifiers(told)) == 1
    reply = asked_for(client, told.json()["access_token"], "vaccination_jwt_vc_json")
    assert error_of(reply) == "invalid_credential_request"
    more = token(client, code_of(client), **details_of("vaccination_jwt_vc_json"))
    assert error_of(more) == "invalid_authorization_details"
    assert "authorization_details" not in token(client, code_of(client)).json()


def test_what_is_asked_for_by_scope_beside_details_has_no_identifier(client: TestClient) -> None:
    scope = "vaccination_jwt_vc_json"
    told = token(client, code_of(client, scope=scope, **details_of(CARD)))
    (identifier,) = identifiers(told)
    secret = told.json()["access_token"]
    assert asked_for(client, secret, scope).status_code == 200
    assert by_identifier(client, secret, identifier).status_code == 200


# what is wrong in the token request (RFC 6749 5.2, RFC 7636 4.6)
TOKENS: dict[str, tuple[Json, str]] = {
    "no code": ({"code": None}, "invalid_request"),
    "a code of nobody": ({"code": "made-up"}, "invalid_grant"),
    "another wallet": ({"client_id": "https://other.example"}, "invalid_grant"),
    "no wallet": ({"client_id": None}, "invalid_grant"),
    "another way back": ({"redirect_uri": f"{BACK}/"}, "invalid_grant"),
    "no way back": ({"redirect_uri": None}, "invalid_grant"),
    "another verifier": ({"code_verifier": VERIFIER[::-1]}, "invalid_grant"),
    "no verifier": ({"code_verifier": None}, "invalid_grant"),
    "the challenge as verifier": ({"code_verifier": digest(VERIFIER)}, "invalid_grant"),
    "the other grant": ({"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code"}, "invalid_request"),
    "a refresh token": ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOKENS)
def test_a_wrong_token_request_is_refused_with_its_error(name: str, client: TestClient) -> None:
    changes, error = TOKENS[name]
    reply = token(client, **{"code": code_of(client), **changes})
    assert (reply.status_code, error_of(reply)) == (400, error)


def test_a_code_serves_once_and_is_gone_where_its_verifier_was_guessed(client: TestClient) -> None:
    code = code_of(client)
    assert error_of(token(client, code, code_verifier=VERIFIER[::-1])) == "invalid_grant"
    assert error_of(token(client, code)) == "invalid_grant"


def test_a_verifier_that_is_too_short_is_none_even_if_it_fits(client: TestClient) -> None:
    code = code_of(client, code_challenge=digest("short"))
    assert error_of(token(client, code, code_verifier="short")) == "invalid_grant"


def test_a_code_and_a_request_are_over_in_time(tmp_path: Path) -> None:
    clock = TickingClock()
    settings = Settings(tmp_path / "sandbox", seed="none", country="CL", graders=0)
    with TestClient(create_app(settings, clock=clock), base_url=HOST) as client:
        TrustFolder(tmp_path / "sandbox" / "trust").init("CL", at=clock.now)
        client.follow_redirects = False
        code = code_of(client)
        query = query_of(pushed(client, offered(client)))
        clock.now += timedelta(minutes=2)
        assert error_of(token(client, code)) == "invalid_grant"
        assert client.get("/vci/CL/authorize", params=query).status_code == 200
        clock.now += timedelta(minutes=5)
        assert client.get("/vci/CL/authorize", params=query).status_code == 400


def test_no_browser_is_sent_anywhere_for_a_request_that_is_none(client: TestClient) -> None:
    right = query_of(pushed(client, offered(client)))
    wrong: list[Json] = [
        {},
        {"client_id": WALLET},
        {**right, "client_id": "https://other.example"},
        {**right, "request_uri": f"{right['request_uri']}x"},
        # not pushed (RFC 9126 5: require_pushed_authorization_requests)
        {"client_id": WALLET, "redirect_uri": BACK, "response_type": "code"},
    ]
    for query in wrong:
        for reply in (client.get("/vci/CL/authorize", params=query), decided(client, query, "1")):
            assert reply.status_code == 400, query
            assert "location" not in reply.headers
            assert reply.headers["content-type"].startswith("text/html")


def test_a_wrong_pin_can_be_typed_again_five_times_in_all(client: TestClient) -> None:
    offer = offered(client)
    query = query_of(pushed(client, offer))
    wrong = "000000" if offer["pin"] != "000000" else "000001"
    for _ in range(4):
        page = decided(client, query, wrong)
        assert (page.status_code, "location" in page.headers) == (400, False)
        # the form stands there again, with what is wrong
        assert say("credentials.bad_pin.text", "en") in page.text
        assert 'name="pin"' in page.text
    decided(client, query, wrong)
    late = decided(client, query, offer["pin"])
    assert (late.status_code, "location" in late.headers) == (400, False)


def test_who_does_not_agree_sends_the_wallet_away_and_keeps_the_offer(client: TestClient) -> None:
    offer = offered(client)
    query = query_of(pushed(client, offer))
    answer = came_back(decided(client, query, "", "refuse"))
    assert answer == {"error": "access_denied", "iss": ISSUER, "state": "s"}
    assert client.get("/vci/CL/authorize", params=query).status_code == 400
    again = query_of(pushed(client, offer))
    assert "code" in came_back(decided(client, again, offer["pin"]))


def test_an_offer_without_pin_asks_for_none(client: TestClient) -> None:
    offer = offered(client, pin=False)
    query = query_of(pushed(client, offer))
    assert 'name="pin"' not in client.get("/vci/CL/authorize", params=query).text
    assert "code" in came_back(decided(client, query, ""))


def test_a_proof_may_name_the_wallet_of_its_token_and_no_other(client: TestClient) -> None:
    told = token(client, code_of(client)).json()["access_token"]
    assert error_of(asked_for(client, told, iss="https://other.example")) == "invalid_proof"
    assert asked_for(client, told).status_code == 200


def test_one_grant_does_not_redeem_what_the_other_promises(client: TestClient) -> None:
    offer = offered(client)
    state = offer_in(offer)["grants"]["authorization_code"]["issuer_state"]
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code"}
    tried = {**form, "pre-authorized_code": state, "tx_code": offer["pin"]}
    assert error_of(client.post("/vci/CL/token", data=tried)) == "invalid_grant"
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"]}
    other = client.post("/api/offers", json=wish).json()
    (text,) = parse_qs(urlsplit(other["by_value"]).query)["credential_offer"]
    code = json.loads(text)["grants"][form["grant_type"]]["pre-authorized_code"]
    assert error_of(pushed(client, offer, issuer_state=code)) == "invalid_request"
    assert client.post("/api/offers", json={**wish, "grant": "implicit"}).status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_and_keeps_what_the_wallet_asked(client: TestClient, language: Any) -> None:
    query = query_of(pushed(client, offered(client)))
    page = client.get("/vci/CL/authorize", params={**query, "lang": language})
    assert say("phone.authorize.title", language) in page.text
    others = [each for each in LANGUAGES if each != language]
    for other in others:
        assert (
            f"?lang={other}&amp;client_id=https%3A%2F%2Fwallet.example&amp;request_uri="
            in page.text
        )


def test_a_holder_needs_no_account_at_an_event(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        client = event.client
        client.follow_redirects = False
        wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": "authorization_code"}
        headers = {"Authorization": f"Bearer {event.sessions['Inés']}"}
        offer = client.post("/api/offers", json=wish, headers=headers).json()
        assert client.get("/wallet").status_code == 401
        query = query_of(pushed(client, offer))
        assert client.get("/vci/CL/authorize", params=query).status_code == 200
        assert "code" in came_back(decided(client, query, offer["pin"]))


def test_a_wallet_in_a_page_of_another_origin_is_served_but_nobody_agrees_for_its_holder(
    client: TestClient,
) -> None:
    foreign = {"Origin": WALLET, "Sec-Fetch-Site": "cross-site"}
    offer = offered(client)
    client.headers.update(foreign)
    reply = pushed(client, offer)
    query = query_of(reply)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert decided(client, query, offer["pin"]).status_code == 403
    for name in foreign:
        del client.headers[name]
    code = came_back(decided(client, query, offer["pin"]))["code"]
    client.headers.update(foreign)
    told = token(client, code)
    assert told.status_code == 200, told.text
    assert asked_for(client, told.json()["access_token"]).status_code == 200
